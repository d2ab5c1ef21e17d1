"""F4: do predicted probabilities come true."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.special import expit

from foretell.common.metrics import ECE_BINS
from foretell.common.statistics import wilson
from foretell.figures.inputs import MAJORITY, NOT_TRAINED, TEST, join_labels
from foretell.figures.style import BLACK, GREY, RIGHT, WRONG, distances, outer, panels, say, styled
from foretell.probes.calibrated_columns import AS_GIVEN as NOT_SCALED

UNCALIBRATED, PLATT, AS_GIVEN = "uncalibrated", "platt", "as_given"
LOOKS: dict[str, dict[str, Any]] = {
    UNCALIBRATED: {"color": WRONG, "marker": "s", "label": "uncalibrated", "fillstyle": "none"},
    PLATT: {"color": RIGHT, "marker": "o", "label": "after Platt scaling"},
    AS_GIVEN: {"color": RIGHT, "marker": "o", "label": "probabilities as given"},
}


def collect(
    outcomes: dict[str, pd.DataFrame], predictions: dict[str, pd.DataFrame], calibrated_on: str
) -> pd.DataFrame:
    """Observed share correct by bin of predicted probability, on test.

    Args:
        outcomes: per policy: problem_id, split, group, majority_correct.
        predictions: per policy: problem_id, score (log odds), probability.
        calibrated_on: the split on which probabilities were calibrated, or AS_GIVEN where they are as they were given.

    Returns:
        policy, calibration (uncalibrated and platt, or as_given), bin_low, bin_high, count, predicted (mean in it),
        observed, low and high (95 % Wilson interval), note; filled bins only. A policy whose probe was not trained has
        one row with a note.
    """
    return pd.concat(
        [_collect(policy, outcomes[policy], predictions[policy], calibrated_on) for policy in outcomes],
        ignore_index=True,
    )


def _collect(policy: str, outcomes: pd.DataFrame, predictions: pd.DataFrame, calibrated_on: str) -> pd.DataFrame:
    test = join_labels(predictions, outcomes, MAJORITY, TEST)
    if test.score.isna().any():
        return pd.DataFrame({"policy": [policy], "note": NOT_TRAINED})
    by_calibration = {UNCALIBRATED: expit(test.score), PLATT: test.probability}
    if calibrated_on == NOT_SCALED:
        by_calibration = {AS_GIVEN: test.probability}
    tables = [_bins(values, test.label).assign(calibration=name) for name, values in by_calibration.items()]
    table = pd.concat(tables, ignore_index=True).assign(policy=policy, note="")
    columns = ["policy", "calibration", "bin_low", "bin_high", "count", "predicted", "observed", "low", "high", "note"]
    return table[columns]


def _bins(probabilities: pd.Series, labels: pd.Series) -> pd.DataFrame:
    """Equal-width bins, closed below, the last one closed above too, as for the ECE."""
    bins = np.minimum((probabilities * ECE_BINS).astype(int), ECE_BINS - 1)
    frame = pd.DataFrame({"bin": bins, "predicted": probabilities, "observed": labels})
    table = frame.groupby("bin").agg(
        count=("observed", "size"), predicted=("predicted", "mean"), observed=("observed", "mean")
    )
    low, high = wilson(table.observed, table["count"])
    edges = table.index.to_numpy()
    return table.assign(bin_low=edges / ECE_BINS, bin_high=(edges + 1) / ECE_BINS, low=low, high=high)


@styled
def draw(frame: pd.DataFrame) -> Figure:
    """One panel per policy: reliability above, number of problems per bin below."""
    policies = list(frame.policy.unique())
    figure, axes = panels(policies, height=2.1, strips=(3.4, 1.0), extra=0.35)
    for place, policy in enumerate(policies):
        upper, lower = axes[policy]
        rows, (left, bottom) = frame[frame.policy == policy], outer(axes, place)
        if left:
            upper.set_ylabel("Share correct")
            lower.set_ylabel("Problems")
        if bottom:
            lower.set_xlabel("Predicted probability")
        if rows.note.iloc[0]:
            say(upper, rows.note.iloc[0].replace(": ", ":\n"))
            say(lower, "")
            continue
        _reliability(upper, rows)
        _counts(lower, rows)
    figure.align_ylabels()
    shown = next((stack[0] for stack in axes.values() if stack[0].get_legend_handles_labels()[0]), None)
    if shown is not None:
        figure.legend(*shown.get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


def _reliability(axes: Axes, rows: pd.DataFrame) -> None:
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.7, linestyle=(0, (4, 3)), label="as predicted")
    for calibration, look in _shown(rows).items():
        part = rows[rows.calibration == calibration]
        interval = distances(part.observed, part.low, part.high)
        axes.errorbar(
            part.predicted, part.observed, interval, linestyle="", markersize=3.2, elinewidth=0.6, capsize=1.2, **look
        )  # not joined: bins of a few problems would zigzag
    axes.set(xlim=(-0.04, 1.04), ylim=(-0.06, 1.06), xticks=np.linspace(0, 1, 6), yticks=np.linspace(0, 1, 6))


def _shown(rows: pd.DataFrame) -> dict[str, dict[str, Any]]:
    return {name: look for name, look in LOOKS.items() if rows.calibration.eq(name).any()}


def _counts(axes: Axes, rows: pd.DataFrame) -> None:
    for calibration, look in _shown(rows).items():
        part = rows[rows.calibration == calibration].set_index("bin_low")["count"]
        part = part.reindex(np.arange(ECE_BINS) / ECE_BINS, fill_value=0)
        axes.stairs(part, np.linspace(0, 1, ECE_BINS + 1), color=look["color"], linewidth=0.9)
    axes.set_ylim(bottom=0)
    axes.locator_params(axis="y", nbins=2)
    axes.spines["bottom"].set_color(BLACK)
