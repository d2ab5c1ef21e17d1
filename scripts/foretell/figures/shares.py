"""F8: to which policies a router sends the problems."""

from math import ceil

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from foretell.figures.costs import pooled_basis
from foretell.figures.style import BLACK, COLUMN, legend_columns, look_of, opacities, styled, wrapped
from foretell.routing.arms import arm_of
from foretell.routing.choice import chosen_to_match
from foretell.routing.routers import ROUTERS

LABEL = 50  # characters of the axis's label that fit on a line


def collect(shares: pd.DataFrame, summaries: dict[str, pd.DataFrame], router: str) -> pd.DataFrame:
    """Share of the test problems by operating point, policy and number of its samples.

    Args:
        shares: split, family, router, calibrated_on, operating_point, policy, samples, share.
        summaries: by pool, of the pool itself or of each of its folds: strategy, criterion, calibrated_on, chosen_on,
            family, operating_point, cost_basis. The first chooser and family count: the shares are those of their
            probabilities.
        router: the one that is shown.

    Returns:
        router, operating_point, policy (from cheap to dear), samples (ascending), share, chosen_on (the splits that
        chose this operating point to match the best single policy, separated by commas; else empty), cost_basis.

    Raises:
        UserError: a summary lacks the router.
    """
    chosen = [(pool, chosen_to_match(summary, router)) for pool, summary in summaries.items()]
    calibrated_on = chosen[0][1].calibrated_on.iloc[0]
    rows = (shares.router == router) & (shares.split == "test") & (shares.calibrated_on == calibrated_on)
    table = shares[rows & (shares.family == chosen[0][1].family.iloc[0])].drop(columns=["split", "family"])
    several = len(chosen) > 1
    named = [
        (row.operating_point, f"{row.chosen_on}, {pool}" if several else row.chosen_on)
        for pool, points in chosen
        for row in points[points.calibrated_on == calibrated_on].itertuples()
    ]
    table = table.assign(
        chosen_on=[_at(named, point) for point in table.operating_point],
        cost_basis=pooled_basis(pd.concat([points.cost_basis for _, points in chosen])),
    )
    columns = ["router", "operating_point", "policy", "samples", "share", "chosen_on", "cost_basis"]
    return table[columns].reset_index(drop=True)


def _at(named: list[tuple[float, str]], point: float) -> str:
    return ", ".join(name for value, name in named if np.isclose(value, point, rtol=0, atol=1e-9))


@styled
def draw(frame: pd.DataFrame) -> Figure:
    """Stacked areas from the cheapest policy at the bottom to the dearest at the top, paler with fewer samples."""
    policies = list(frame.policy.unique())
    arms = zip(frame.policy, frame.samples, strict=True)
    names = pd.Series([arm_of(policy, samples) for policy, samples in arms], index=frame.index)
    parts = frame.assign(name=names).drop_duplicates("name")
    grid = 100 * frame.assign(name=names).pivot(index="operating_point", columns="name", values="share")[parts.name]
    looks = look_of(policies)
    columns = legend_columns(policies, COLUMN)
    height = 2.3 + 0.14 * ceil(len(policies) / columns)
    figure = Figure(figsize=(COLUMN, height), layout="constrained")
    axes = figure.subplots()
    places = _places(axes, grid.index.to_numpy())
    strengths = zip(parts.policy, opacities(parts.policy), strict=True)
    colours = [to_rgba(looks[policy]["color"], strength) for policy, strength in strengths]
    areas = axes.stackplot(places, grid.to_numpy().T, colors=colours)
    for area, policy in zip(areas, parts.policy, strict=True):
        area.set(edgecolor="white", linewidth=0.5, hatch=looks[policy]["hatch"])
    whole = dict(zip(parts.policy, areas, strict=True))  # the last of each: at the most samples
    chosen = frame[frame.chosen_on != ""].drop_duplicates("operating_point")
    for line, (point, splits) in enumerate(zip(chosen.operating_point, chosen.chosen_on, strict=True)):
        style = [(0, (4, 2)), (0, (1, 1))][line % 2]
        place = places[grid.index.get_loc(point)]
        axes.axvline(place, color="white", linewidth=2.2)
        axes.axvline(place, color=BLACK, linewidth=1.2, linestyle=style, label=f"chosen on {splits}")
    axes.margins(x=0.02)
    axes.set_ylim(0, 100)
    assumed = frame.cost_basis.str.contains("assumed").any()
    router = ROUTERS[frame.router.iloc[0]]
    meaning = router.meaning.format(cost="assumed cost" if assumed else "cost")
    label = f"{router.symbol} ({meaning})"
    axes.set_xlabel(wrapped(label, LABEL if len(label) <= LABEL else 2 * len(label) // 3))  # no word alone on a line
    axes.set_ylabel("Share of test problems (%)")
    lines, names = axes.get_legend_handles_labels()
    shown = list(whole.values())
    figure.legend(shown, policies, loc="outside lower center", ncols=columns, handlelength=1, handleheight=1)
    if lines:
        figure.legend(lines, names, loc="outside upper center", ncols=legend_columns(names, COLUMN), handlelength=2.4)
    return figure


def _places(axes: Axes, points: np.ndarray) -> np.ndarray:
    """Where operating points stand along the axis: at their value, or by rank if they are spread unevenly."""
    if len(points) < 3 or np.allclose(np.diff(points), points[1] - points[0]):
        return points
    places = np.arange(len(points))
    shown = np.unique(np.linspace(0, len(points) - 1, 6).round().astype(int))
    axes.set_xticks(shown, [f"{float(f'{points[place]:.2g}'):g}" for place in shown])  # 120, not 1.2e+02
    return places
