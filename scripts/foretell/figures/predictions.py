"""F5: what the probe predicted where the policy was right and where it was wrong."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from foretell.figures.inputs import MAJORITY, NOT_TRAINED, TEST, join_labels
from foretell.figures.style import RIGHT, WRONG, outer, panels, say, styled

BINS = 20
LOOKS: dict[bool, dict[str, Any]] = {
    True: {"color": RIGHT, "label": "right", "hatch": ""},
    False: {"color": WRONG, "label": "wrong", "hatch": "//////"},
}


def collect(outcomes: dict[str, pd.DataFrame], predictions: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Histograms of the calibrated probability on test, by whether the majority vote was right.

    Args:
        outcomes: per policy: problem_id, split, group, k, majority_correct.
        predictions: per policy: problem_id, score, probability.

    Returns:
        policy, k, correct, bin_low, bin_high, count, share (of the problems with that correctness; null if there are
        none), n (of those problems), note. A policy whose probe was not trained has one row with a note.
    """
    parts = [_collect(policy, outcomes[policy], predictions[policy]) for policy in outcomes]
    for part, frame in zip(parts, outcomes.values(), strict=True):
        part.insert(1, "k", frame.k.iloc[0])
    return pd.concat(parts, ignore_index=True).astype({"k": "Int64"})


def _collect(policy: str, outcomes: pd.DataFrame, predictions: pd.DataFrame) -> pd.DataFrame:
    test = join_labels(predictions, outcomes, MAJORITY, TEST)
    if test.score.isna().any():
        return pd.DataFrame({"policy": [policy], "note": NOT_TRAINED})
    edges = np.arange(BINS + 1) / BINS
    tables = []
    for correct in (True, False):
        counts = np.histogram(test.probability[test.label == correct], edges)[0]
        n = int(counts.sum())
        share = counts / n if n else np.full(BINS, np.nan)
        columns = {"bin_low": edges[:-1], "bin_high": edges[1:], "count": counts, "share": share, "n": n}
        tables.append(pd.DataFrame({"policy": policy, "correct": correct, **columns, "note": ""}))
    return pd.concat(tables, ignore_index=True)


@styled
def draw(frame: pd.DataFrame) -> Figure:
    """One panel per policy: two histograms, each adding up to 100 %."""
    policies = list(frame.policy.unique())
    figure, axes = panels(policies, height=1.4, extra=0.45)
    for place, policy in enumerate(policies):
        (panel,) = axes[policy]
        rows, (left, bottom) = frame[frame.policy == policy], outer(axes, place)
        panel.set_ylabel("Problems (%)" if left else "")
        panel.set_xlabel("Predicted probability" if bottom else "")
        if rows.note.iloc[0]:
            say(panel, rows.note.iloc[0].replace(": ", ":\n"))
            continue
        _histograms(panel, rows)
    shown = next((stack[0] for stack in axes.values() if stack[0].get_legend_handles_labels()[0]), None)
    if shown is not None:
        handles, labels = shown.get_legend_handles_labels()
        graded = "answer" if (frame.k == 1).all() else "majority vote"
        labels = [f"{graded} {label}" for label in labels]
        figure.legend(handles, labels, loc="outside upper center", ncols=2)
    return figure


def _histograms(axes: Axes, rows: pd.DataFrame) -> None:
    edges = np.arange(BINS + 1) / BINS
    for correct, look in LOOKS.items():
        part = rows[rows.correct == correct]
        if part.n.iloc[0]:
            colours = {"facecolor": to_rgba(look["color"], 0.22), "edgecolor": look["color"], "linewidth": 0.9}
            axes.stairs(100 * part.share, edges, fill=True, label=look["label"], hatch=look["hatch"], **colours)
    counts = {correct: int(rows.n[rows.correct == correct].iloc[0]) for correct in LOOKS}
    axes.set_title(f"{axes.get_title()}\n{counts[True]} right, {counts[False]} wrong")
    axes.set(xlim=(0, 1), xticks=np.linspace(0, 1, 6))
    axes.set_ylim(bottom=0)
