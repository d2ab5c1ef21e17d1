"""From scores to probabilities."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, logit


@dataclass(frozen=True)
class Platt:
    """probability = 1 / (1 + exp(-(slope * score + intercept))), slope >= 0."""

    slope: float
    intercept: float

    def probability(self, scores: np.ndarray) -> np.ndarray:
        """Probabilities in (0, 1), in the shape of the scores; NaN scores stay NaN."""
        return expit(self.slope * np.asarray(scores, dtype=float) + self.intercept)


def fit_platt(scores: np.ndarray, labels: np.ndarray) -> Platt:
    """Platt scaling (Platt, 1999; Lin, Lin and Weng, 2007) of scores that were not fitted to these labels.

    Labels are smoothed as in Platt's paper, so that perfectly separating scores get a finite slope. A negative slope
    would turn the scores' order round on the word of noise; then, as for constant scores, it is 0 and every probability
    the base rate.

    Args:
        scores: [n], finite, any scale.
        labels: [n], 0/1 or bool, both present; or in between, how often each is positive.
    """
    scores, labels = np.asarray(scores, dtype=float), np.asarray(labels, dtype=float)
    positives, negatives = labels.sum(), (1 - labels).sum()
    smoothed = labels * (positives + 1) / (positives + 2) + (1 - labels) / (negatives + 2)
    uninformed = Platt(0.0, float(logit(smoothed.mean())))
    centre, spread = scores.mean(), scores.std()
    if np.ptp(scores) == 0:
        return uninformed
    # A smoothed label is a positive and a negative row that share its weight.
    rows = np.tile((scores - centre) / spread, 2)[:, None]
    from sklearn.linear_model import LogisticRegression  # a second, for the many that only apply a scaling

    model = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-10, max_iter=1000)
    model.fit(rows, np.repeat([True, False], len(scores)), sample_weight=np.concatenate([smoothed, 1 - smoothed]))
    slope = float(model.coef_[0, 0]) / spread
    return Platt(slope, float(model.intercept_[0]) - slope * centre) if slope > 0 else uninformed


def recalibrate(predictions: pd.DataFrame, labels: np.ndarray, split: str) -> pd.DataFrame:
    """Probabilities by Platt scaling on a split that nothing was fitted to; the given ones become `probability_train`.

    For problem sets whose train labels may not be exchangeable with those of test.

    Args:
        predictions: problem_id, split, score (log odds; null where nothing could be trained), probability.
        labels: [n] 0 or 1; NaN where there is none. Those of other splits play no part.
        split: its name.
    """
    rows = predictions.split.eq(split).to_numpy() & ~np.isnan(labels)
    score = predictions.score.to_numpy(float)
    calibrated = predictions.rename(columns={"probability": "probability_train"})
    if np.isnan(score[rows]).any():
        return calibrated.assign(probability=calibrated.probability_train)
    return calibrated.assign(probability=fit_platt(score[rows], labels[rows]).probability(score))
