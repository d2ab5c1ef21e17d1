"""TF-IDF baseline: linear models on the character n-grams of the question."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

from foretell.probes import solvers
from foretell.probes.dense import RANK, positive_part

NGRAM_RANGES = ((1, 1), (1, 2), (1, 3), (2, 4), (1, 5))
VARIANCE = 100.0  # of a row: as much as 100 standardised features have, so that strengths mean the same to them


@dataclass(frozen=True)
class TextBlock:
    """Candidates that share n-gram lengths and differ in strength. Vocabulary and weights come from the fitted rows.

    Attributes:
        texts: [problems] questions.
        ngrams: shortest and longest n-gram, in characters.
        strengths: L2 penalties, positive; features are centred and scaled together to a total variance of VARIANCE,
            since standardising each would blow up the rare ones.
    """

    texts: np.ndarray
    ngrams: tuple[int, int]
    strengths: tuple[float, ...]

    @property
    def candidates(self) -> list[dict]:
        """One description per strength."""
        shortest, longest = self.ngrams
        return [{"ngram_min": shortest, "ngram_max": longest, "strength": strength} for strength in self.strengths]

    @cached_property
    def counts(self) -> csr_array:
        """[problems, n-grams of all problems] how often each occurs, counted once for all fits."""
        vectorizer = CountVectorizer(analyzer="char", ngram_range=self.ngrams, lowercase=False)
        return csr_array(vectorizer.fit_transform(self.texts), dtype=float)

    def fit(self, rows: np.ndarray, labels: np.ndarray, binary: np.ndarray, search: bool = False) -> "FittedText":
        """Fit all strengths to labels [rows, columns].

        The n-grams outnumber the rows, so the basis comes from the Gram matrix of the rows, without leaving sparsity.
        """
        known = np.flatnonzero(self.counts[rows].sum(axis=0))
        transformer = TfidfTransformer()
        features = csr_array(transformer.fit_transform(self.counts[rows][:, known]))
        products = _centred_products(features, features)
        variance = products.diagonal().mean()
        scale = VARIANCE / variance if variance > RANK else 1.0  # equal questions differ by rounding only
        eigenvalues, vectors = positive_part(scale * products)
        fits = solvers.fit(
            vectors * np.sqrt(eigenvalues), eigenvalues, labels, binary, np.asarray(self.strengths), search
        )
        return FittedText(self.counts, known, transformer, features, scale * vectors / np.sqrt(eigenvalues), fits)


@dataclass(frozen=True)
class FittedText:
    """Linear models of several label columns and strengths on the same n-grams."""

    counts: csr_array
    known: np.ndarray  # n-grams that occur in the fitted rows
    transformer: TfidfTransformer
    features: csr_array
    dual: np.ndarray  # [n, rank] from centred products to coordinates
    fits: solvers.Fits

    def scores(self, rows: np.ndarray) -> np.ndarray:
        """[rows, columns, candidates]."""
        new = csr_array(self.transformer.transform(self.counts[rows][:, self.known]))
        return self.fits.scores(_centred_products(new, self.features) @ self.dual)

    def diagnostics(self, column: int, candidate: int) -> dict:
        """How well one model has converged."""
        return {"gradient_norm_per_row": float(self.fits.gradient_norms[column, candidate])}


def _centred_products(new: csr_array, features: csr_array) -> np.ndarray:
    """[rows, n] inner products of rows with the fitted features [n, d], both minus the latter's mean."""
    mean = np.asarray(features.mean(axis=0))
    products = (new @ features.T).toarray()
    return products - (new @ mean)[:, None] - (features @ mean)[None, :] + mean @ mean
