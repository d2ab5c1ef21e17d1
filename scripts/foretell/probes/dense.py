"""Linear probes on dense features: one layer and position of the residual stream, or the prompt's length."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from foretell.probes import solvers

CONSTANT = 1e-6  # a feature whose spread is below this share of its mean varies by rounding only
RANK = 1e-12  # directions below this share of the largest eigenvalue are rounding


@dataclass(frozen=True)
class Basis:
    """Standardisation and principal axes of features, from some rows.

    Attributes:
        mean, scale: [d]; a constant feature has scale 1.
        rotation: [d, rank] from standardised features to coordinates.
        eigenvalues: [rank] of the Gram matrix of the standardised features.
        coordinates: [n, rank] of the rows it was made from.
    """

    mean: np.ndarray
    scale: np.ndarray
    rotation: np.ndarray
    eigenvalues: np.ndarray
    coordinates: np.ndarray

    @classmethod
    def of(cls, features: np.ndarray) -> "Basis":
        """Basis of features [n, d], from the smaller of the two Gram matrices."""
        mean, scale = features.mean(axis=0), features.std(axis=0)
        scale[scale <= CONSTANT * np.abs(mean)] = 1.0
        standardised = (features - mean) / scale
        if standardised.shape[1] <= len(standardised):
            eigenvalues, rotation = positive_part(standardised.T @ standardised)
            coordinates = standardised @ rotation
        else:
            eigenvalues, left = positive_part(standardised @ standardised.T)
            rotation = standardised.T @ (left / np.sqrt(eigenvalues))
            coordinates = left * np.sqrt(eigenvalues)
        return cls(mean, scale, rotation, eigenvalues, coordinates)

    def transform(self, features: np.ndarray) -> np.ndarray:
        """[rows, rank] coordinates of features [rows, d]."""
        return ((features - self.mean) / self.scale) @ self.rotation


def positive_part(gram: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues [rank] and eigenvectors [n, rank] of a positive semidefinite matrix, null space left out."""
    eigenvalues, vectors = np.linalg.eigh(gram)
    kept = eigenvalues > RANK * max(eigenvalues[-1], 1.0)
    return eigenvalues[kept], vectors[:, kept]


@dataclass(frozen=True)
class DenseBlock:
    """Candidates that share dense features and differ in strength.

    Attributes:
        description: what a candidate says beside its strength, such as layer and position.
        read: gives the features of all problems, [problems, d]; called anew for each fit, so that they need not stay.
        strengths: L2 penalties, positive.
    """

    description: dict
    read: Callable[[], np.ndarray]
    strengths: tuple[float, ...]

    @property
    def candidates(self) -> list[dict]:
        """One description per strength."""
        return [{**self.description, "strength": strength} for strength in self.strengths]

    def fit(self, rows: np.ndarray, labels: np.ndarray, binary: np.ndarray, search: bool = False) -> "FittedDense":
        """Fit all strengths to labels [rows, columns]."""
        basis = Basis.of(self.read()[rows])
        fits = solvers.fit(basis.coordinates, basis.eigenvalues, labels, binary, np.asarray(self.strengths), search)
        return FittedDense(self.read, basis, fits)


@dataclass(frozen=True)
class FittedDense:
    """Linear models of several label columns and strengths on the same features."""

    read: Callable[[], np.ndarray]
    basis: Basis
    fits: solvers.Fits

    def scores(self, rows: np.ndarray) -> np.ndarray:
        """[rows, columns, candidates]."""
        return self.fits.scores(self.basis.transform(self.read()[rows]))

    def diagnostics(self, column: int, candidate: int) -> dict:
        """How well one model has converged."""
        return {"gradient_norm_per_row": float(self.fits.gradient_norms[column, candidate])}

    def tensors(self, column: int, candidate: int) -> dict[str, np.ndarray]:
        """One model in the features' own space: score = ((x - mean) / scale) @ weight + bias, all float64."""
        return {
            "weight": self.basis.rotation @ self.fits.coefficients[:, column, candidate],
            "bias": self.fits.intercepts[column, candidate].reshape(1),
            "mean": self.basis.mean,
            "scale": self.basis.scale,
        }
