"""A report on an exported router at work: what it does, whether anything has drifted, what it is worth."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from foretell.deployment.choosing import choose_policies
from foretell.deployment.description import RouterDescription
from foretell.deployment.drift import CALIBRATION, FOREIGN, SCORES, Comparison, find_drift, holm
from foretell.deployment.logged import NOBODY, Log
from foretell.deployment.observed import observe
from foretell.deployment.realised import (
    LEAST,
    Compared,
    Estimate,
    compare_accuracy,
    compare_cost,
    explored,
    served_accuracy,
    served_cost,
)
from foretell.deployment.reference import Reference

STATISTICS = {SCORES: "D", FOREIGN: "odds ratio", CALIBRATION: "z"}
WHAT = {SCORES: "mean probability", FOREIGN: "share foreign", CALIBRATION: "share right"}


@dataclass(frozen=True)
class Monitored:
    """What a log says of a router.

    Attributes:
        log: the requests.
        description: of the router.
        reference: what the router was judged on.
        reference_chosen: [problems] column that the router chooses there.
        drift: every test.
        adjusted: [tests] p values, Holm's over all of them.
        level: the probability of an alarm where nothing has drifted is at most this.
        incumbent: policy that the router is compared with.
        accuracy, cost: router and incumbent.
    """

    log: Log
    description: RouterDescription
    reference: str
    reference_chosen: np.ndarray
    drift: list[Comparison]
    adjusted: np.ndarray
    level: float
    incumbent: str
    accuracy: Compared
    cost: Compared

    @property
    def alarms(self) -> list[Comparison]:
        """The tests that say that something has drifted."""
        return [test for test, p in zip(self.drift, self.adjusted, strict=True) if p <= self.level]


def monitor_router(
    folder: Path, file: Path, outcomes: Path | None = None, incumbent: str | None = None, level: float = 0.01
) -> Monitored:
    """Compare a log with what the router was judged on: its study's test split, or the log that it was fitted to.

    Args:
        folder: of the router.
        file: its log.
        outcomes: which answers were right, by the log's ids.
        incumbent: policy to compare with; without it, the most accurate one of the split that chose operating points.
        level: of the alarms, all together.

    Raises:
        UserError: as `foretell.deployment.observed.observe`, or the folder keeps no test split.
    """
    observed = observe(folder, file, outcomes)
    description, log, policies = observed.description, observed.log, observed.policies
    reference = Reference.of(observed.tensors, policies, folder)
    column = observed.incumbent(incumbent)
    chosen = choose_policies(description, observed.chosen, reference.probability)
    constant = [each.probe.constant is not None for each in description.policies]
    drift = find_drift(log, reference, chosen, policies, constant, description.unlike_above)
    return Monitored(
        log,
        description,
        reference.name,
        chosen,
        drift,
        holm([test.p for test in drift]),
        level,
        policies[column],
        compare_accuracy(log, column),
        compare_cost(log, column, observed.reading_cost()),
    )


def write_report(found: Monitored) -> str:
    """The report as plain text."""
    parts = [_requests(found), _policies(found), _drift(found), _worth(found), _verdict(found)]
    return "\n\n".join(parts)


def _requests(found: Monitored) -> str:
    log, router = found.log, found.description
    known = int((~np.isnan(log.correct)).sum())
    said = (
        f"router of pool {router.pool}, study {router.study}: {len(log.chosen)} decisions, "
        f"{int(explored(log).sum())} with exploration, {log.undecided} failures of routing, {known} outcomes"
    )
    return ", ".join([said, *log.notes()])


def _policies(found: Monitored) -> str:
    """Shares of requests; of the answers, where the service asked for them itself."""
    log, rows = found.log, []
    answered = log.answered[log.forwarded & (log.answered != NOBODY)]
    for column, each in enumerate(found.description.policies):
        shares = [f"{np.mean(which == column):.3f}" for which in (found.reference_chosen, log.chosen, log.sent)]
        shares.append(f"{np.mean(answered == column):.3f}" if len(answered) else "not known")
        rows.append([each.policy, *shares])
    headers = ["policy", f"chosen on {found.reference}", "chosen", "sent to", "answered by"]
    return "\n".join([_table(headers, rows), _answers(log)])


def _answers(log: Log) -> str:
    """What became of the requests."""
    asked = log.at(log.forwarded)
    nobody = asked.answered == NOBODY
    counts = {
        "asked for a decision alone": len(log.chosen) - len(asked.chosen),
        "were answered by the policy that they were sent to": (asked.answered == asked.sent).sum(),
        "by the fallback in its place": (~nobody & (asked.answered != asked.sent)).sum(),
        "by nobody": nobody.sum(),
    }
    return f"Of these requests {', '.join(f'{count} {what}' for what, count in counts.items())}."


def _drift(found: Monitored) -> str:
    rows = [
        [
            test.kind,
            test.policy or "",
            test.n,
            test.n_test,
            WHAT[test.kind],
            f"{test.seen:.3f}",
            f"{test.expected:.3f}",
            f"{STATISTICS[test.kind]} {test.statistic:.3g}",
            f"{test.p:.2g}",
            f"{p:.2g}" + (" ALARM" if p <= found.level else ""),
        ]
        for test, p in zip(found.drift, found.adjusted, strict=True)
    ]
    headers = ["drift of", "policy", "requests", found.reference, "", "seen", "expected", "statistic", "p", "p (Holm)"]
    lines = [_table(headers, rows)]
    if np.isnan(found.log.correct).all():
        lines.append("No outcome is known: drift of calibration and accuracy are not looked at (--outcomes).")
    return "\n".join(lines)


def _worth(found: Monitored) -> str:
    log, incumbent = found.log, found.incumbent
    rows = [
        ["accuracy as served", *_cells(served_accuracy(log))],
        ["accuracy of the router", *_cells(found.accuracy.router)],
        [f"accuracy of {incumbent} alone", *_cells(found.accuracy.incumbent)],
        ["difference in accuracy", *_cells(found.accuracy.difference)],
        ["USD per request as served, without reading", *_cells(served_cost(log))],
        ["USD per request of the router, with reading", *_cells(found.cost.router)],
        [f"USD per request of {incumbent} alone", *_cells(found.cost.incumbent)],
        ["share saved", *_cells(found.cost.difference)],
    ]
    lines = [_table(["realised", "value", "95 % interval", "effective requests"], rows)]
    if not explored(log).any():
        lines.append(
            f"No request was explored: what {incumbent} alone would have done cannot be estimated, nor the difference "
            "and the saving (key 'exploration' of the service)."
        )
    elif found.accuracy.difference is None or found.cost.difference is None:
        lines.append(
            f"An estimate needs {LEAST} effective requests; of {incumbent} alone {found.accuracy.effective:.0f} tell "
            f"the accuracy, and {found.cost.effective:.0f} the cost."
        )
    return "\n".join(lines)


def _verdict(found: Monitored) -> str:
    held = f"{len(found.drift)} tests, together wrong with a probability of at most {found.level:g}"
    if not found.alarms:
        return f"no alarm ({held})"
    named = ", ".join(f"{test.kind} of {test.policy}" if test.policy else test.kind for test in found.alarms)
    return f"ALARM: {named} ({held})"


def _cells(estimate: Estimate | None) -> list[str]:
    if estimate is None:
        return ["not known", "", ""]
    return [f"{estimate.value:.3g}", f"[{estimate.low:.3g}, {estimate.high:.3g}]", f"{estimate.n:.0f}"]


def _table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    return pd.DataFrame(rows, columns=headers).to_markdown(index=False, tablefmt="simple", disable_numparse=True)
