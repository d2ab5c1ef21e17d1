"""F9: how well a policy's success can be read, against how accurate it is, by reasoning effort."""

from math import ceil
from typing import Literal

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from foretell.common.errors import UserError
from foretell.evaluation.catalogue import METRICS
from foretell.figures.inputs import LINEAR, MAJORITY, TEST, why_not_testable
from foretell.figures.style import BLACK, COLUMN, GREY, PAGE, distances, legend_columns, look_of, say, styled

EFFORTS = ["low", "medium", "high"]
FILLS: dict[str, Literal["none", "left", "full"]] = {"low": "none", "medium": "left", "high": "full"}
METRIC_OF = {MAJORITY: "auroc", "success_rate": "spearman"}
LABELS = {
    "auroc": "AUROC of majority-vote\ncorrectness",
    "spearman": "Spearman correlation\nwith success rate",
}


def collect(metrics: pd.DataFrame, efforts: dict[str, dict]) -> pd.DataFrame:
    """Accuracy and probe quality of every policy on test.

    Args:
        metrics: of `foretell.evaluation`.
        efforts: per policy {"model", "effort"}; effort is low, medium, high or None.

    Returns:
        policy, model, effort, target, metric, accuracy, accuracy_low, accuracy_high (majority vote), value, low, high,
        n, note; value is null, and the note says why, where it is not testable.

    Raises:
        UserError: the linear probe was not measured by one of METRIC_OF.
    """
    test = metrics[(metrics.split == TEST) & metrics.encoder.isna()]
    rows = test.set_index(["policy", "target", "family", "metric"], drop=False)
    found = []
    for policy in test.policy.unique():
        accuracy = rows.loc[(policy, MAJORITY, "", "base_rate")]
        for target, metric in METRIC_OF.items():
            key = (policy, target, LINEAR, metric)
            if key not in rows.index:
                raise UserError(f"{policy}: no {metric} of the linear probe for {target!r}: add it to 'probes.targets'")
            row = rows.loc[key]
            found.append(
                {
                    "policy": policy,
                    "model": efforts[policy]["model"],
                    "effort": efforts[policy]["effort"],
                    "target": target,
                    "metric": metric,
                    "accuracy": accuracy.value,
                    "accuracy_low": accuracy.low,
                    "accuracy_high": accuracy.high,
                    "value": row.value,
                    "low": row.low,
                    "high": row.high,
                    "n": row.n,
                    "note": why_not_testable(row),
                }
            )
    return pd.DataFrame(found)


@styled
def draw(frame: pd.DataFrame) -> Figure:
    """One panel per metric; models have colours, efforts have fills."""
    metrics = list(frame.metric.unique())
    models, efforts = list(frame.model.unique()), [effort for effort in EFFORTS if effort in set(frame.effort)]
    width, looks = COLUMN if len(metrics) == 1 else PAGE, look_of(models)
    columns = legend_columns([*models, "effort medium"], width)
    notes = (frame.note != "").groupby(frame.metric).sum().max()
    height = 2.6 + 0.14 * ceil((len(models) + len(efforts)) / columns) + 0.1 * notes
    figure = Figure(figsize=(width, height), layout="constrained")
    panels = figure.subplots(1, len(metrics), squeeze=False)[0]
    for panel, metric in zip(panels, metrics, strict=True):
        _panel(panel, frame[frame.metric == metric], looks, metric)
    handles = [Line2D([], [], color=look["color"], marker=look["marker"], label=model) for model, look in looks.items()]
    handles += [
        Line2D(
            [],
            [],
            linestyle="",
            color=BLACK,
            marker="o",
            fillstyle=FILLS[effort],
            markerfacecoloralt="white",
            label=f"effort {effort}",
        )
        for effort in efforts
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=columns)
    return figure


def _panel(axes: Axes, rows: pd.DataFrame, looks: dict[str, dict], metric: str) -> None:
    known, unknown = rows[rows.value.notna()], rows[rows.value.isna()]
    if known.empty:
        say(axes, "\n".join(f"{row.policy}\n{row.note}" for row in unknown.itertuples()))
        return
    if (chance := METRICS[metric].chance) is not None:
        _mark_chance(axes, chance)
    for model, part in known.groupby("model", sort=False):
        look = {key: looks[model][key] for key in ("color", "marker")}
        part = part.sort_values("effort", key=lambda efforts: efforts.map(EFFORTS.index, na_action="ignore"))
        line = part[part.effort.notna()]
        axes.plot(100 * line.accuracy, line.value, color=look["color"], linewidth=0.8, zorder=1)
        for row in part.itertuples():
            one = pd.DataFrame([row])
            axes.errorbar(
                100 * one.accuracy,
                one.value,
                yerr=distances(one.value, one.low, one.high),
                xerr=100 * distances(one.accuracy, one.accuracy_low, one.accuracy_high),
                elinewidth=0.7,
                markersize=5,
                markerfacecoloralt="white",
                fillstyle=FILLS.get(row.effort, "full"),
                **look,
            )
    axes.set_xlabel("Accuracy of the majority vote on test (%)")
    axes.set_ylabel(LABELS[metric])
    axes.margins(0.06)
    if len(unknown):
        lines = [f"{row.policy} {row.note}" for row in unknown.itertuples()]
        axes.set_title("\n".join(lines), fontsize=6, color=GREY, loc="left")


def _mark_chance(axes: Axes, chance: float) -> None:
    axes.axhline(chance, color=GREY, linewidth=0.7, linestyle=(0, (4, 3)), zorder=0)
    axes.annotate(
        "chance",
        (0, chance),
        (2, 2),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        color=GREY,
        fontsize=6,
    )
