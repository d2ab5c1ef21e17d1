"""Nearest neighbours: how often a policy was right on the train problems that are most alike, by cosine similarity.

They are found once for all label columns and numbers of neighbours. Their rate of success is smoothed, (successes + 1)
/ (k + 2), so that its log odds are finite where all of them agree.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.special import logit
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

from foretell.probes.ngrams import Counts, Tfidf

NEIGHBOURS = (5, 10, 20, 40, 80, 160)  # of fewer rows than that all are neighbours


def _index(features: np.ndarray | csr_array) -> NearestNeighbors:
    return NearestNeighbors(algorithm="brute", metric="cosine").fit(features)


def _with_numbers(description: dict) -> list[dict]:
    """One candidate per number of neighbours."""
    return [{**description, "neighbours": count} for count in NEIGHBOURS]


@dataclass(frozen=True)
class KnnBlock:
    """Neighbours in one layer and position, whose features are standardised by the fitted rows.

    Attributes:
        description: layer and position.
        read: gives the features of all problems, [problems, d].
    """

    description: dict
    read: Callable[[], np.ndarray]

    @property
    def candidates(self) -> list[dict]:
        """One description per number of neighbours."""
        return _with_numbers(self.description)

    def fit(self, rows: np.ndarray, labels: np.ndarray, binary: np.ndarray, search: bool = False) -> "FittedNeighbours":
        """Keep the labels [rows, columns] beside the features of the rows."""
        scaler = StandardScaler()
        index = _index(scaler.fit_transform(self.read()[rows]))
        return FittedNeighbours(lambda others: scaler.transform(self.read()[others]), index, labels, binary)


@dataclass(frozen=True)
class KnnTextBlock:
    """Neighbours by the TF-IDF of questions, whose vocabulary and weights are the fitted rows'.

    Attributes:
        description: lengths of the n-grams.
        counts: how often each n-gram occurs.
    """

    description: dict
    counts: Counts

    @property
    def candidates(self) -> list[dict]:
        """One description per number of neighbours."""
        return _with_numbers(self.description)

    def fit(self, rows: np.ndarray, labels: np.ndarray, binary: np.ndarray, search: bool = False) -> "FittedNeighbours":
        """Keep the labels [rows, columns] beside the TF-IDF of the rows."""
        tfidf = Tfidf(self.counts, rows)
        return FittedNeighbours(tfidf.of, _index(tfidf.features), labels, binary)


@dataclass(frozen=True)
class FittedNeighbours:
    """Labels of the fitted rows, and what finds those that are nearest.

    Attributes:
        features: gives the features of any rows.
        index: of the fitted rows' features.
        labels: [fitted rows, columns].
        binary: [columns].
    """

    features: Callable[[np.ndarray], np.ndarray | csr_array]
    index: NearestNeighbors
    labels: np.ndarray
    binary: np.ndarray

    def scores(self, rows: np.ndarray) -> np.ndarray:
        """[rows, columns, candidates]; log odds of the smoothed rate where the column is binary, else the mean."""
        counted = np.minimum(NEIGHBOURS, len(self.labels))
        nearest = self.index.kneighbors(self.features(rows), counted.max(), return_distance=False)
        sums = self.labels[nearest].cumsum(axis=1)[:, counted - 1].transpose(0, 2, 1)
        return np.where(self.binary[:, None], logit((sums + 1) / (counted + 2)), sums / counted)

    def diagnostics(self, column: int, candidate: int) -> dict:
        """How many neighbours were counted."""
        return {"neighbours": min(NEIGHBOURS[candidate], len(self.labels))}
