"""T4: what every routing strategy costs and gets right on test."""

from collections.abc import Callable
from typing import Any

import pandas as pd

from foretell.common.errors import UserError
from foretell.common.rounded import number, with_interval
from foretell.figures.costs import PER, pooled_basis, told_of_costs, unit_for_readers
from foretell.figures.text import money, samples
from foretell.probes.calibrated_columns import AS_GIVEN as NOT_SCALED
from foretell.probes.families import FAMILIES
from foretell.routing.choice import FALLS_BACK, routing_family
from foretell.routing.matching import in_words
from foretell.routing.routers import ROUTERS, oracle_references, with_operating_points
from foretell.routing.settings import MATCH

CHOICE = ["criterion", "calibrated_on", "chosen_on", "choice", "operating_point"]
FIRST = ["strategy", "family", "policy", "samples", "at_cost_of", *CHOICE]
COSTS = ["cost", "cost_with_probing", "hull_cost"]


def collect(summary: pd.DataFrame) -> pd.DataFrame:
    """The routing summary, strategies in reading order and costs in USD per 1,000 problems.

    Returns:
        The summary's rows and columns; cost, cost_with_probing and hull_cost become *_usd_per_1000*.

    Raises:
        UserError: a strategy that is not known.
    """
    order = reading_order()
    unknown = summary.strategy[~summary.strategy.isin(order)]
    if len(unknown):
        raise UserError(f"unknown strategy {unknown.iloc[0]!r}; known: {', '.join(order)}; route the pool again")
    named = [each + end for each in COSTS for end in ("", "_low", "_high")]
    table = summary.assign(**{name: PER * summary[name] for name in named})
    table = table.rename(columns={name: _per_thousand(name) for name in named})
    table = table[[*FIRST, *table.columns.drop(FIRST)]]
    return table.sort_values("strategy", key=lambda names: names.map(order.index), kind="stable", ignore_index=True)


def reading_order() -> list[str]:
    """Strategies from those that need no router to the oracle; the first router stands beside its reference."""
    return ["single", "random", "hull", *reversed(ROUTERS), *oracle_references(), "oracle"]


def _per_thousand(name: str) -> str:
    for end in ("_low", "_high"):
        if name.endswith(end):
            return name.removesuffix(end) + "_usd_per_1000" + end
    return name + "_usd_per_1000"


def layout(frame: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """For readers: single policies at all of their samples, mixtures at the cost of what matches, every router.

    Of the families beside the one that counts, only what is chosen to match or preferred; the rest is in the CSV.
    """
    all_samples = frame[frame.strategy == "single"].groupby("policy").samples.max()
    fewer = (frame.strategy == "single") & frame.samples.notna() & (frame.samples < frame.policy.map(all_samples))
    beside = frame.family.notna() & (frame.family != routing_family(frame))
    mixed = frame.strategy == "hull"
    further = (mixed | beside) & (frame.criterion != MATCH) & ~frame.preferred
    frame = frame[~fewer & ~further & ~(mixed & beside)]

    def cells(name: str, write: Callable[..., str] = with_interval, **options: Any) -> list[str]:
        columns = zip(*(frame[name + end] for end in ("", "_low", "_high")), strict=True)
        return [write(*values, **options) or "unknown" for values in columns]

    def over_text(name: str, **options: Any) -> list[str]:
        itself = frame.text_family.isna() | (frame.text_family == frame.family)
        return ["" if blank else cell for blank, cell in zip(itself, cells(name, **options), strict=True)]

    factor, problems = unit_for_readers(frame.cost_usd_per_1000)
    percent: dict[str, Any] = {"digits": 1, "scale": 100}
    points = {**percent, "signed": True}
    table = pd.DataFrame(
        {
            "Strategy": [strategy_name(row) for row in frame.itertuples()],
            "Probabilities": ["" if pd.isna(name) else FAMILIES[name].label for name in frame.family],
            "Chosen on": frame.chosen_on.fillna(""),
            "Accuracy, %": cells("accuracy", **percent),
            f"Cost, USD per {problems}": cells("cost_usd_per_1000", money, scale=factor),
            f"With probing, USD per {problems}": cells("cost_with_probing_usd_per_1000", money, scale=factor),
            "Saving, %": cells("saving", **percent),
            "Accuracy difference, points": cells("accuracy_difference", **points),
            "Gain over hull, points": cells("gain_over_hull", **points),
            "Resolvable margin, points": [number(each, 1, 100) for each in frame.resolvable_margin],
            "Matched": [in_words(each) for each in frame.matched],
            "Accuracy over text-only, points": over_text("accuracy_over_text", **points),
            "Saving over text-only, %": over_text("saving_over_text", **percent),
            "Gain over text-only, points": over_text("gain_over_text", **points),
        }
    )
    return table, _note(frame)


def strategy_name(row: Any) -> str:
    """What readers are told a row of the summary is."""
    if row.strategy == "single":
        return row.policy if pd.isna(row.samples) else f"{row.policy}, {samples(row.samples)}"
    if row.strategy == "hull":
        return f"mixture at cost of {row.at_cost_of}"
    if row.strategy == "random":
        return "uniform random"
    if row.strategy == "oracle":
        return "oracle"
    router = with_operating_points()[row.strategy]
    name = f"{router.title}, {row.criterion}" if row.strategy in ROUTERS else router.title
    if pd.notna(row.operating_point):
        return f"{name}: {router.symbol} = {row.operating_point:.3g}"
    if row.choice in FALLS_BACK.values():
        return f"{name}: {row.choice}"
    return f"{name}: one {router.symbol} per fold"


def _preferred(rows: pd.DataFrame) -> str:
    """Which router and family would have been chosen of all."""
    named = [
        f"{ROUTERS[row.strategy].title} by {FAMILIES[row.family].label} ({row.criterion}, {row.chosen_on})"
        for row in rows.itertuples()
    ]
    return f" Of all routers and families the choosing split would take: {'; '.join(named)}." if named else ""


def _note(frame: pd.DataFrame) -> str:
    chosen = frame.dropna(subset="calibrated_on").drop_duplicates("chosen_on")
    choosers = "; ".join(
        f"chosen on {row.chosen_on}, "
        + (
            "probabilities as given"
            if row.calibrated_on == NOT_SCALED
            else f"with Platt scaling fitted on {row.calibrated_on}"
        )
        for row in chosen.itertuples()
    )
    basis = pooled_basis(frame.cost_basis)
    assumed, ranges = told_of_costs(frame)
    text_only = {name for names in frame.text_family.dropna() for name in names.split(" / ")}
    labels = " or ".join(family.label for name, family in FAMILIES.items() if name in text_only)
    over_text = (
        f" Over text-only: paired differences to the same router with {labels}, of the families without a model that "
        "reads the prompt the one that gains most where operating points are chosen; probing is not charged."
    )
    return (
        f"{assumed}Test, n = {', '.join(map(str, frame.n.unique()))}; cost basis: {basis}. Brackets: 95 % intervals, "
        f"of accuracy differences by score, else by bootstrap{ranges}. Operating points: {choosers}. Savings and "
        f"accuracy differences are relative to {frame.best_single.iloc[0]}, the single policy that is most accurate on "
        f"{chosen.chosen_on.iloc[0]}. Gain over hull: over the mixture of single policies that does best there for "
        "the same cost. "
        f"Matched: less accurate than the best single policy by less than {100 * frame.margin.iloc[0]:g} % of the "
        "problems (95 % interval); if not, a sample that resolves that margin with 80 % power says no, a smaller one "
        "has too few problems; what sends every test problem to the best single policy is the same policy."
        f"{over_text if text_only else ''}{_preferred(frame[frame.preferred])} Single policies at "
        "fewer samples, further points of other families and the mixtures' make-up are in the CSV."
    )
