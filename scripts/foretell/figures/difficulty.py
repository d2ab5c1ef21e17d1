"""F1: how well activations tell human difficulty and a model's own success."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from foretell.common.rounded import number
from foretell.difficulty.comparison import AGREEMENT, DECODED, tested
from foretell.figures.style import BLACK, GREY, PAGE, PALE, distances, legend_columns, look_of, styled
from foretell.probes.families import FAMILIES

CEILING = "ceiling (noise of sampled rates)"
LINE, GAP, HEADING = 0.06, 0.12, 0.2  # inches of height: per family, between quantities, and of a policy's name
LOWEST = 2.2  # inches of height of the left panel, and of the right one at least


def collect(correlations: pd.DataFrame, outcomes: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """What F1 shows: the correlations, and the success rate in tenths of the human order.

    Args:
        correlations: of `foretell.difficulty.comparison.compare`.
        outcomes: per policy: split, reference_difficulty, success_rate; those of test are shown.

    Returns:
        The correlations with kind `correlation`, then rows of kind `tenth`: policy, tenth (1 the easiest for people),
        success_rate (its mean), low, high (95 % normal interval), n.
    """
    tenths = [_tenths(policy, tested(frame)) for policy, frame in outcomes.items()]
    return pd.concat([correlations.assign(kind="correlation"), *tenths], ignore_index=True)


def _tenths(policy: str, frame: pd.DataFrame) -> pd.DataFrame:
    place = np.ceil(10 * frame.reference_difficulty.rank(method="average") / len(frame)).astype(int)
    table = frame.success_rate.astype(float).groupby(place.to_numpy()).agg(["mean", "sem", "size"]).reset_index()
    table.columns = ["tenth", "success_rate", "error", "n"]
    table["low"], table["high"] = table.success_rate - 1.96 * table.error, table.success_rate + 1.96 * table.error
    return table.drop(columns="error").assign(kind="tenth", policy=policy)


@styled
def draw(frame: pd.DataFrame) -> Figure:
    """Left, success by human difficulty; right, what is read from prompts, with ceilings, a line per quantity."""
    policies = list(frame.policy.unique())
    families = frame.family[frame.family.notna() & (frame.family != "")].nunique()
    height = max(LOWEST, len(policies) * _height(families))
    figure = Figure(figsize=(PAGE, 0.9 + height), layout="constrained")
    grid = figure.add_gridspec(2, 2, width_ratios=(1, 1.5), height_ratios=(LOWEST, max(height - LOWEST, 1e-3)))
    left, right = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[:, 1])
    _success(left, frame[frame.kind == "tenth"], policies)
    _decoded(right, frame[frame.kind == "correlation"], policies)
    shown = [axes.get_legend_handles_labels() for axes in (left, right)]
    handles, labels = ([item for part in parts for item in part] for parts in zip(*shown, strict=True))
    figure.legend(handles, labels, loc="outside lower center", ncols=legend_columns(labels, PAGE))
    return figure


def _success(axes: Axes, frame: pd.DataFrame, policies: list[str]) -> None:
    for policy, look in look_of(policies).items():
        rows = frame[frame.policy == policy]
        interval = distances(100 * rows.success_rate, 100 * rows.low, 100 * rows.high)
        axes.errorbar(
            rows.tenth,
            100 * rows.success_rate,
            interval,
            label=policy,
            color=look["color"],
            marker=look["marker"],
            markersize=3,
            elinewidth=0.6,
            capsize=1.2,
        )
    axes.set(xlabel="Tenths of the questions,\nhardest for people last", ylabel="Success rate (%)", xticks=range(1, 11))
    axes.set_ylim(bottom=0)


def _height(families: int) -> float:
    """Inches of a policy's name and its quantities."""
    return HEADING + len(DECODED) * (LINE * families + GAP)


def _decoded(axes: Axes, frame: pd.DataFrame, policies: list[str]) -> None:
    """What is read of each policy, below its name; a unit of the vertical axis is an inch."""
    families = [family for family in frame.family.unique() if family]
    looks = look_of([*policies, *families])
    line = LINE * len(families) + GAP
    lines = {
        (policy, quantity): -(place * _height(len(families)) + HEADING + (row + 0.5) * line)
        for place, policy in enumerate(policies)
        for row, quantity in enumerate(DECODED.values())
    }
    shown = set()
    for (policy, quantity), y in lines.items():
        part = frame[(frame.policy == policy) & (frame.quantity == quantity)].set_index("family")
        for offset, family in enumerate(families):
            row = part.loc[[family]]
            label = FAMILIES[family].label
            axes.errorbar(
                row.spearman,
                [y - LINE * (offset - (len(families) - 1) / 2)],
                xerr=distances(row.spearman, row.low, row.high),
                capsize=1.2,
                elinewidth=0.7,
                linestyle="",
                label=None if label in shown else label,
                color=looks[family]["color"],
                marker=looks[family]["marker"],
                markersize=3.5,
            )
            shown.add(label)
        if part.spearman.isna().all():
            axes.annotate("undefined", (0, y), (3, 0), textcoords="offset points", va="center", color=GREY, fontsize=6)
        if pd.notna(ceiling := part.ceiling.iloc[0]):
            of_rates = quantity == DECODED["success_rate"] and CEILING not in shown
            axes.plot(
                [ceiling] * 2,
                [y - line / 2, y + line / 2],
                color=BLACK,
                linewidth=0.8,
                linestyle=(0, (3, 2)),
                label=CEILING if of_rates else None,
            )
            shown |= {CEILING} if of_rates else set()
    _headings(axes, frame[frame.quantity == AGREEMENT].set_index("policy"), policies, _height(len(families)))
    axes.axvline(0, color=GREY, linewidth=0.7)
    axes.set_yticks(list(lines.values()), [quantity.replace(" ", "\n") for _, quantity in lines])
    axes.set_ylim(-len(policies) * _height(len(families)), 0)
    axes.set_xlabel(f"Spearman correlation with what is read ({frame.on.iloc[0]})")


def _headings(axes: Axes, agreement: pd.DataFrame, policies: list[str], height: float) -> None:
    """The name of every policy, with how far its failures agree with human difficulty."""
    for place, policy in enumerate(policies):
        value = number(agreement.loc[policy].spearman, 2) or "undefined"
        axes.annotate(
            f"{policy} (failures and human difficulty: {value})",
            (0.01, -place * height - 0.03),
            xycoords=("axes fraction", "data"),
            va="top",
            fontsize=6.5,
        )
        if place:
            axes.axhline(-place * height, color=PALE, linewidth=0.7)
