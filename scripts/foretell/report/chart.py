"""The first picture of the page: how well success is read from activations, beside what the text alone tells."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from foretell.common.rounded import number
from foretell.evaluation.catalogue import METRICS, REPORTED
from foretell.figures.inputs import MAJORITY, TEST
from foretell.probes.families import FAMILIES, ROUTING_FAMILIES

MARKS = ["circle", "square", "diamond", "triangle", "bar", "ring"]  # by family, the one that counts first
_MOST = 16  # policies
_OF_SUCCESS = (MAJORITY, "success_rate")  # the first that there is; else whatever is predicted


@dataclass(frozen=True)
class Point:
    """A score and its interval, as places along the axis in percent."""

    family: str
    mark: str
    value: str
    interval: str
    at: float
    low: float
    high: float


@dataclass(frozen=True)
class Chart:
    """Scores by policy and family on one axis.

    Attributes:
        metric: what is shown.
        target: of which target.
        families: label and mark of each.
        rows: policy, and its points.
        ticks: label and place in percent.
        chance: the place of a score without information, in percent.
        n: problems.
        of_activations: whether the first family reads activations, not the text alone.
    """

    metric: str
    target: str
    families: list[tuple[str, str]]
    rows: list[tuple[str, list[Point]]]
    ticks: list[tuple[str, float]]
    chance: float | None
    n: str
    of_activations: bool


def chart_of(metrics: pd.DataFrame) -> Chart | None:
    """The chart of a problem set; None where nothing can be shown for it.

    Args:
        metrics: of `foretell.evaluation`.
    """
    rows = metrics[(metrics.split == TEST) & metrics.metric.isin(REPORTED) & metrics.encoder.isna()]
    controls = [family.name for family in FAMILIES.values() if family.control]
    rows = rows[rows.value.notna() & (rows.family != "") & ~rows.family.isin(controls)]
    shown = next((target for target in _OF_SUCCESS if target in set(rows.target)), None)
    if shown is not None:
        rows = rows[rows.target == shown]
    if rows.empty:
        return None
    rows = rows[(rows.target == rows.target.iloc[0]) & (rows.metric == rows.metric.iloc[0])]
    rows = rows[rows.policy.isin(rows.policy.unique()[:_MOST])]
    metric = METRICS[rows.metric.iloc[0]]
    names = _first_that_routes(list(rows.family.unique()))[: len(MARKS)]
    policies = list(rows.policy.unique())
    rows = rows[rows.family.isin(names)]
    rows = rows.sort_values("family", key=lambda families: families.map(names.index), kind="stable")
    ticks = _ticks(np.nanmin(rows[["low", "value"]]), np.nanmax(rows[["high", "value"]]))
    low, width = ticks[0], ticks[-1] - ticks[0]

    def place(value: float) -> float:
        return round(100 * (value - low) / width, 2)

    def points(part: pd.DataFrame) -> Iterator[Point]:
        for row in part.itertuples():
            yield Point(
                FAMILIES[row.family].label,
                MARKS[names.index(row.family)],
                number(row.value, 2),
                f"[{number(row.low, 2)}, {number(row.high, 2)}]",
                place(row.value),
                place(row.low),
                place(row.high),
            )

    chance = metric.chance if metric.chance is not None and low <= metric.chance <= ticks[-1] else None
    return Chart(
        metric.label,
        rows.target.iloc[0].replace("_", " "),
        [(FAMILIES[name].label, MARKS[place]) for place, name in enumerate(names)],
        [(str(policy), list(points(rows[rows.policy == policy]))) for policy in policies],
        [(number(tick, 1), place(tick)) for tick in ticks],
        None if chance is None else place(chance),
        ", ".join(map(str, sorted(rows.n.unique()))),
        FAMILIES[names[0]].needs_prefill,
    )


def _first_that_routes(names: list[str]) -> list[str]:
    """The families, with the one that routes in front."""
    first = next((name for name in ROUTING_FAMILIES if name in names), names[0])
    return [first, *(name for name in names if name != first)]


def _ticks(low: float, high: float) -> list[float]:
    """Tenths around all values, a fifth apart where there are many."""
    first, last = int(np.floor(10 * low)), int(np.ceil(10 * high))
    step = 1 if last - first <= 7 else 2
    return [tenth / 10 for tenth in range(first, last + step, step)]
