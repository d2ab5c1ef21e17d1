"""T4: what every routing strategy costs and gets right on test."""

from collections.abc import Callable

import pandas as pd

from foretell.figures.cost_accuracy import PER, pooled_basis, unit_for_readers
from foretell.figures.text import money, number, samples, with_interval
from foretell.routing.choice import FALLS_BACK, MATCH

ORDER = ["single", "random", "hull", "cascade", "utility", "oracle_utility", "oracle"]
ROUTERS = {"utility": "utility router", "cascade": "cascade", "oracle_utility": "oracle utility"}
POINTS = {"utility": "λ", "cascade": "threshold", "oracle_utility": "λ"}
CHOICE = ["criterion", "calibrated_on", "chosen_on", "choice", "operating_point"]
FIRST = ["strategy", "policy", "samples", "at_cost_of", *CHOICE]
COSTS = ["cost", "cost_with_probing", "hull_cost"]


def collect(summary: pd.DataFrame) -> pd.DataFrame:
    """The routing summary, strategies in reading order and costs in USD per 1,000 problems.

    Returns:
        The summary's rows and columns; cost, cost_with_probing and hull_cost become *_usd_per_1000*.
    """
    named = [each + end for each in COSTS for end in ("", "_low", "_high")]
    table = summary.assign(**{name: PER * summary[name] for name in named})
    table = table.rename(columns={name: _per_thousand(name) for name in named})
    table = table[[*FIRST, *table.columns.drop(FIRST)]]
    return table.sort_values("strategy", key=lambda names: names.map(ORDER.index), kind="stable", ignore_index=True)


def _per_thousand(name: str) -> str:
    for end in ("_low", "_high"):
        if name.endswith(end):
            return name.removesuffix(end) + "_usd_per_1000" + end
    return name + "_usd_per_1000"


def layout(frame: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """For readers: single policies at all of their samples, mixtures at the cost of what matches, every router."""
    all_samples = frame[frame.strategy == "single"].groupby("policy").samples.max()
    fewer = (frame.strategy == "single") & frame.samples.notna() & (frame.samples < frame.policy.map(all_samples))
    frame = frame[~fewer & ~((frame.strategy == "hull") & (frame.criterion != MATCH))]

    def cells(name: str, write: Callable[..., str], **options: object) -> list[str]:
        columns = zip(*(frame[name + end] for end in ("", "_low", "_high")), strict=True)
        return [write(*values, **options) or "unknown" for values in columns]

    factor, problems = unit_for_readers(frame.cost_usd_per_1000)
    percent = {"write": with_interval, "digits": 1, "scale": 100}
    points = {**percent, "signed": True}
    table = pd.DataFrame(
        {
            "Strategy": [_name(row) for row in frame.itertuples()],
            "Chosen on": frame.chosen_on.fillna(""),
            "Accuracy, %": cells("accuracy", **percent),
            f"Cost, USD per {problems}": cells("cost_usd_per_1000", money, scale=factor),
            f"With probing, USD per {problems}": cells("cost_with_probing_usd_per_1000", money, scale=factor),
            "Saving, %": cells("saving", **percent),
            "Saving with probing, %": cells("saving_with_probing", **percent),
            "Accuracy difference, points": cells("accuracy_difference", **points),
            "Gain over hull, points": cells("gain_over_hull", **points),
            "Resolvable margin, points": [number(each, 1, 100) for each in frame.resolvable_margin],
            "Matched": frame.matched,
        }
    )
    return table, _note(frame)


def _name(row) -> str:
    if row.strategy == "single":
        return row.policy if pd.isna(row.samples) else f"{row.policy}, {samples(row.samples)}"
    if row.strategy == "hull":
        return f"mixture at cost of {row.at_cost_of}"
    if row.strategy == "random":
        return "uniform random"
    if row.strategy == "oracle":
        return "oracle"
    name = ROUTERS[row.strategy] if row.strategy == "oracle_utility" else f"{ROUTERS[row.strategy]}, {row.criterion}"
    if pd.notna(row.operating_point):
        return f"{name}: {POINTS[row.strategy]} = {number(row.operating_point, 3)}"
    if row.choice in FALLS_BACK.values():
        return f"{name}: {row.choice}"
    return f"{name}: one {POINTS[row.strategy]} per part"


def _note(frame: pd.DataFrame) -> str:
    chosen = frame.dropna(subset="calibrated_on").drop_duplicates("chosen_on")
    choosers = "; ".join(
        f"chosen on {row.chosen_on}, with Platt scaling fitted on {row.calibrated_on}" for row in chosen.itertuples()
    )
    basis = pooled_basis(frame.cost_basis)
    assumed = "Costs are assumed, not measured. " if "assumed" in basis else ""
    sensitivity = [name for name in frame.saving_interval.unique() if name.startswith("sensitivity")]
    ranges = "".join(f"; of savings: {name} of each cost, no interval of confidence" for name in sensitivity)
    return (
        f"{assumed}Test, n = {', '.join(map(str, frame.n.unique()))}; cost basis: {basis}. Brackets: 95 % bootstrap "
        f"intervals{ranges}. Operating points: {choosers}. Savings and accuracy differences are relative to "
        f"{frame.best_single.iloc[0]}, the single policy that is most accurate on {chosen.chosen_on.iloc[0]}. Gain "
        "over hull: over the mixture of single policies that costs the same there. Matched: less accurate than the "
        "best single policy by at most one point (95 % interval), which a sample can only show where the margin that "
        "it resolves with 80 % power is at most one point. Single policies at fewer samples and the mixtures' make-up "
        "are in the CSV."
    )
