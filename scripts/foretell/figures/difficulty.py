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
    """Left, success by human difficulty; right, what is read from prompts, with ceilings."""
    figure = Figure(figsize=(PAGE, 2.9), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.5))
    policies = list(frame.policy.unique())
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
    axes.set(xlabel="Tenths of the questions, hardest for people last", ylabel="Success rate (%)", xticks=range(1, 11))
    axes.set_ylim(bottom=0)


def _decoded(axes: Axes, frame: pd.DataFrame, policies: list[str]) -> None:
    families = [family for family in frame.family.unique() if family]
    looks = look_of([*policies, *families])
    groups = [(policy, quantity) for policy in policies for quantity in DECODED.values()]
    for place, (policy, quantity) in enumerate(groups):
        part = frame[(frame.policy == policy) & (frame.quantity == quantity)].set_index("family")
        for offset, family in enumerate(families):
            row = part.loc[[family]]
            x = place + 0.22 * (offset - (len(families) - 1) / 2)
            axes.errorbar(
                [x],
                row.spearman,
                distances(row.spearman, row.low, row.high),
                capsize=1.5,
                elinewidth=0.7,
                linestyle="",
                label=FAMILIES[family].label if place == 0 else None,
                color=looks[family]["color"],
                marker=looks[family]["marker"],
                markersize=3.5,
            )
        if part.spearman.isna().all():
            axes.annotate(
                "undefined", (place, 0), (0, 3), textcoords="offset points", ha="center", va="bottom", fontsize=6.5
            )
        if pd.notna(ceiling := part.ceiling.iloc[0]):
            label = CEILING if quantity == DECODED["success_rate"] and place < 2 else None
            axes.plot(
                [place - 0.4, place + 0.4],
                [ceiling] * 2,
                color=BLACK,
                linewidth=0.8,
                linestyle=(0, (3, 2)),
                label=label,
            )
    agreement = frame[frame.quantity == AGREEMENT].set_index("policy")
    for place, policy in enumerate(policies):
        row = agreement.loc[policy]
        axes.annotate(
            f"{policy}\nits failures and human difficulty:\n{number(row.spearman, 2)}",
            (2 * place + 0.5, 1.0),
            xycoords=("data", "axes fraction"),
            ha="center",
            va="bottom",
            fontsize=6.5,
        )
    axes.axhline(0, color=GREY, linewidth=0.7)
    for place in range(1, len(policies)):
        axes.axvline(2 * place - 0.5, color=PALE, linewidth=0.7)
    axes.set_xticks(range(len(groups)), [quantity.replace(" ", "\n") for _, quantity in groups])
    axes.set_ylabel(f"Spearman with what is read\n({frame.on.iloc[0]})")
