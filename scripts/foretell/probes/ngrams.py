"""What the TF-IDF baselines share: n-grams of questions, counted once, and their TF-IDF in the rows of a fit."""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from scipy.sparse import csr_array
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.preprocessing import normalize

from foretell.probes.dense import RANK
from foretell.probes.protocol import Fitted

CHARACTERS, WORDS = "characters", "words"  # what n-grams are of
WORD = r"\w+|[^\w\s]"  # numbers and signs of formulae are words
VARIANCE = 100.0  # of a row: as much as 100 standardised features have, so that strengths mean the same to them


def counter(unit: str, ngrams: tuple[int, int], vocabulary: Sequence[str] | None = None) -> CountVectorizer:
    """What counts n-grams of characters, or of words in lower case: those of a vocabulary, where there is one."""
    if unit == CHARACTERS:
        return CountVectorizer(analyzer="char", ngram_range=ngrams, lowercase=False, vocabulary=vocabulary)
    return CountVectorizer(token_pattern=WORD, ngram_range=ngrams, vocabulary=vocabulary)


@dataclass(frozen=True)
class NgramBlock(ABC):
    """Candidates that share n-gram lengths and differ in strength. Vocabulary and weights come from the fitted rows.

    Attributes:
        texts: [problems] questions.
        ngrams: shortest and longest n-gram.
        strengths: L2 penalties, positive; features are scaled together to a total variance of VARIANCE, since
            standardising each would blow up the rare ones.
        unit: CHARACTERS or WORDS.
    """

    texts: np.ndarray
    ngrams: tuple[int, int]
    strengths: tuple[float, ...]
    unit: ClassVar[str]

    @property
    def candidates(self) -> list[dict]:
        """One description per strength."""
        shortest, longest = self.ngrams
        return [{"ngram_min": shortest, "ngram_max": longest, "strength": strength} for strength in self.strengths]

    @cached_property
    def counts(self) -> "Counts":
        """Of the n-grams of all problems, counted once for all fits."""
        vectorizer = counter(self.unit, self.ngrams)
        return Counts(csr_array(vectorizer.fit_transform(self.texts), dtype=float), vectorizer)

    @abstractmethod
    def fit(self, rows: np.ndarray, labels: np.ndarray, binary: np.ndarray, search: bool = False) -> Fitted:
        """As `Block.fit`."""


@dataclass(frozen=True)
class Counts:
    """How often n-grams occur.

    Attributes:
        table: [problems, n-grams].
        vectorizer: knows what they are.
    """

    table: csr_array
    vectorizer: CountVectorizer


class Tfidf:
    """TF-IDF of the n-grams that occur in the fitted rows.

    Attributes:
        features: [fitted rows, known n-grams].
        known: columns of the counts that occur there.
    """

    def __init__(self, counts: Counts, rows: np.ndarray):
        self._counts = counts
        self._transformer = TfidfTransformer()
        self.known = np.flatnonzero(counts.table[rows].sum(axis=0))
        self.features = csr_array(self._transformer.fit_transform(counts.table[rows][:, self.known]))

    def of(self, rows: np.ndarray) -> csr_array:
        """[rows, known n-grams] of any rows."""
        return csr_array(self._transformer.transform(self._counts.table[rows][:, self.known]))

    def tensors(self, weight: np.ndarray, bias: float) -> dict[str, np.ndarray]:
        """What scores any text: score = TF-IDF @ weight + bias; see `KeptNgrams`.

        Args:
            weight: [known n-grams].
            bias: of the score.
        """
        names = self._counts.vectorizer.get_feature_names_out()[self.known].tolist()
        return {
            "weight": weight,
            "bias": np.array([bias]),
            "idf": np.asarray(self._transformer.idf_, dtype=float),
            "ngrams": np.frombuffer(json.dumps(names, ensure_ascii=False).encode(), dtype=np.uint8),
        }


class KeptNgrams:
    """A linear model on the TF-IDF of n-grams, as it is kept."""

    def __init__(self, unit: str, ngrams: tuple[int, int], tensors: Mapping[str, np.ndarray]):
        """Take up a model.

        Args:
            unit: CHARACTERS or WORDS.
            ngrams: shortest and longest n-gram.
            tensors: of `Tfidf.tensors`; `ngrams` holds the JSON list of their texts, in UTF-8.
        """
        self._tensors = tensors
        self._counter = counter(unit, ngrams, json.loads(tensors["ngrams"].tobytes()))
        self._analyse = self._counter.build_analyzer()

    def scores(self, texts: Sequence[str]) -> np.ndarray:
        """[texts]; equal to those of the fit that was kept, but for rounding."""
        counts = csr_array(self._counter.transform(texts), dtype=float)
        return normalize(counts.multiply(self._tensors["idf"])) @ self._tensors["weight"] + self._tensors["bias"]

    def unseen(self, texts: Sequence[str]) -> np.ndarray:
        """[texts] the share of their n-grams that occur in no text of the fit; 1 where a text has none."""
        known = np.asarray(self._counter.transform(texts).sum(axis=1)).ravel()
        total = np.array([len(self._analyse(text)) for text in texts])
        return 1 - known / np.maximum(total, 1)


def scale_of(variance: float) -> float:
    """What variances are multiplied by to make VARIANCE of the given one; equal questions differ by rounding only."""
    return VARIANCE / variance if variance > RANK else 1.0
