"""What the TF-IDF baselines share: n-grams of questions, counted once, and their TF-IDF in the rows of a fit."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

from foretell.probes.dense import RANK

VARIANCE = 100.0  # of a row: as much as 100 standardised features have, so that strengths mean the same to them


@dataclass(frozen=True)
class NgramBlock(ABC):
    """Candidates that share n-gram lengths and differ in strength. Vocabulary and weights come from the fitted rows.

    Attributes:
        texts: [problems] questions.
        ngrams: shortest and longest n-gram.
        strengths: L2 penalties, positive; features are scaled together to a total variance of VARIANCE, since
            standardising each would blow up the rare ones.
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
        return csr_array(self.vectorizer().fit_transform(self.texts), dtype=float)

    @abstractmethod
    def vectorizer(self) -> CountVectorizer:
        """What counts n-grams."""


class Tfidf:
    """TF-IDF of the n-grams that occur in the fitted rows.

    Attributes:
        features: [fitted rows, known n-grams].
        known: columns of the counts that occur there.
    """

    def __init__(self, counts: csr_array, rows: np.ndarray):
        self._counts = counts
        self._transformer = TfidfTransformer()
        self.known = np.flatnonzero(counts[rows].sum(axis=0))
        self.features = csr_array(self._transformer.fit_transform(counts[rows][:, self.known]))

    def of(self, rows: np.ndarray) -> csr_array:
        """[rows, known n-grams] of any rows."""
        return csr_array(self._transformer.transform(self._counts[rows][:, self.known]))


def scale_of(variance: float) -> float:
    """What variances are multiplied by to make VARIANCE of the given one; equal questions differ by rounding only."""
    return VARIANCE / variance if variance > RANK else 1.0
