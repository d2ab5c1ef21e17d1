"""F9: how well a policy's success can be read, against how accurate it is, by reasoning effort."""

from math import ceil

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from foretell.common.metrics import base_rate, enough_of_both
from foretell.common.statistics import estimate, sample_and_resamples
from foretell.figures.inputs import MAJORITY, TEST, not_testable
from foretell.figures.style import BLACK, COLUMN, GREY, PAGE, distances, legend_columns, look_of, say, styled

EFFORTS = ["low", "medium", "high"]
FILLS = {"low": "none", "medium": "left", "high": "full"}
METRICS = {MAJORITY: "auroc", "success_rate": "spearman"}
LABELS = {
    "auroc": "AUROC of majority-vote\ncorrectness",
    "spearman": "Spearman correlation\nwith success rate",
}
CHANCE = {"auroc": 0.5, "spearman": 0.0}


def collect(
    outcomes: dict[str, pd.DataFrame],
    metrics: dict[str, dict[str, list[dict]]],
    efforts: dict[str, dict],
    resamples: int,
    seed: int,
) -> pd.DataFrame:
    """Accuracy and probe quality of every policy on test.

    Args:
        outcomes: per policy: split, group, majority_correct.
        metrics: per target and policy, the linear probe's {split, metric, value, low, high, n}.
        efforts: per policy {"model", "effort"}; effort is low, medium, high or None.
        resamples, seed: of the accuracies' bootstrap over groups.

    Returns:
        policy, model, effort, target, metric, accuracy, accuracy_low, accuracy_high (majority vote), value, low, high,
        n, note; value is null, and the note says why, where it is not testable.
    """
    rows = []
    for policy, frame in outcomes.items():
        test = frame[(frame.split == TEST) & frame[MAJORITY].notna()]
        labels = test[MAJORITY].to_numpy(dtype=float)
        weights = sample_and_resamples(test.group.to_numpy(), resamples, seed)
        accuracy = estimate(base_rate, labels, labels, weights)
        for target, by_policy in metrics.items():
            found = next(m for m in by_policy[policy] if (m["split"], m["metric"]) == (TEST, METRICS[target]))
            value = {key: np.nan if found[key] is None else found[key] for key in ("value", "low", "high")}
            note = ""
            if METRICS[target] == "auroc" and not enough_of_both(labels):
                note = not_testable(labels)
            elif np.isnan(value["value"]):
                note = "not testable: probe not trained"
            rows.append(
                {
                    "policy": policy,
                    "model": efforts[policy]["model"],
                    "effort": efforts[policy]["effort"],
                    "target": target,
                    "metric": METRICS[target],
                    "accuracy": accuracy.value,
                    "accuracy_low": accuracy.low,
                    "accuracy_high": accuracy.high,
                    **(dict.fromkeys(value, np.nan) if note else value),
                    "n": found["n"],
                    "note": note,
                }
            )
    return pd.DataFrame(rows)


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
    axes.axhline(CHANCE[metric], color=GREY, linewidth=0.7, linestyle=(0, (4, 3)), zorder=0)
    axes.annotate(
        "chance",
        (0, CHANCE[metric]),
        (2, 2),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        color=GREY,
        fontsize=6,
    )
    for model, part in known.groupby("model", sort=False):
        look = {key: looks[model][key] for key in ("color", "marker")}
        part = part.sort_values("effort", key=lambda efforts: efforts.map(EFFORTS.index, na_action="ignore"))
        axes.plot(100 * part.accuracy, part.value, color=look["color"], linewidth=0.8, zorder=1)
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
