"""F10: families of probes compared by how well they rank a right majority vote."""

import pandas as pd
from matplotlib.figure import Figure

from foretell.figures.inputs import MAJORITY, TEST, why_not_testable
from foretell.figures.style import GREY, PAGE, PALE, distances, legend_columns, look_of, styled
from foretell.probes.families import FAMILIES

METRIC, CHANCE = "auroc", 0.5
LINE = 0.11  # inches of height per family


def collect(metrics: pd.DataFrame) -> pd.DataFrame:
    """AUROC of every family on test.

    Args:
        metrics: of `foretell.evaluation`.

    Returns:
        policy, family, value, low, high, n, note (why there is no value).
    """
    rows = metrics[
        metrics.target.eq(MAJORITY)
        & metrics.metric.eq(METRIC)
        & metrics.split.eq(TEST)
        & metrics.family.ne("")
        & metrics.encoder.isna()
    ]
    notes = [why_not_testable(row) for row in rows.itertuples()]
    return rows[["policy", "family", "value", "low", "high", "n"]].assign(note=notes).reset_index(drop=True)


@styled
def draw(frame: pd.DataFrame) -> Figure:
    """A line per policy, families one below the other in it."""
    policies, families = list(frame.policy.unique()), list(frame.family.unique())
    looks, step = look_of(families), 0.8 / max(len(families), 1)
    labels = [FAMILIES[family].label for family in families]
    columns = legend_columns(labels, PAGE)
    height = 0.7 + len(policies) * (0.12 + LINE * len(families)) + 0.14 * -(-len(families) // columns)
    figure = Figure(figsize=(PAGE, height), layout="constrained")
    axes = figure.subplots()
    for place, family in enumerate(families):
        part = frame[frame.family == family].set_index("policy").reindex(policies)
        axes.errorbar(
            part.value,
            [-line - step * (place - (len(families) - 1) / 2) for line in range(len(policies))],
            xerr=distances(part.value, part.low, part.high),
            linestyle="",
            label=FAMILIES[family].label,
            color=looks[family]["color"],
            marker=looks[family]["marker"],
            markersize=3.5,
            elinewidth=0.7,
            capsize=1.2,
        )
    for line, policy in enumerate(policies):
        notes = frame.note[(frame.policy == policy) & (frame.note != "")]
        if len(notes) == len(families):
            axes.annotate(
                notes.iloc[0], (0.02, -line), xycoords=("axes fraction", "data"), va="center", color=GREY, fontsize=6
            )
        if line:
            axes.axhline(0.5 - line, color=PALE, linewidth=0.6)
    axes.axvline(CHANCE, color=GREY, linewidth=0.7, linestyle=(0, (4, 3)), zorder=0)
    axes.set(yticks=[-line for line in range(len(policies))], yticklabels=policies, ylim=(0.5 - len(policies), 0.5))
    if frame.value.isna().all():
        axes.set_xlim(0.4, 1)
    axes.set_xlabel("AUROC of majority-vote correctness on test (dashed: chance)")
    figure.legend(loc="outside upper center", ncols=columns)
    return figure
