"""How F6 and F7 are drawn."""

from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from foretell.figures.costs import COST, unit_for_readers
from foretell.figures.style import (
    BLACK,
    GREY,
    PAGE,
    PALE,
    distances,
    look_of,
    styled,
    uneven_legend_columns,
    wrapped,
)
from foretell.figures.text import samples
from foretell.probes.families import FAMILIES
from foretell.routing.choice import FALLS_BACK
from foretell.routing.routers import ROUTERS, Router, oracle_references
from foretell.routing.settings import MATCH

SINGLE, FEWER, HULL = "single", "fewer samples", "hull"
RANDOM, ORACLE = "random", "oracle"
SWEEP, CHOSEN, CHARGED = "sweep", "chosen", "chosen, probing charged"
CHOSEN_BY_FAMILY = "chosen, another family"

WIDE = 20  # dearest over cheapest, beyond which the cost axis is logarithmic
NEAR = 2  # below which it does not begin at zero, where costs would lie on one another
FAR = 2  # how many times as long a charge for probing may make the cost axis; its star stands at the end if more
AT_RIGHT = 0.95  # of the axis's width
EDGE: dict[str, Any] = {"markeredgecolor": BLACK, "markeredgewidth": 0.4, "markersize": 5.5}
STARS = ["*", "P", "X"]  # one per split that chose an operating point
CROSSES = ["x", "+", "1", "2"]  # one per oracle reference
TRIANGLES = ["^", "v", "<", ">", "p", "h"]  # one per family beside the one that counts


@styled
def draw(frame: pd.DataFrame) -> Figure:
    """The plane on test; policies are named at the right, strategies below."""
    uncharged = frame.loc[frame.series != CHARGED, COST]
    factor, problems = unit_for_readers(uncharged)
    frame = frame.assign(**{name: factor * frame[name] for name in (COST, f"{COST}_low", f"{COST}_high")})
    cheapest, dearest = factor * uncharged.min(), factor * uncharged.max()
    logarithmic, from_zero = 0 < WIDE * cheapest < dearest, dearest >= NEAR * cheapest
    beyond = (frame.series == CHARGED) & (frame[COST] > _longest(cheapest, dearest, logarithmic, from_zero))
    by_series = dict(iter(frame[~beyond].groupby("series", sort=False)))
    splits, router = list(by_series[CHOSEN].chosen_on), ROUTERS[frame.router.iloc[0]]
    figure = Figure(figsize=(PAGE, 3.7), layout="constrained")
    axes = figure.subplots()
    axes.set_xscale("log" if logarithmic else "linear")
    _sweep(axes, by_series[SWEEP], router)
    _chosen(axes, by_series[CHOSEN], router)
    _charged(axes, by_series.get(CHARGED, frame.iloc[:0]), splits)
    _chosen_by_family(axes, by_series.get(CHOSEN_BY_FAMILY, frame.iloc[:0]))
    _references(axes, by_series, logarithmic)
    _singles(axes, by_series)
    _scales(axes, logarithmic, from_zero)
    _charged_beyond(axes, frame[beyond], splits)
    axes.set_ylabel("Accuracy on test (%)")
    assumed = frame.cost_basis.str.contains("assumed").any()
    axes.set_xlabel(f"{'Assumed cost' if assumed else 'Cost'} (USD per {problems} problems)")
    if assumed:
        axes.set_title("Costs are assumed, not measured", loc="right", color="#D55E00")
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(**_policies(by_series[SINGLE]), loc="outside right upper", alignment="left")
    columns = min(4, uneven_legend_columns(labels, PAGE))
    figure.legend(handles, labels, loc="outside lower center", ncols=columns, columnspacing=1.4)
    return figure


def _references(axes: Axes, by_series: dict[str, pd.DataFrame], logarithmic: bool) -> None:
    hull = by_series[HULL]
    cost = steps = hull[COST].to_numpy(float)
    if logarithmic:  # a mixture's cost is linear in its weight, so that the hull's edges are curves here
        steps = np.union1d(cost, np.geomspace(cost.min(), cost.max(), 300))
    path = np.interp(steps, cost, 100 * hull.accuracy)
    axes.plot(steps, path, color=GREY, linewidth=1.0, linestyle=(0, (5, 2)), label="hull of single policies", zorder=1)
    hollow = {"color": BLACK, "markerfacecolor": "white", "markeredgewidth": 0.8, "zorder": 3}
    for series, marker, label in [(RANDOM, "o", "uniform random"), (ORACLE, "D", "oracle")]:
        _with_intervals(axes, by_series[series], marker=marker, label=label, markersize=4.5, **hollow)
    references = [reference for name, reference in oracle_references().items() if name in by_series]
    for place, reference in enumerate(references):
        rows = by_series[reference.name]
        axes.plot(
            rows[COST],
            100 * rows.accuracy,
            linestyle="",
            color=GREY,
            marker=CROSSES[place % len(CROSSES)],
            markersize=3.5,
            label=f"{reference.title}, every {reference.symbol}",
            zorder=4,
        )


def _sweep(axes: Axes, rows: pd.DataFrame, router: Router) -> None:
    label = f"{router.title}, every {router.symbol}"
    axes.plot(rows[COST], 100 * rows.accuracy, ".", color=BLACK, markersize=4, label=label, zorder=2)


def _singles(axes: Axes, by_series: dict[str, pd.DataFrame]) -> None:
    looks = look_of(list(by_series[SINGLE].policy))
    for row in by_series[SINGLE].itertuples():
        look = {key: looks[row.policy][key] for key in ("color", "marker")}
        if FEWER in by_series:
            rows = by_series[FEWER]
            rows = rows[rows.policy == row.policy].sort_values("samples")
            axes.plot(rows[COST], 100 * rows.accuracy, color=look["color"], linewidth=0.6, marker=".", markersize=2.5)
        _with_intervals(axes, pd.DataFrame([row]), zorder=5, **EDGE, **look)
    if FEWER in by_series:
        axes.plot([], [], color=GREY, linewidth=0.6, marker=".", markersize=2.5, label="policy, fewer samples")


def _policies(singles: pd.DataFrame) -> dict[str, Any]:
    """Arguments of the legend that names the policies; the number of samples is in its title if they share it."""
    looks = look_of(list(singles.policy))
    names = {row.policy: row.policy for row in singles.itertuples()}
    title = "Single policies"
    if singles.samples.nunique(dropna=False) == 1 and singles.samples.notna().all():
        title += f",\n{samples(singles.samples.iloc[0])}"
    else:
        names |= {r.policy: f"{r.policy}, {samples(r.samples)}" for r in singles.itertuples() if pd.notna(r.samples)}
    handles = [
        Line2D(
            [], [], linestyle="", color=look["color"], marker=look["marker"], label=wrapped(names[policy], 22), **EDGE
        )
        for policy, look in looks.items()
    ]
    return {"handles": handles, "title": title}


def _chosen(axes: Axes, rows: pd.DataFrame, router: Router) -> None:
    for place, row in enumerate(rows.itertuples()):
        label = f"chosen on {row.chosen_on} ({_setting(row, router)})"
        _with_intervals(axes, pd.DataFrame([row]), label=label, **_star(place, filled=True))


def _charged(axes: Axes, rows: pd.DataFrame, splits: list[str], **look: Any) -> None:
    for row in rows.itertuples():
        star = {"label": f"chosen on {row.chosen_on}, probing charged", **_star(splits.index(row.chosen_on), False)}
        _with_intervals(axes, pd.DataFrame([row]), **star, **look)


def _charged_beyond(axes: Axes, rows: pd.DataFrame, splits: list[str]) -> None:
    """Those whose cost has no place on the axis, at its right end: an arrow and the cost, in place of its interval."""
    if rows.empty:
        return
    scale, in_width = axes.xaxis.get_transform(), axes.get_yaxis_transform()
    left, right = scale.transform(axes.get_xlim())
    axes.set_xlim(right=scale.inverted().transform([right + 0.1 * (right - left)])[0])  # beyond all others
    places = dict.fromkeys((COST, f"{COST}_low", f"{COST}_high"), AT_RIGHT)
    _charged(axes, rows.assign(**places), splits, transform=in_width)
    arrow = {"arrowstyle": "->", "color": BLACK, "linewidth": 0.8}
    behind = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}
    for cost, accuracy, split in zip(rows[COST], rows.accuracy, rows.chosen_on, strict=True):
        at, above = (1.0, 100 * accuracy), splits.index(split) == 0  # one on the other they would not be read
        axes.annotate("", at, (AT_RIGHT, at[1]), in_width, in_width, arrowprops=arrow)
        text, offset = f"{cost:,.0f}" if cost >= 1000 else f"{cost:.3g}", (-1, 6 if above else -6)
        lies: Literal["bottom", "top"] = "bottom" if above else "top"
        axes.annotate(text, at, offset, in_width, "offset points", bbox=behind, ha="right", va=lies, zorder=9)


def _star(place: int, filled: bool) -> dict[str, Any]:
    """An open star is larger than the filled one, and behind it: where probing costs nothing, both are in one place."""
    return {
        "color": BLACK,
        "marker": STARS[place % len(STARS)],
        "markersize": (10 if place % len(STARS) == 0 else 6.5) + (0 if filled else 2),
        "markerfacecolor": "#FFD400" if filled else "white",
        "markeredgewidth": 0.8,
        "zorder": 7 + place - (0 if filled else 1),
    }


def _longest(cheapest: float, dearest: float, logarithmic: bool, from_zero: bool) -> float:
    """The highest cost that still has a place on the axis of all that is not charged."""
    if logarithmic:
        return cheapest * (dearest / cheapest) ** FAR
    start = 0 if from_zero else cheapest
    return start + FAR * (dearest - start)


def _chosen_by_family(axes: Axes, rows: pd.DataFrame) -> None:
    """What the same router chooses with other families' probabilities, on the first split that chose."""
    for place, row in enumerate(rows.itertuples()):
        _with_intervals(
            axes,
            pd.DataFrame([row]),
            color=BLACK,
            marker=TRIANGLES[place % len(TRIANGLES)],
            markersize=5,
            markerfacecolor="white",
            markeredgewidth=0.8,
            zorder=6,
            label=f"chosen by {FAMILIES[row.family].label}",
        )


def _setting(row: Any, router: Router) -> str:
    if pd.notna(row.operating_point):
        return f"{router.symbol} = {row.operating_point:.3g}"
    return "falls back to best single policy" if row.choice == FALLS_BACK[MATCH] else f"one {router.symbol} per fold"


def _with_intervals(axes: Axes, rows: pd.DataFrame, **look: Any) -> None:
    axes.errorbar(
        rows[COST],
        100 * rows.accuracy,
        yerr=100 * distances(rows.accuracy, rows.accuracy_low, rows.accuracy_high),
        xerr=distances(rows[COST], rows[f"{COST}_low"], rows[f"{COST}_high"]),
        linestyle="",
        elinewidth=0.7,
        **look,
    )


def _scales(axes: Axes, logarithmic: bool, from_zero: bool) -> None:
    axes.grid(color=PALE, linewidth=0.4)
    axes.yaxis.set_major_locator(MaxNLocator(7, steps=[1, 2, 5, 10]))
    if logarithmic:
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
    elif from_zero:
        axes.set_xlim(left=0)
    else:
        axes.margins(x=0.06)
