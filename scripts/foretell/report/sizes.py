"""What a study was too small for: scores that it does not report, and verdicts that it leaves open."""

from collections.abc import Iterator, Mapping

import pandas as pd

from foretell.evaluation.catalogue import METRICS, REPORTED
from foretell.figures.inputs import TEST, why_not_testable
from foretell.probes.families import FAMILIES
from foretell.routing.choice import routing_family
from foretell.routing.settings import MATCH

_OPEN = "underpowered"
_ROUTERS = ("utility", "cascade")  # what a verdict is about; the others are what they are compared with


def warnings(evaluation: Mapping[str, pd.DataFrame], routing: Mapping[str, pd.DataFrame]) -> list[str]:
    """One sentence per problem set and score that was not reported, and per pool whose verdict stays open.

    Args:
        evaluation: per problem set, the metrics of `foretell.evaluation`.
        routing: per pool, the summary of the routing stage.
    """
    unreported = [text for name, metrics in evaluation.items() for text in _unreported(name, metrics)]
    return [*unreported, *(text for pool, summary in routing.items() for text in _open(pool, summary))]


def _unreported(name: str, metrics: pd.DataFrame) -> Iterator[str]:
    controls = [family.name for family in FAMILIES.values() if family.control]
    rows = metrics[(metrics.split == TEST) & metrics.metric.isin(REPORTED) & metrics.encoder.isna()]
    rows = rows[rows.value.isna() & (rows.family != "") & ~rows.family.isin(controls)]
    for (target, metric), part in rows.groupby(["target", "metric"], sort=False):
        policies = part.drop_duplicates("policy")
        each = [f"{row.policy} ({_reason(row)})" for row in policies.itertuples()]
        yield f"{name}: no {METRICS[metric].label} of {target.replace('_', ' ')} for {', '.join(each)}."


def _reason(row: object) -> str:
    return why_not_testable(row).removeprefix("not testable: ")


def _open(pool: str, summary: pd.DataFrame) -> Iterator[str]:
    chosen = summary[(summary.criterion == MATCH) & (summary.family == routing_family(summary))]
    for router, rows in chosen[chosen.strategy.isin(_ROUTERS)].groupby("strategy", sort=False):
        row = rows.iloc[0]
        if row.matched == _OPEN:
            yield (
                f"{pool}: whether the {router} router matches the best single policy stays open: {row.n} test problems "
                f"show a difference of {100 * row.resolvable_margin:.1f} points, and the margin is "
                f"{100 * row.margin:g}."
            )
