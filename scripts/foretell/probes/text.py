"""TF-IDF baseline: linear models on the character n-grams of the question."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from typing_extensions import override

from foretell.probes import solvers
from foretell.probes.dense import positive_part
from foretell.probes.ngrams import CHARACTERS, NgramBlock, Tfidf, scale_of

NGRAM_RANGES = ((1, 1), (1, 2), (1, 3), (2, 4), (1, 5))


class TextBlock(NgramBlock):
    """Candidates on n-grams of characters, whose features are centred too."""

    unit = CHARACTERS

    @override
    def fit(self, rows: np.ndarray, labels: np.ndarray, binary: np.ndarray, search: bool = False) -> "FittedText":
        """Fit all strengths to labels [rows, columns].

        The n-grams outnumber the rows, so the basis comes from the Gram matrix of the rows, without leaving sparsity.
        """
        tfidf = Tfidf(self.counts, rows)
        products = _centred_products(tfidf.features, tfidf.features)
        scale = scale_of(products.diagonal().mean())
        eigenvalues, vectors = positive_part(scale * products)
        fits = solvers.fit(
            vectors * np.sqrt(eigenvalues), eigenvalues, labels, binary, np.asarray(self.strengths), search
        )
        return FittedText(tfidf, scale * vectors / np.sqrt(eigenvalues), fits)


@dataclass(frozen=True)
class FittedText:
    """Linear models of several label columns and strengths on the same n-grams.

    Attributes:
        tfidf: of the fitted rows.
        dual: [fitted rows, rank] from centred products to coordinates.
        fits: in these coordinates.
    """

    tfidf: Tfidf
    dual: np.ndarray
    fits: solvers.Fits

    def scores(self, rows: np.ndarray) -> np.ndarray:
        """[rows, columns, candidates]."""
        return self.fits.scores(_centred_products(self.tfidf.of(rows), self.tfidf.features) @ self.dual)

    def diagnostics(self, column: int, candidate: int) -> dict:
        """How well one model has converged."""
        return {"gradient_norm_per_row": float(self.fits.gradient_norms[column, candidate])}

    def tensors(self, column: int, candidate: int) -> dict[str, np.ndarray]:
        """One model in the space of n-grams, see `Tfidf.tensors`."""
        features = self.tfidf.features
        of_rows = (
            self.dual @ self.fits.coefficients[:, column, candidate]
        )  # their sum is 0, as of all centred directions
        weight = features.T @ of_rows
        return self.tfidf.tensors(weight, self.fits.intercepts[column, candidate] - features.mean(axis=0) @ weight)


def _centred_products(new: csr_array, features: csr_array) -> np.ndarray:
    """[rows, n] inner products of rows with the fitted features [n, d], both minus the latter's mean."""
    mean = np.asarray(features.mean(axis=0))
    products = (new @ features.T).toarray()
    return products - (new @ mean)[:, None] - (features @ mean)[None, :] + mean @ mean
