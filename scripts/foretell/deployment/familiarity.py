"""How far the activations of a prompt lie from those that a probe was trained on."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse.linalg import svds

AXES = 32  # principal axes that have a variance of their own
FLAGGED = 0.01  # share of the study's own held-out prompts that are called unlike the training prompts


@dataclass(frozen=True)
class Familiarity:
    """Mahalanobis distance under probabilistic PCA of standardised features (Tipping and Bishop, 1999).

    The covariance has the variance that was found along the leading axes, and one variance in all other directions.

    Attributes:
        axes: [axes, d], orthonormal.
        variances: [axes], positive, along them.
        rest: the variance in every other direction, positive.
    """

    axes: np.ndarray
    variances: np.ndarray
    rest: np.ndarray

    @classmethod
    def of(cls, standardised: np.ndarray) -> "Familiarity":
        """Fit to training prompts' features [n, d] of mean 0 and, unless constant, variance 1."""
        n, d = standardised.shape
        axes = min(AXES, n - 1, d - 1)
        _, singular, directions = svds(standardised, axes, v0=np.ones(min(n, d)))
        variances = singular**2 / n
        rest = max(((standardised**2).sum() / n - variances.sum()) / (d - axes), np.finfo(float).eps)
        return cls(directions, np.maximum(variances, rest), np.array([rest]))

    def distance(self, standardised: np.ndarray) -> np.ndarray:
        """[n] distances of features [n, d] from the training prompts' mean; its square has a mean of about d there."""
        along = standardised @ self.axes.T
        beside = np.maximum((standardised**2).sum(axis=1) - (along**2).sum(axis=1), 0)
        return np.sqrt((along**2 / self.variances).sum(axis=1) + beside / self.rest[0])

    def tensors(self) -> dict[str, np.ndarray]:
        """What it is made of, by name."""
        return {"axes": self.axes, "variances": self.variances, "rest": self.rest}
