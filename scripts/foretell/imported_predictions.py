"""Recorded probe scores, calibrated and judged like the project's own."""

import numpy as np
import pandas as pd
from scipy.special import logit

from foretell.calibration import Platt, fit_platt
from foretell.probes.evaluation import evaluate
from foretell.statistics import sample_and_resamples

_LEAST = 5e-5  # recorded probabilities have four decimals: 0 and 1 stand for anything nearer than half of the last


def calibrate(scores: pd.DataFrame, labels: np.ndarray) -> tuple[pd.DataFrame, Platt]:
    """Turn recorded probabilities into log odds and fit Platt scaling on the train rows, which are out of fold.

    Args:
        scores: problem_id, split, score: an uncalibrated probability in [0, 1].
        labels: [n] 0 or 1; those outside train play no part.

    Returns:
        problem_id, split, score (log odds), probability (calibrated); and the scaling.
    """
    log_odds = logit(np.clip(scores.score.to_numpy(dtype=float), _LEAST, 1 - _LEAST))
    train = scores.split.eq("train").to_numpy()
    platt = fit_platt(log_odds[train], labels[train])
    return scores.assign(score=log_odds, probability=platt.probability(log_odds)), platt


def judge(predictions: pd.DataFrame, labels: np.ndarray, groups: np.ndarray, resamples: int, seed: int) -> list[dict]:
    """Metrics of each split: {split, metric, value, low, high, n, resamples, reason}."""
    metrics = []
    for split in ("train", "validation", "test"):
        rows = np.flatnonzero(predictions.split == split)
        weights = sample_and_resamples(groups[rows], resamples, seed)
        scores, probabilities = (predictions[name].to_numpy()[None, rows] for name in ("score", "probability"))
        metrics += [{"split": split, **m} for m in evaluate(labels[rows], scores, probabilities, weights, seed)]
    return metrics
