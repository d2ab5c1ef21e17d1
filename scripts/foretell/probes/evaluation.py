"""Metrics of a probe on each split, with intervals."""

import numpy as np
import pandas as pd
from scipy.special import expit

from foretell.common.metrics import ENOUGH, Metric, accuracy, auroc, base_rate, brier, ece, enough_of_both, spearman
from foretell.common.statistics import Estimate, estimate_over_fits, sample_and_resamples
from foretell.probes.inputs import SPLITS
from foretell.probes.targets import Target
from foretell.probes.trials import Result

REGRESSION: dict[str, tuple[Metric, str]] = {"spearman": (spearman, "score")}
BINARY: dict[str, tuple[Metric, str]] = {
    "auroc": (auroc, "score"),
    "ece_uncalibrated": (ece, "uncalibrated"),
    "ece": (ece, "probability"),
    "brier_uncalibrated": (brier, "uncalibrated"),
    "brier": (brier, "probability"),
    "accuracy": (accuracy, "probability"),
    "base_rate": (base_rate, "probability"),
}


def evaluate(
    labels: np.ndarray, scores: np.ndarray, probabilities: np.ndarray | None, weights: np.ndarray, seed: int
) -> list[dict]:
    """Metrics of one split.

    Args:
        labels: [n] true labels.
        scores: [fits, n]; several fits, such as the permuted-label control's, are averaged over, and only how well they
            rank is measured. The `uncalibrated` metrics take them as log odds.
        probabilities: [fits, n] after Platt scaling; None for a regression.
        weights: [1 + resamples, n]: the sample itself, then its bootstrap resamples.
        seed: of the draws among several fits.

    Returns:
        {metric, value, low, high, n, resamples, reason} per metric; value, low and high are None where undefined; the
        reason says why the sample does not support a metric.
    """
    inputs = {"score": scores, "probability": probabilities, "uncalibrated": expit(scores)}
    metrics = []
    for name in metric_names(binary=probabilities is not None, fits=len(scores)):
        metric, source = (REGRESSION | BINARY)[name]
        if metric is auroc and not enough_of_both(labels):
            metrics.append(_undefined(name, len(labels), f"fewer than {ENOUGH} problems of the rarer class"))
        else:
            estimated = estimate_over_fits(metric, labels, inputs[source], weights, seed)
            metrics.append({"metric": name, **_as_json(estimated), "reason": None})
    return metrics


def metric_names(binary: bool, fits: int) -> list[str]:
    """What is measured of one fit, or of the mean over several: the calibration of a control would say nothing."""
    names = list(BINARY if binary else REGRESSION)
    return names[:1] if fits > 1 else names


class Evaluation:
    """Metrics by split, over the same resamples of groups for every probe of the same problems."""

    def __init__(self, outcomes: pd.DataFrame, resamples: int, seed: int):
        self._splits = outcomes.split.to_numpy()
        self._groups = outcomes.group.to_numpy()
        self._resamples, self._seed = resamples, seed
        self._weights: dict[bytes, np.ndarray] = {}

    def counts(self, target: Target) -> dict[str, int]:
        """Labelled problems per split."""
        return {split: len(self._labelled(target, split)) for split in SPLITS}

    def metrics(self, target: Target, results: list[Result]) -> list[dict]:
        """Metrics against the target's true labels, averaged over several results such as the control's.

        Train problems are scored out of fold; their calibrated metrics are of the scores that Platt scaling was
        fitted to.

        Returns:
            {split, metric, value, low, high, n, resamples, reason} as `evaluate` gives them; value, low and high are
            None everywhere if there are no results because nothing could be trained.
        """
        rows = {split: self._labelled(target, split) for split in SPLITS}
        return [{"split": split, **metric} for split in SPLITS for metric in self._split(target, results, rows[split])]

    def _split(self, target: Target, results: list[Result], rows: np.ndarray) -> list[dict]:
        if not (results and len(rows)):
            reason = "no probe was trained" if len(rows) else "no problem has a label"
            return [_undefined(name, len(rows), reason) for name in (BINARY if target.binary else REGRESSION)]
        scores = np.stack([result.scores[rows] for result in results])
        probabilities = None
        if target.binary:
            probabilities = np.stack([result.platt.probability(result.scores[rows]) for result in results])
        return evaluate(target.labels[rows], scores, probabilities, self._resample(rows), self._seed)

    def _labelled(self, target: Target, split: str) -> np.ndarray:
        return np.flatnonzero((self._splits == split) & ~np.isnan(target.labels))

    def _resample(self, rows: np.ndarray) -> np.ndarray:
        key = rows.tobytes()
        if key not in self._weights:
            self._weights[key] = sample_and_resamples(self._groups[rows], self._resamples, self._seed)
        return self._weights[key]


def _undefined(metric: str, n: int, reason: str) -> dict:
    return {"metric": metric, **_as_json(Estimate(np.nan, np.nan, np.nan, n, 0)), "reason": reason}


def _as_json(result: Estimate) -> dict:
    values = {"value": result.value, "low": result.low, "high": result.high}
    known = {key: None if np.isnan(value) else value for key, value in values.items()}
    return {**known, "n": result.n, "resamples": result.resamples}
