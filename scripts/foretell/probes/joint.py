"""Probes of all policies at once: label columns are policies, whose models share factors of the question's text."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh
from typing_extensions import override

from foretell.probes import solvers
from foretell.probes.dense import RANK
from foretell.probes.latent_factors import Answers, Factorisation, ItemResponse, Linear
from foretell.probes.ngrams import CHARACTERS, Counts, NgramBlock, Tfidf, scale_of

NGRAMS = (1, 3)  # characters
COMPONENTS = 64  # principal components of their TF-IDF, which stand for a question
RANKS = (1, 2, 4)  # of more than there are policies, so many count
TOLERANCE, SEARCH_TOLERANCE = 1e-5, 1e-3  # of the loss's gradient per row

Model = Callable[[Answers, Linear, int, float, float], Factorisation | ItemResponse]


@dataclass(frozen=True)
class JointBlock(NgramBlock):
    """Candidates that differ in strength and rank.

    Attributes:
        model: fits all policies: `latent_factors.factorise` or `latent_factors.fit_item_response`.
    """

    model: Model
    unit = CHARACTERS

    @property
    @override
    def candidates(self) -> list[dict]:
        """One description per rank and strength."""
        strengths = super().candidates
        return [{**each, "rank": rank} for rank in RANKS for each in strengths]

    @override
    def fit(self, rows: np.ndarray, labels: np.ndarray, binary: np.ndarray, search: bool = False) -> "FittedJointly":
        """Fit every rank and strength to labels [rows, policies], beginning at linear models of each policy alone."""
        features = Components(self.counts, rows)
        x, strengths = features.of(rows), np.asarray(self.strengths)
        alone = solvers.fit(x, np.square(x).sum(axis=0), labels, binary, strengths, search)
        starts = [
            Linear(weights.T, intercepts)
            for weights, intercepts in zip(np.moveaxis(alone.coefficients, 2, 0), alone.intercepts.T, strict=True)
        ]
        answers, tolerance = Answers(x, labels, binary), SEARCH_TOLERANCE if search else TOLERANCE
        models = [
            self.model(answers, start, rank, strength, tolerance)
            for rank in RANKS
            for start, strength in zip(starts, self.strengths, strict=True)
        ]
        return FittedJointly(features, models)


class Components:
    """Principal components of the TF-IDF of the fitted rows, scaled together to a total variance of `ngrams.VARIANCE`.

    From the matrix of products, not by iterations that begin at random: without a seed, and the same in every run.
    """

    def __init__(self, counts: Counts, rows: np.ndarray):
        self._tfidf = Tfidf(counts, rows)
        features, size = self._tfidf.features, len(rows)
        products = (features @ features.T).toarray()  # n-grams outnumber rows
        means = products.mean(axis=0)
        centred = products - means - means[:, None] + means.mean()
        largest = [size - min(COMPONENTS, size), size - 1]
        eigenvalues, vectors = eigh(centred, subset_by_index=largest)
        there = eigenvalues > RANK * max(eigenvalues[-1], 1.0)  # the others are rounding
        scale = np.sqrt(scale_of(eigenvalues.sum() / size))
        self._axes = scale * (features.T @ (vectors * there / np.sqrt(np.where(there, eigenvalues, 1.0))))
        self._centre = features.mean(axis=0) @ self._axes

    def of(self, rows: np.ndarray) -> np.ndarray:
        """[rows, components] of any rows; centred for the fitted ones."""
        return self._tfidf.of(rows) @ self._axes - self._centre


@dataclass(frozen=True)
class FittedJointly:
    """Models of all policies, one per candidate."""

    features: Components
    models: list[Factorisation | ItemResponse]

    def scores(self, rows: np.ndarray) -> np.ndarray:
        """[rows, policies, candidates]."""
        x = self.features.of(rows)
        return np.stack([model.scores(x) for model in self.models], axis=2)

    def diagnostics(self, column: int, candidate: int) -> dict:
        """How many policies were fitted together."""
        return {"policies": self.models[candidate].policies}
