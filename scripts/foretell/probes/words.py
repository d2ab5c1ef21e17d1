"""TF-IDF baseline: linear models on the words of the question.

Unlike characters, words are few per question, so that the fits stay sparse and thousands of questions take seconds.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge
from typing_extensions import override

from foretell.probes.ngrams import WORDS, NgramBlock, Tfidf, scale_of

NGRAM_RANGES = ((1, 1), (1, 2))
TOLERANCE, SEARCH_TOLERANCE = 1e-6, 1e-4  # of the loss's gradient per row
MAX_ITERATIONS = 10_000


class WordsBlock(NgramBlock):
    """Candidates on n-grams of words."""

    unit = WORDS

    @override
    def fit(self, rows: np.ndarray, labels: np.ndarray, binary: np.ndarray, search: bool = False) -> "FittedWords":
        """Fit all strengths to labels [rows, columns]: logistic regression to the binary ones, ridge to the others."""
        tfidf = Tfidf(self.counts, rows)
        features = tfidf.features
        variance = features.multiply(features).sum() / len(rows) - np.square(features.mean(axis=0)).sum()
        scale = np.sqrt(scale_of(variance))
        tolerance = SEARCH_TOLERANCE if search else TOLERANCE
        shape = (labels.shape[1], len(self.strengths))
        weights, intercepts = np.empty((len(tfidf.known), *shape)), np.empty(shape)
        for column in range(labels.shape[1]):
            logistic = LogisticRegression(warm_start=True, tol=tolerance, max_iter=MAX_ITERATIONS)
            for place in np.argsort(self.strengths)[::-1]:  # each starts from the next stronger penalty
                strength = self.strengths[place]
                model = logistic.set_params(C=1 / strength) if binary[column] else Ridge(strength, solver="sparse_cg")
                model.fit(scale * features, labels[:, column])
                weights[:, column, place] = scale * np.ravel(model.coef_)
                intercepts[column, place] = np.ravel(model.intercept_)[0]
        return FittedWords(tfidf, weights, intercepts)


@dataclass(frozen=True)
class FittedWords:
    """Linear models of several label columns and strengths on the same n-grams.

    Attributes:
        tfidf: of the fitted rows.
        weights: [known n-grams, columns, candidates].
        intercepts: [columns, candidates].
    """

    tfidf: Tfidf
    weights: np.ndarray
    intercepts: np.ndarray

    def scores(self, rows: np.ndarray) -> np.ndarray:
        """[rows, columns, candidates]."""
        flat = self.tfidf.of(rows) @ self.weights.reshape(len(self.weights), self.intercepts.size)
        return flat.reshape(len(rows), *self.intercepts.shape) + self.intercepts

    def diagnostics(self, column: int, candidate: int) -> dict:
        """How many n-grams there are."""
        return {"ngrams": len(self.weights)}

    def tensors(self, column: int, candidate: int) -> dict[str, np.ndarray]:
        """One model, see `Tfidf.tensors`."""
        return self.tfidf.tensors(self.weights[:, column, candidate], self.intercepts[column, candidate])
