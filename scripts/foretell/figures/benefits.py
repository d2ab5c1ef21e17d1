"""T13: what routing by predicted success is good for, and where it ends, beside what is done without it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from foretell.common.rounded import with_interval
from foretell.figures.costs import PER, told_of_costs, unit_for_readers
from foretell.figures.text import money
from foretell.probes.families import FAMILIES
from foretell.routing import field_metrics
from foretell.routing.choice import routing_family
from foretell.routing.matching import NO, SAME_POLICY, UNDERPOWERED, YES, points
from foretell.routing.routers import ROUTERS
from foretell.routing.settings import MATCH

ROUTER, BY_LENGTH = "utility", "prompt_length"
COST, RELIABILITY, DECISIONS = "cost", "accuracy and reliability", "decisions"
BENEFIT, LIMIT, OPEN = "benefit", "limit", "open"
UNKNOWN = "unknown"
MATCHED, TOO_FEW = "matched", "too few problems"
CONSTANTS = ["policy", "samples", "n", "margin", "best_single", "cost_basis", "saving_interval"]
OVER_TEXT = ("gain_over_text", "gain_over_text_with_probing")
_OF_MARGIN: dict[str, str] = {YES: MATCHED, NO: LIMIT, UNDERPOWERED: TOO_FEW}
PRICE = "cost_usd_per_1000"  # the one quantity that is no share


@dataclass(frozen=True)
class Aspect:
    """One line of the table.

    Attributes:
        kind: of benefit.
        label: for readers.
        signed: whether it is a difference.
        even: an interval above it shows a benefit, one below a limit; None where nothing is compared.
    """

    kind: str
    label: str
    signed: bool = False
    even: float | None = None


# Of the routing summary, then of the field's metrics.
SUMMARISED = {
    "saving": Aspect(COST, "Saving, %", even=0),
    "saving_with_probing": Aspect(COST, "Saving, probing paid, %", even=0),
    "accuracy": Aspect(RELIABILITY, "Accuracy, %"),
    "accuracy_difference": Aspect(RELIABILITY, "Accuracy difference, points", signed=True),
    "gain_over_hull": Aspect(DECISIONS, "Gain over mixtures of policies, points", signed=True, even=0),
    "gain_over_hull_with_probing": Aspect(DECISIONS, "The same, probing paid, points", signed=True, even=0),
    OVER_TEXT[0]: Aspect(DECISIONS, "Gain over text-only, points", signed=True, even=0),
    OVER_TEXT[1]: Aspect(DECISIONS, "The same, probing paid by both, points", signed=True, even=0),
}
MEASURED = {
    field_metrics.ORACLE_GAP: Aspect(DECISIONS, "Oracle's gap, %", even=0),
    field_metrics.WINS: Aspect(DECISIONS, "Wins, %", even=0.5),
    field_metrics.DISAGREEING: Aspect(DECISIONS, "Right where policies disagree, %"),
}
ASPECTS = {PRICE: Aspect(COST, "Cost, USD"), **SUMMARISED, **MEASURED}


def collect(summary: pd.DataFrame, metrics: pd.DataFrame) -> pd.DataFrame:
    """One row per aspect and strategy.

    Args:
        summary: of `foretell.routing.summary.summarise_routing`.
        metrics: of `foretell.routing.field_metrics.measure`.

    Returns:
        strategy, family, criterion, kind, aspect, value, low, high, verdict (of the router by the family that counts:
        benefit, limit or open; of the difference in accuracy matched, limit or too few problems; same policy where
        every problem goes to the best one; null where nothing is compared), and of the summary CONSTANTS.
    """
    first = summary.dropna(subset=["chosen_on", "family"]).iloc[0]
    of_first = (summary.chosen_on == first.chosen_on) & (summary.calibrated_on == first.calibrated_on)
    counts, rows = routing_family(summary), []
    for name, row in _strategies(summary[summary.chosen_on.isna() | of_first], str(metrics.weak.iloc[0])):
        labels = {"strategy": name, "family": row.family, "criterion": row.criterion}
        constants = {name: getattr(row, name) for name in CONSTANTS}
        for aspect, (value, low, high) in _measured(row, metrics):
            ends = {"value": value, "low": low, "high": high}
            verdict = _verdict(aspect, row, low, high) if row.family == counts else None
            rows.append(
                {**labels, "kind": ASPECTS[aspect].kind, "aspect": aspect, **ends, "verdict": verdict, **constants}
            )
    return pd.DataFrame(rows)


def _strategies(summary: pd.DataFrame, weak: str) -> Iterator[tuple[str, Any]]:
    """What is compared: one policy for all, chance, a rule by length, the router at each of its points, the oracle.

    Of single policies the best where operating points are chosen, and the cheapest on train, at all of their samples.
    """
    family = routing_family(summary)
    single = summary[summary.strategy == "single"].sort_values("samples", ascending=False)
    yield "the best policy for all", next(single[single.policy == single.best_single].itertuples())
    yield "the cheapest for all", next(single[single.policy == weak].itertuples())
    for row in summary[summary.strategy == "random"].itertuples():
        yield "at random", row
    routed = summary[summary.strategy == ROUTER]
    if family != BY_LENGTH:
        for row in routed[(routed.family == BY_LENGTH) & (routed.criterion == MATCH)].itertuples():
            yield "by the prompt's length", row
    for row in routed[routed.family == family].itertuples():
        yield f"{FAMILIES[family].label}, {row.criterion}", row
    for row in summary[summary.strategy == "oracle"].itertuples():
        yield "oracle", row


def _measured(row: Any, metrics: pd.DataFrame) -> Iterator[tuple[str, tuple[float, float, float]]]:
    """Values with their ends, those of the field's metrics where they are of the row's operating point."""
    yield PRICE, (PER * row.cost, PER * row.cost_low, PER * row.cost_high)
    itself = pd.isna(row.text_family) or row.text_family == row.family
    for aspect in SUMMARISED:
        if aspect in OVER_TEXT and itself:
            continue
        yield aspect, (getattr(row, aspect), getattr(row, f"{aspect}_low"), getattr(row, f"{aspect}_high"))
    if row.strategy == ROUTER and row.criterion == MATCH:  # the point that these metrics are of
        of_router = metrics[(metrics.strategy == row.strategy) & (metrics.family == row.family)]
        for aspect in MEASURED:
            for found in of_router[of_router.metric == aspect].itertuples():
                yield aspect, (found.value, found.low, found.high)


def _verdict(aspect: str, row: Any, low: float, high: float) -> str | None:
    """By the interval, or by the test of the margin, which says nothing where all goes to the best policy."""
    if not isinstance(row.matched, str):
        return SAME_POLICY
    if aspect == "accuracy_difference":
        return _OF_MARGIN[row.matched]
    even = ASPECTS[aspect].even
    if even is None or pd.isna(low) or pd.isna(high):
        return None
    return BENEFIT if low > even else LIMIT if high < even else OPEN


def layout(frame: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """For readers: a line per aspect, a column per strategy."""
    factor, problems = unit_for_readers(frame[frame.aspect == PRICE].value)
    rows = []
    for aspect, known in ASPECTS.items():
        part = frame[frame.aspect == aspect]
        if part.empty:
            continue
        label = f"{known.label} per {problems}" if aspect == PRICE else known.label
        rows.append({"": label, **{row.strategy: _cell(row, factor) for row in part.itertuples()}})
    first = frame.iloc[0]
    cheapest = frame[frame.strategy == "the cheapest for all"].policy.iloc[0]
    assumed, ranges = told_of_costs(frame)
    note = (
        f"{assumed}Test, n = {first.n}. Brackets: 95 % intervals{ranges}. The best policy: {first.best_single}, by "
        "accuracy where operating points are chosen; savings and accuracy differences are relative to it. The cheapest "
        f"on train: {cheapest}. The {ROUTERS[ROUTER].title} stands at the points that were chosen there: match, as "
        "accurate as the best policy; budget or accuracy, where the study sets them; by length, to match. Verdicts: "
        "benefit or limit, the interval lies above or below 0 (of wins, half); open, it holds it; matched, shown to be "
        f"less than {points(first.margin)} less accurate; limit of the accuracy difference, shown to be more, or a "
        "sample as large would have shown a match; too few problems, neither; same policy, every problem goes to the "
        "best one. Probing is charged where it is said."
    )
    return pd.DataFrame(rows).fillna(""), note


def _cell(row: Any, factor: float) -> str:
    if row.aspect == PRICE:
        cell = money(row.value, row.low, row.high, scale=factor)
    else:
        cell = with_interval(row.value, row.low, row.high, 1, 100, ASPECTS[row.aspect].signed)
    return f"{cell}: {row.verdict}" if cell and isinstance(row.verdict, str) else cell or UNKNOWN
