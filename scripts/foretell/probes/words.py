"""TF-IDF baseline: linear models on the words of the question.

Unlike characters, words are few per question, so that the fits stay sparse and thousands of questions take seconds.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.linear_model import LogisticRegression, Ridge

from foretell.probes.dense import RANK
from foretell.probes.text import VARIANCE

NGRAM_RANGES = ((1, 1), (1, 2))
WORD = r"\w+|[^\w\s]"  # numbers and signs of formulae are words
TOLERANCE, SEARCH_TOLERANCE = 1e-6, 1e-4  # of the loss's gradient per row
MAX_ITERATIONS = 10_000


@dataclass(frozen=True)
class WordsBlock:
    """Candidates that share lengths of word n-grams and differ in strength.

    Attributes:
        texts: [problems] questions.
        ngrams: shortest and longest n-gram, in words.
        strengths: L2 penalties, positive; features are scaled together to a total variance of VARIANCE.
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
        vectorizer = CountVectorizer(token_pattern=WORD, ngram_range=self.ngrams)
        return csr_array(vectorizer.fit_transform(self.texts), dtype=float)

    def fit(self, rows: np.ndarray, labels: np.ndarray, binary: np.ndarray, search: bool = False) -> "FittedWords":
        """Fit all strengths to labels [rows, columns]: logistic regression to the binary ones, ridge to the others."""
        known = np.flatnonzero(self.counts[rows].sum(axis=0))
        transformer = TfidfTransformer()
        features = csr_array(transformer.fit_transform(self.counts[rows][:, known]))
        variance = features.multiply(features).sum() / len(rows) - np.square(features.mean(axis=0)).sum()
        scale = np.sqrt(VARIANCE / variance) if variance > RANK else 1.0  # equal questions differ by rounding only
        tolerance = SEARCH_TOLERANCE if search else TOLERANCE
        shape = (labels.shape[1], len(self.strengths))
        weights, intercepts = np.empty((len(known), *shape)), np.empty(shape)
        for column in range(labels.shape[1]):
            logistic = LogisticRegression(warm_start=True, tol=tolerance, max_iter=MAX_ITERATIONS)
            for place in np.argsort(self.strengths)[::-1]:  # each starts from the next stronger penalty
                strength = self.strengths[place]
                model = logistic.set_params(C=1 / strength) if binary[column] else Ridge(strength, solver="sparse_cg")
                model.fit(scale * features, labels[:, column])
                weights[:, column, place] = scale * np.ravel(model.coef_)
                intercepts[column, place] = np.ravel(model.intercept_)[0]
        return FittedWords(self.counts, known, transformer, weights, intercepts)


@dataclass(frozen=True)
class FittedWords:
    """Linear models of several label columns and strengths on the same n-grams.

    Attributes:
        counts: the block's.
        known: n-grams that occur in the fitted rows.
        transformer: gives their TF-IDF.
        weights: [known n-grams, columns, candidates].
        intercepts: [columns, candidates].
    """

    counts: csr_array
    known: np.ndarray
    transformer: TfidfTransformer
    weights: np.ndarray
    intercepts: np.ndarray

    def scores(self, rows: np.ndarray) -> np.ndarray:
        """[rows, columns, candidates]."""
        new = csr_array(self.transformer.transform(self.counts[rows][:, self.known]))
        flat = new @ self.weights.reshape(len(self.known), self.intercepts.size)
        return flat.reshape(len(rows), *self.intercepts.shape) + self.intercepts

    def diagnostics(self, column: int, candidate: int) -> dict:
        """How many n-grams there are."""
        return {"ngrams": len(self.known)}
