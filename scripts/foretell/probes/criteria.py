"""What candidates are chosen by: metrics of many candidates' scores at once, without weights."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from foretell.common.metrics import ratio
from foretell.common.registry import registry

ColumnFunction = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class SelectionCriterion:
    """A metric that candidates are chosen by; the higher, the better.

    Attributes:
        name: as in `foretell.evaluation.catalogue`, where the same metric is reported.
        by_column: of labels and scores.
        chance: its value without any information, which a candidate has where it is undefined.
    """

    name: str
    by_column: ColumnFunction
    chance: float

    def of_candidates(self, labels: np.ndarray, scores: np.ndarray) -> np.ndarray:
        """[columns, candidates] of labels [n, columns] and scores [n, columns, candidates]; chance where undefined."""
        values = self.by_column(labels, scores)
        return np.where(np.isnan(values), self.chance, values)


def auroc_by_column(labels: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """AUROC of each candidate's scores [n, columns, candidates] against its column of labels [n, columns].

    Returns:
        [columns, candidates]; NaN where a class is missing.
    """
    from scipy.stats import rankdata

    positive = np.asarray(labels, dtype=float)
    positives, negatives = positive.sum(axis=0), (1 - positive).sum(axis=0)
    rank_sums = np.einsum("nc,nck->ck", positive, rankdata(scores, axis=0))
    return ratio(rank_sums - (positives * (positives + 1) / 2)[:, None], (positives * negatives)[:, None])


def spearman_by_column(values: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Spearman correlation of each candidate's scores [n, columns, candidates] with its column of values [n, columns].

    Returns:
        [columns, candidates]; NaN where values or scores are constant.
    """
    from scipy.stats import rankdata

    middle = (len(values) + 1) / 2
    x, y = rankdata(values, axis=0) - middle, rankdata(scores, axis=0) - middle
    variances = np.einsum("nc,nc->c", x, x)[:, None] * np.einsum("nck,nck->ck", y, y)
    return ratio(np.einsum("nc,nck->ck", x, y), np.sqrt(variances))


CRITERIA = registry(
    SelectionCriterion("auroc", auroc_by_column, chance=0.5),
    SelectionCriterion("spearman", spearman_by_column, chance=0.0),
)
