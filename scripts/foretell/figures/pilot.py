"""T14: what pilots of the routers would have shown, and after how many requests."""

from typing import Any

import pandas as pd

from foretell.common.rounded import number, with_interval
from foretell.figures.costs import PER, pooled_basis, unit_for_readers
from foretell.figures.text import money
from foretell.routing.choice import FALLS_BACK
from foretell.routing.routers import ROUTERS

VERDICTS = {
    "adopt": "adopt",
    "less_accurate": "end: less accurate",
    "dearer": "end: dearer",
    "open": "open",
}
COSTS = ["cost_difference", "incumbent_cost", "reading"]
ALIKE = "always the incumbent"


def collect(pilot: pd.DataFrame) -> pd.DataFrame:
    """The table of `foretell.deployment.replay_pilot.replay_pilots`, costs in USD per 1,000 problems.

    Returns:
        Its rows and columns; cost_difference, incumbent_cost and reading become *_usd_per_1000*.
    """
    ends = {"cost_difference": ("", "_low", "_high")}
    named = {f"{name}{end}": f"{name}_usd_per_{PER}{end}" for name in COSTS for end in ends.get(name, ("",))}
    return pilot.assign(**{name: PER * pilot[name] for name in named}).rename(columns=named)


def layout(frame: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """For readers: a line per router and criterion."""
    factor, problems = unit_for_readers(frame.incumbent_cost_usd_per_1000)
    rows = []
    for row in frame.itertuples():
        router = ROUTERS[row.strategy]
        at = row.choice if row.choice in FALLS_BACK.values() else f"{router.symbol} = {row.operating_point:.3g}"
        accuracy, cost = (_measured(row, name) for name in ("accuracy_difference", "cost_difference_usd_per_1000"))
        rows.append(
            {
                "Router": f"{router.title}, {row.criterion}: {at}",
                "Chooses the incumbent, %": number(row.alike, 1, 100),
                "Accuracy difference, points": with_interval(*accuracy, digits=1, scale=100, signed=True),
                f"Cost difference, USD per {problems}": money(*cost, scale=factor),
                **{
                    f"{said[0].upper()}{said[1:]}, %": number(getattr(row, name), 0, 100)
                    for name, said in VERDICTS.items()
                },
                "Requests": number(row.ended, 0),
                "The first": _first(row),
            }
        )
    return pd.DataFrame(rows), _note(frame, factor, problems)


def _measured(row: Any, name: str) -> tuple[float, float, float]:
    return getattr(row, name), getattr(row, f"{name}_low"), getattr(row, f"{name}_high")


def _first(row: Any) -> str:
    if pd.isna(row.first_verdict):
        return ALIKE
    return f"{VERDICTS[row.first_verdict]}, after {row.first_ended:.0f}"


def _note(frame: pd.DataFrame, factor: float, problems: str) -> str:
    first, assumed = frame.iloc[0], "assumed" in pooled_basis(frame.cost_basis)
    readings = {
        "an unknown price, which is not counted"
        if pd.isna(each)
        else f"{factor * each:.3g} USD per {problems}, which is counted"
        for each in frame.reading_usd_per_1000
    }
    sentences = [
        "Costs are assumed, not measured, and so is what is cheaper." if assumed else "",
        f"n = {first.n} problems that nothing else uses, each one request{_grouped(first)}.",
        f"Incumbent: {first.incumbent}, {factor * first.incumbent_cost_usd_per_1000:.3g} USD per {problems}.",
        "Differences, router less incumbent, of all problems: 95 % intervals, of accuracy by score"
        f"{'' if assumed else ', of cost by bootstrap'}.",
        f"Reading prompts to route has {' or '.join(sorted(readings))}.",
        f"Verdicts: shares of {first.replays} pilots that see one answer to each problem, half by the incumbent; "
        f"adopt: cheaper, and less accurate by less than {100 * first.margin:g} points; together wrong with a "
        f"probability of at most {first.error:g}, whenever one looks.",
        "Requests: median until the end, of those that end.",
        f"So many can show a margin of {100 * first.least_margin:.1f} points at best, were all answers right.",
        f"Bounds of cost rest on {first.largest_cost:g} USD as the most that an answer costs.",
    ]
    return " ".join(filter(None, sentences))


def _grouped(first: Any) -> str:
    if first.groups == first.n:
        return ""
    return f"; they stand in {first.groups} groups, but count as independent in verdicts"
