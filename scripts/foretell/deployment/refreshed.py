"""What is said of a router that was fitted to a log: a report, and its model card."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from foretell.deployment.description import Chosen
from foretell.deployment.judging import Judged, Sides, Verdict
from foretell.deployment.observed import Observed
from foretell.deployment.off_policy import Measured
from foretell.deployment.refreshing import Fitted
from foretell.routing.matching import points
from foretell.routing.routers import ROUTERS
from foretell.routing.settings import BUDGET, MATCH

PLAIN, MARKDOWN = "simple", "github"  # formats of tables


@dataclass(frozen=True)
class Refreshed:
    """A new router beside the present one.

    Attributes:
        present: the router of the log.
        fitted: the new one.
        judged: what held-out requests say.
        margin: share of right answers by which the new one may be worse.
    """

    present: Observed
    fitted: Fitted
    judged: Judged
    margin: float

    @property
    def verdict(self) -> str:
        """The verdict, and what it means."""
        within = points(self.margin)
        price = "at the present router's price of cost"
        priced = f", and accuracy less costs {price}," if self.judged.price else ""
        meanings = {
            Verdict.BETTER: f"better: accuracy less costs {price} is shown to be higher, and accuracy to lie less than "
            f"{within} below"
            if self.judged.price
            else "better: accuracy is shown to be higher",
            Verdict.NOT_WORSE: f"not worse within {within}: accuracy{priced} is shown to lie less than {within} below",
            Verdict.NO: f"no: it is shown to be worse by more than {within}, or so many requests would have shown a "
            "router as good as the present one not to be (80 % power)",
            Verdict.TOO_FEW: f"too few requests: {len(self.fitted.rest.log.sent)} that were held out do not tell, for "
            f"differences of {within}",
        }
        return meanings[self.judged.verdict]


def write_report(found: Refreshed) -> str:
    """A report as plain text."""
    pool = f"router of pool {found.fitted.description.pool}, study {found.fitted.description.study}"
    said = ", ".join([f"{pool}: {_requests(found)}", *found.present.log.notes()])
    parts = [said, _policies(found, PLAIN), _chosen(found), _held_out(found, PLAIN), _notes(found), found.verdict]
    return "\n\n".join(parts)


def write_card(found: Refreshed, present_id: str, present_card: str) -> str:
    """The new router's model card as Markdown, which ends with the present one's.

    Args:
        found: the new router.
        present_id: of the present one.
        present_card: its model card.
    """
    return "\n".join(
        [
            f"# Router of the pool `{found.fitted.description.pool}`, fitted to a log",
            "",
            f"The probes are those of the router `{present_id}`. Calibration, mean costs and operating points are "
            f"fitted to the log of its decisions: {_requests(found)}. Brackets are 95 % intervals.",
            "",
            "## Policies",
            "",
            _policies(found, MARKDOWN),
            "",
            "New log odds of a right answer are slope x present log odds + intercept. The effective number is that of "
            "outcomes which would tell as much if all requests had gone there.",
            "",
            "## Held out",
            "",
            _held_out(found, MARKDOWN),
            "",
            f"{_chosen(found)}\n\n{_notes(found)}\n\nIs it as good as the router before? *{found.verdict}*.",
            "",
            "## Limits",
            "",
            "- Estimates are of what was asked in that time. What drifts later is seen by monitoring, which compares "
            "with the held-out requests.",
            "- Which prompts are called foreign has not changed, nor what the probes have learnt.",
            "",
            "## Before",
            "",
            *(f"##{line}" if line.startswith("#") else line for line in present_card.splitlines()),
            "",
        ]
    )


def _requests(found: Refreshed) -> str:
    first, rest = len(found.fitted.first.log.sent), len(found.fitted.rest.log.sent)
    return (
        f"{len(found.present.log.sent)} decisions, of which {first + rest} were answered, could have gone to any "
        f"policy and have an outcome; fitted to the first {first}, judged on the other {rest}"
    )


def _policies(found: Refreshed, style: str) -> str:
    fitted, before = found.fitted, found.present.description.policies
    rows = [
        [
            new.policy,
            f"{before[column].mean_cost:.3g}",
            f"{new.mean_cost:.3g}",
            f"{calibration.slope:.2f}",
            f"{calibration.intercept:+.2f}",
            f"{effective:.0f}",
        ]
        for new, column, calibration, effective in zip(
            fitted.description.policies, fitted.order, fitted.calibrations, fitted.effective, strict=True
        )
    ]
    return _table(["policy", "USD before", "USD now", "slope", "intercept", "effective outcomes"], rows, style)


def _chosen(found: Refreshed) -> str:
    before = {(each.router, each.criterion): each for each in found.present.description.chosen}
    return "\n\n".join(
        f"Operating point of the {ROUTERS[new.router].title}{_asked(new)}: {_point(new)}, before "
        f"{_point(before[new.router, new.criterion])}; {new.choice}."
        for new in found.fitted.description.chosen
    )


def _asked(chosen: Chosen) -> str:
    if chosen.criterion == MATCH:
        return ""
    return f" for the {chosen.criterion} of {chosen.value:.3g}{' USD' if chosen.criterion == BUDGET else ''}"


def _point(chosen: Chosen) -> str:
    if chosen.operating_point is None:
        return f"{chosen.policy} alone"
    return f"{ROUTERS[chosen.router].symbol} {chosen.operating_point:.4g}"


def _held_out(found: Refreshed, style: str) -> str:
    judged = found.judged
    rows = [
        _sides("accuracy", judged.accuracy),
        _sides("USD per request, with reading", judged.cost),
        ["accuracy less costs", "", "", _measured(judged.net), judged.net.n, f"{judged.net.effective:.0f}"],
    ]
    return _table(["held out", "present", "new", "difference", "requests", "effective"], rows, style)


def _sides(name: str, sides: Sides) -> list[object]:
    measured = [_measured(each) for each in (sides.present, sides.new, sides.difference)]
    return [name, *measured, sides.difference.n, f"{sides.difference.effective:.0f}"]


def _measured(found: Measured) -> str:
    if np.isnan(found.low):
        return "not known"
    return f"{found.value:.3g} [{found.low:.3g}, {found.high:.3g}]"


def _notes(found: Refreshed) -> str:
    """What the numbers rest on."""
    judged = found.judged
    said = [f"They decide differently on {judged.differing:.1%} of requests, at most {judged.most:.1%}."]
    if np.isinf(judged.accuracy.difference.error):
        said.append("Too few of these were explored for an estimate: differences are bounded by their share.")
    if not found.fitted.logged_costs:
        unpriced = found.present.log.at_mean_cost
        why = (
            f"{', '.join(unpriced)} has no prices of tokens" if unpriced else "the log lacks tokens of too many answers"
        )
        said.append(f"Costs are the present router's means: {why}.")
    if judged.price:
        said.append(f"At the present λ one USD is worth {judged.price:.3g} right answers.")
    else:
        said.append("Accuracy alone counts: the present router puts no price on costs, or is shown to be too cheap.")
    return " ".join(said)


def _table(headers: Sequence[str], rows: Sequence[Sequence[object]], style: str) -> str:
    return pd.DataFrame(rows, columns=headers).to_markdown(index=False, tablefmt=style, disable_numparse=True)
