"""T5: every operating point of every router."""

from math import nan

import pandas as pd

from foretell.common.rounded import with_interval
from foretell.figures.costs import PER, unit_for_readers
from foretell.figures.text import money
from foretell.probes.families import FAMILIES
from foretell.routing.routers import with_operating_points

SPLITS = ["validation", "test"]


def collect(curves: pd.DataFrame) -> pd.DataFrame:
    """Raw points of the routers and their oracle references; nothing is chosen or smoothed.

    Args:
        curves: split, strategy, family, calibrated_on, operating_point, accuracy and cost with _low and _high,
            probing_cost, n.

    Returns:
        router, family (whose probabilities it reads, the one that counts first; null for oracle references),
        calibrated_on, operating_point, split, accuracy and cost_usd_per_1000 with _low and _high,
        probing_cost_usd_per_1000 (null where unknown), n.
    """
    routers = list(with_operating_points())
    table = curves[curves.strategy.isin(routers) & curves.split.isin(SPLITS)].rename(
        columns={
            "strategy": "router",
            "cost": "cost_usd_per_1000",
            "cost_low": "cost_usd_per_1000_low",
            "cost_high": "cost_usd_per_1000_high",
            "probing_cost": "probing_cost_usd_per_1000",
        }
    )
    costs = [name for name in table if "usd" in name]
    table = table.assign(**{name: PER * table[name] for name in costs})
    table = table.assign(
        router=pd.Categorical(table.router, routers),
        family=pd.Categorical(table.family, table.family.dropna().unique()),
        split=pd.Categorical(table.split, SPLITS),
    ).sort_values(["router", "family", "calibrated_on", "operating_point", "split"], ignore_index=True)
    labels = ["router", "family", "calibrated_on", "operating_point", "split"]
    columns = [*labels, "accuracy", "accuracy_low", "accuracy_high", *costs, "n"]
    return table.astype({"router": "str", "family": "str", "split": "str"})[columns]


def layout(frame: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """For readers: one line per operating point, validation (where there is one) and test side by side.

    Of the routers that read probabilities, those of the family that counts; the others are in the CSV.
    """
    families = frame.family.dropna().unique()
    frame = frame[frame.family.isna() | (frame.family == families[0])]
    factor, problems = unit_for_readers(frame.cost_usd_per_1000)
    splits = [split for split in SPLITS if split in set(frame.split)]
    several = frame.calibrated_on.nunique() > 1
    rows, routers = [], with_operating_points()
    for (name, calibrated_on, point), part in frame.groupby(
        ["router", "calibrated_on", "operating_point"], sort=False, dropna=False
    ):
        router = routers[name]
        calibrated = f" (calibrated on {calibrated_on})" if several and pd.notna(calibrated_on) else ""
        row = {"Router, operating point": f"{router.title}, {router.symbol} = {point:.3g}{calibrated}"}
        for split in splits:
            one = part[part.split == split].iloc[0]
            cost = (one.cost_usd_per_1000, one.cost_usd_per_1000_low, one.cost_usd_per_1000_high)
            row[f"Accuracy on {split}, %"] = with_interval(
                one.accuracy, one.accuracy_low, one.accuracy_high, digits=1, scale=100
            )
            row[f"Cost on {split}, USD per {problems}"] = money(*cost, scale=factor)
            probing = money(one.probing_cost_usd_per_1000, nan, nan, scale=factor)
            row[f"Probing on {split}, USD per {problems}"] = probing or "unknown"
        rows.append(row)
    sizes = ", ".join(f"{rows.n.iloc[0]} {split}" for split, rows in frame.groupby("split", sort=False))
    note = (
        f"Probabilities: {FAMILIES[families[0]].label}; those of other families are in the CSV. n = {sizes} problems; "
        "95 % bootstrap intervals. Raw points; nothing is chosen from them on test."
    )
    return pd.DataFrame(rows), note
