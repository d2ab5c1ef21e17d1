"""Metrics of scores on resamples of the rows.

Every metric takes the rows once and one weight per row and resample, [resamples, n], and returns one value per
resample, [resamples]. A weight of w counts as the row standing w times in the sample, ties included. A value is NaN
where the resample leaves the metric undefined. A NaN among labels or scores is a ValueError: it has no rank.

The work goes over blocks of resamples that fit into a processor's cache.
"""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import rankdata

ECE_BINS = 10
ENOUGH = 50  # rows of the rarer class below which an AUROC is not reported
_BLOCK = 16  # resamples

Metric = Callable[[ArrayLike, ArrayLike, np.ndarray], np.ndarray]


def weighted_mean(values: ArrayLike, weights: np.ndarray) -> np.ndarray:
    """[resamples] means of [n] values; NaN where all weights are zero."""
    return ratio(weights @ np.asarray(values, dtype=float), weights.sum(axis=1))


def auroc(labels: ArrayLike, scores: ArrayLike, weights: np.ndarray) -> np.ndarray:
    """Probability that a positive row scores above a negative one, half for ties (Mann-Whitney).

    Args:
        labels: [n] 0/1 or bool.
        scores: [n].
        weights: [resamples, n].

    Returns:
        [resamples]; NaN where a class is missing.
    """
    labels, scores = _complete(labels), _complete(scores)
    if 2 * labels.sum() > len(labels):  # the work is in the sums over one class: let it be the rarer one
        labels, scores = 1 - labels, -scores
    positive, negative = np.flatnonzero(labels), np.flatnonzero(labels == 0)
    negative = negative[np.argsort(scores[negative], kind="stable")]
    below, up_to = (np.searchsorted(scores[negative], scores[positive], side) for side in ("left", "right"))
    return np.concatenate([_auroc(positive, negative, below, up_to, block) for block in _blocks(weights)])


def _auroc(
    positive: np.ndarray, negative: np.ndarray, below: np.ndarray, up_to: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """[block] of weights [n, block].

    Args:
        positive, negative: rows of each class, the latter by increasing score.
        below, up_to: per positive, how many negatives score lower, and lower or equal.
    """
    of_positives = weights[positive]
    cumulative = np.zeros((len(negative) + 1, weights.shape[1]))
    np.cumsum(weights[negative], axis=0, out=cumulative[1:])
    beaten = cumulative[below]
    tied = np.flatnonzero(up_to > below)
    beaten[tied] = (beaten[tied] + cumulative[up_to[tied]]) / 2
    return ratio(_dot(of_positives, beaten), of_positives.sum(axis=0) * cumulative[-1])


def enough_of_both(labels: np.ndarray) -> bool:
    """Whether these 0/1 labels support an AUROC."""
    return min(np.sum(labels), np.sum(1 - labels)) >= ENOUGH


def spearman(values: ArrayLike, scores: ArrayLike, weights: np.ndarray) -> np.ndarray:
    """Pearson correlation of average ranks within each resample.

    Args:
        values: [n] what the scores are to order.
        scores: [n].
        weights: [resamples, n].

    Returns:
        [resamples]; NaN where values or scores are constant.
    """
    values, scores = _Order(_complete(values)), _Order(_complete(scores))
    return np.concatenate([_spearman(values, scores, block) for block in _blocks(weights)])


def _spearman(values: "_Order", scores: "_Order", weights: np.ndarray) -> np.ndarray:
    """[block] of weights [n, block].

    Average ranks within the replicated sample, minus their mean, are computed per distinct value. The sums over rows
    that need both ranks go by increasing score, so that only the values' ranks have to be looked up.
    """
    weight_of_value, weight_of_score = values.weight_per_value(weights), scores.weight_per_value(weights)
    x, y = _centred_ranks(weight_of_value), _centred_ranks(weight_of_score)
    weighted_y = weight_of_score * y
    variances = _dot(weight_of_value * x, x) * _dot(weighted_y, y)
    if scores.distinct:
        covariance = _dot(weighted_y, x[values.value_of_row[scores.rows]])
    else:
        covariance = _dot(weights * x[values.value_of_row], y[scores.value_of_row])
    return ratio(covariance, np.sqrt(variances))


def _centred_ranks(weight: np.ndarray) -> np.ndarray:
    """[distinct values, block]: the weight below a value plus half of its own, minus half of all weight."""
    return np.cumsum(weight, axis=0) - weight / 2 - weight.sum(axis=0) / 2


def brier(labels: ArrayLike, probabilities: ArrayLike, weights: np.ndarray) -> np.ndarray:
    """[resamples] mean squared differences of 0/1 labels and probabilities."""
    return weighted_mean((_complete(labels) - _complete(probabilities)) ** 2, weights)


def ece(labels: ArrayLike, probabilities: ArrayLike, weights: np.ndarray) -> np.ndarray:
    """Expected calibration error over 10 equal-width bins (Naeini et al., 2015).

    The mean over rows of |mean label - mean probability| of the row's bin. Bins are closed below and open above,
    except for the last.

    Raises:
        ValueError: a probability lies outside [0, 1].
    """
    labels, probabilities = _complete(labels), _complete(probabilities)
    if np.any((probabilities < 0) | (probabilities > 1)):
        raise ValueError("ECE needs probabilities in [0, 1]; calibrate the scores first")
    bins = np.minimum((probabilities * ECE_BINS).astype(int), ECE_BINS - 1)
    gap_by_bin = (labels - probabilities)[:, None] * (bins[:, None] == np.arange(ECE_BINS))
    return ratio(np.abs(weights @ gap_by_bin).sum(axis=1), weights.sum(axis=1))


def accuracy(labels: ArrayLike, probabilities: ArrayLike, weights: np.ndarray) -> np.ndarray:
    """[resamples] shares of rows whose label is what the probability, cut at one half, says; at 0.5 it says 1."""
    return weighted_mean((_complete(probabilities) >= 0.5) == (_complete(labels) == 1), weights)


def base_rate(labels: ArrayLike, scores: ArrayLike, weights: np.ndarray) -> np.ndarray:
    """[resamples] shares of positive labels. The scores, which every metric takes, play no part."""
    return weighted_mean(_complete(labels), weights)


def auroc_by_column(labels: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """AUROC of each candidate's scores [n, columns, candidates] against its column of labels [n, columns].

    Returns:
        [columns, candidates]; NaN where a class is missing.
    """
    positive = np.asarray(labels, dtype=float)
    positives, negatives = positive.sum(axis=0), (1 - positive).sum(axis=0)
    rank_sums = np.einsum("nc,nck->ck", positive, rankdata(scores, axis=0))
    return ratio(rank_sums - (positives * (positives + 1) / 2)[:, None], (positives * negatives)[:, None])


def spearman_by_column(values: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Spearman correlation of each candidate's scores [n, columns, candidates] with its column of values [n, columns].

    Returns:
        [columns, candidates]; NaN where values or scores are constant.
    """
    middle = (len(values) + 1) / 2
    x, y = rankdata(values, axis=0) - middle, rankdata(scores, axis=0) - middle
    variances = np.einsum("nc,nc->c", x, x)[:, None] * np.einsum("nck,nck->ck", y, y)
    return ratio(np.einsum("nc,nck->ck", x, y), np.sqrt(variances))


def _complete(values: ArrayLike) -> np.ndarray:
    values = np.asarray(values, dtype=float)
    if np.isnan(values).any():
        raise ValueError("a label or score is missing (NaN): drop such rows before computing metrics")
    return values


class _Order:
    """The order of [n] values, ties together.

    Attributes:
        rows: [n], by increasing value.
        value_of_row: [n], the number of each row's value among the distinct ones, by increasing value.
        distinct: whether no two values are equal.
    """

    def __init__(self, values: np.ndarray):
        self.rows = np.argsort(values, kind="stable")
        ordered = values[self.rows]
        first = np.append(True, ordered[1:] != ordered[:-1])[: len(values)]
        self._starts = np.flatnonzero(first)  # of each distinct value, among the ordered rows
        self.value_of_row = np.empty(len(values), dtype=int)
        self.value_of_row[self.rows] = np.cumsum(first) - 1
        self.distinct = len(self._starts) == len(values)

    def weight_per_value(self, weights: np.ndarray) -> np.ndarray:
        """Weights [distinct values, block] by increasing value, from those of the rows, [n, block]."""
        ordered = weights[self.rows]
        return ordered if self.distinct else np.add.reduceat(ordered, self._starts, axis=0)


def _blocks(weights: np.ndarray) -> Iterator[np.ndarray]:
    """Weights [n, block] of consecutive resamples."""
    for start in range(0, len(weights), _BLOCK):
        yield weights[start : start + _BLOCK].T


def _dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.einsum("nb,nb->b", a, b)


def ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Elementwise ratio; NaN where the denominator is zero."""
    return np.divide(numerator, denominator, out=np.full(np.shape(numerator), np.nan), where=denominator > 0)
