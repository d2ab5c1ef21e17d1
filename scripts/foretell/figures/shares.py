"""F8: to which policies the utility router sends the problems."""

from math import ceil

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from foretell.figures.style import BLACK, COLUMN, legend_columns, look_of, styled

ROUTER = "utility"


def collect(shares: pd.DataFrame, summary: pd.DataFrame) -> pd.DataFrame:
    """Share of the test problems by lambda and policy.

    Args:
        shares: split, router, operating_point, policy, share.
        summary: strategy, chosen_on, operating_point.

    Returns:
        router, operating_point, policy (from cheap to dear), share, chosen_on (the splits that chose this operating
        point, separated by commas; else empty).
    """
    table = shares[(shares.router == ROUTER) & (shares.split == "test")].drop(columns="split")
    chosen = summary[summary.strategy == ROUTER].groupby("operating_point", sort=False).chosen_on.agg(", ".join)
    table = table.assign(chosen_on=[_at(chosen, point) for point in table.operating_point])
    return table[["router", "operating_point", "policy", "share", "chosen_on"]].reset_index(drop=True)


def _at(chosen: pd.Series, point: float) -> str:
    return next((splits for value, splits in chosen.items() if np.isclose(value, point, rtol=0, atol=1e-9)), "")


@styled
def draw(frame: pd.DataFrame) -> Figure:
    """Stacked areas from the cheapest policy at the bottom to the dearest at the top."""
    policies = list(frame.policy.unique())
    grid = 100 * frame.pivot(index="operating_point", columns="policy", values="share")[policies]
    looks = look_of(policies)
    columns = legend_columns(policies, COLUMN)
    height = 2.3 + 0.14 * ceil(len(policies) / columns)
    figure = Figure(figsize=(COLUMN, height), layout="constrained")
    axes = figure.subplots()
    areas = axes.stackplot(grid.index, grid.to_numpy().T, colors=[looks[policy]["color"] for policy in policies])
    for area, policy in zip(areas, policies, strict=True):
        area.set(edgecolor="white", linewidth=0.5, hatch=looks[policy]["hatch"])
    chosen = frame[frame.chosen_on != ""].drop_duplicates("operating_point")
    for line, (point, splits) in enumerate(zip(chosen.operating_point, chosen.chosen_on, strict=True)):
        style = [(0, (4, 2)), (0, (1, 1))][line % 2]
        axes.axvline(point, color="white", linewidth=2.2)
        axes.axvline(point, color=BLACK, linewidth=1.2, linestyle=style, label=f"chosen on {splits}")
    axes.margins(x=0.02)
    axes.set_ylim(0, 100)
    axes.set_xlabel("λ (weight of cost against probability of success)")
    axes.set_ylabel("Share of test problems (%)")
    lines, names = axes.get_legend_handles_labels()
    figure.legend(areas, policies, loc="outside lower center", ncols=columns, handlelength=1, handleheight=1)
    if lines:
        figure.legend(lines, names, loc="outside upper center", ncols=2, handlelength=2.4)
    return figure
