"""Metrics of a probe on each split, with intervals."""

import numpy as np
import pandas as pd
from scipy.special import expit

from foretell.probes.inputs import SPLITS
from foretell.probes.targets import Target
from foretell.probes.trials import Result
from foretell.statistics import (
    Estimate,
    Metric,
    accuracy,
    auroc,
    base_rate,
    bootstrap_weights,
    brier,
    ece,
    estimate,
    percentile_interval,
    spearman,
)

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
        scores: [fits, n]; several fits, such as the permuted-label control's, are averaged over. The `uncalibrated`
            metrics take them as log odds.
        probabilities: [fits, n] after Platt scaling; None for a regression.
        weights: [resamples, n] bootstrap weights.
        seed: of the draws among several fits.

    Returns:
        {metric, value, low, high, n, resamples} per metric; value, low and high are None where undefined.
    """
    inputs = {"score": scores, "probability": probabilities, "uncalibrated": expit(scores)}
    return [
        {"metric": name, **_as_json(_estimate(metric, labels, inputs[source], weights, seed))}
        for name, (metric, source) in (REGRESSION if probabilities is None else BINARY).items()
    ]


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
            {split, metric, value, low, high, n, resamples} as `evaluate` gives them; value, low and high are None
            everywhere if there are no results because nothing could be trained.
        """
        rows = {split: self._labelled(target, split) for split in SPLITS}
        return [{"split": split, **metric} for split in SPLITS for metric in self._split(target, results, rows[split])]

    def _split(self, target: Target, results: list[Result], rows: np.ndarray) -> list[dict]:
        if not (results and len(rows)):
            undefined = _as_json(Estimate(np.nan, np.nan, np.nan, len(rows), 0))
            return [{"metric": name, **undefined} for name in (BINARY if target.binary else REGRESSION)]
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
            self._weights[key] = bootstrap_weights(self._groups[rows], self._resamples, self._seed)
        return self._weights[key]


def _estimate(metric: Metric, labels: np.ndarray, scores: np.ndarray, weights: np.ndarray, seed: int) -> Estimate:
    """The mean over fits, with an interval over rows and fits.

    With several fits, each resample also draws fits, one fewer than there are and with replacement: that many make
    the bootstrap variance of a mean unbiased however few they are (Rao and Wu, 1988). The interval therefore answers
    for new problems and for new permutations. It is a percentile interval over few fits, so a little too narrow: of
    nominal 95 %, 87 % with 5 fits and 93 % with 20 (simulated). A fit whose score is constant has no Spearman
    correlation and is left out.
    """
    if len(scores) == 1:
        return estimate(metric, labels, scores[0], weights)
    once = np.ones((1, len(labels)))
    value = _mean_of_defined(np.array([metric(labels, score, once) for score in scores]).T)[0]
    resampled = np.stack([metric(labels, score, weights) for score in scores], axis=1)
    drawn = np.random.default_rng(seed).integers(len(scores), size=(len(weights), len(scores) - 1))
    means = _mean_of_defined(np.take_along_axis(resampled, drawn, axis=1))
    low, high = percentile_interval(means)
    return Estimate(float(value), low, high, len(labels), int(np.sum(~np.isnan(means))))


def _mean_of_defined(values: np.ndarray) -> np.ndarray:
    """[rows] means of [rows, fits] without NaN; NaN where all are."""
    defined = np.sum(~np.isnan(values), axis=1)
    return np.where(defined > 0, np.nansum(values, axis=1) / np.maximum(defined, 1), np.nan)


def _as_json(result: Estimate) -> dict:
    values = {"value": result.value, "low": result.low, "high": result.high}
    known = {key: None if np.isnan(value) else value for key, value in values.items()}
    return {**known, "n": result.n, "resamples": result.resamples}
