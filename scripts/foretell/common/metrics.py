"""Metrics of scores on resamples of the rows.

Every metric takes labels [n], values [n] of one fit or [fits, n] of several, and one weight per row and resample,
[resamples, n]; it returns one value per resample, [resamples] or [fits, resamples]. A weight is a whole number: w
counts as the row standing w times in the sample, ties included. A value is NaN where the resample leaves the metric
undefined. A NaN among labels or values is a ValueError: it has no rank.

What depends on labels and weights alone is done once for all fits.
"""

from collections.abc import Callable
from functools import wraps
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

ECE_BINS = 10
_CELLS, _LEAST = 8_000_000, 256  # weights, and resamples at least, that are held at once
_EXACT = 2**24  # whole numbers up to here are exact in single precision

Function = Callable[[ArrayLike, ArrayLike, np.ndarray], np.ndarray]
ArrayFunction = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def _of_one_or_many(function: ArrayFunction) -> Function:
    """A function of complete labels [n] and values [fits, n] as one that also takes the values of a single fit.

    Resamples go through it in parts, so that what it holds in memory is bounded.
    """

    @wraps(function)
    def of_one_or_many(labels: ArrayLike, values: ArrayLike, weights: np.ndarray) -> np.ndarray:
        labels, values = _complete(labels), _complete(values)
        size = max(_LEAST, _CELLS // max(len(labels), 1))
        parts = [
            function(labels, np.atleast_2d(values), weights[start : start + size])
            for start in range(0, len(weights), size)
        ]
        found = np.concatenate(parts, axis=1)
        return found if values.ndim == 2 else found[0]

    return of_one_or_many


def weighted_mean(values: ArrayLike, weights: np.ndarray) -> np.ndarray:
    """[..., resamples] means of [..., n] values; NaN where all weights are zero."""
    sums = (weights @ np.asarray(values, dtype=float).T).T
    return ratio(sums, np.broadcast_to(weights.sum(axis=1), sums.shape))


@_of_one_or_many
def auroc(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Probability that a positive row scores above a negative one, half for ties (Mann-Whitney).

    NaN where a class is missing.
    """
    if 2 * labels.sum() > len(labels):  # the work is in the rows of one class: let it be the rarer one
        labels, scores = 1 - labels, -scores
    counted = labels == 1
    positives, total = weights[:, counted].sum(axis=1), weights.sum(axis=1)
    # In halves, sums over pairs of rows are exact in single precision, which is faster, up to here.
    exact = 2 * positives.max(initial=0) * total.max(initial=0) < _EXACT
    by_row = _by_row(weights, np.float32 if exact else np.float64)
    beaten = _below(scores, by_row, by_row * counted[:, None].astype(by_row.dtype), counted) - positives**2 / 2
    return ratio(beaten, np.broadcast_to(positives * (total - positives), beaten.shape))


@_of_one_or_many
def spearman(values: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Pearson correlation of average ranks within each resample; NaN where values or scores are constant.

    Ranks are centred, so that the covariance needs those of the scores up to a constant only. The variance of ranks is
    (N^3 - sum of t^3) / 12, over N rows and ties of t.
    """
    if not len(values):
        return np.full((len(scores), len(weights)), np.nan)
    by_row, order = _by_row(weights, np.float64), _Order(values)
    weight = np.stack([by_row[rows].sum(axis=0) for rows in order.groups])
    ranks = np.cumsum(weight, axis=0) - weight / 2 - by_row.sum(axis=0) / 2
    covariance = _below(scores, by_row, by_row * ranks[order.value_of_row], np.ones(len(values), dtype=bool))
    cubes, cube = _dot(by_row, by_row**2), by_row.sum(axis=0) ** 3
    of_values, *of_scores = ((cube - _cubes_of_ties(by_row, cubes, _Order(each))) / 12 for each in (values, *scores))
    return ratio(covariance, np.sqrt(of_values * np.stack(of_scores)))


def _cubes_of_ties(weights: np.ndarray, cubes: np.ndarray, order: "_Order") -> np.ndarray:
    """[resamples] sums over distinct values of the cube of their weight.

    Args:
        weights: [n, resamples].
        cubes: [resamples] the same if no two values were equal.
        order: of the values.
    """
    cubes = cubes.copy()
    for rows in order.groups:
        if len(rows) > 1:
            tied = weights[rows]
            cubes += tied.sum(axis=0) ** 3 - _dot(tied, tied**2)
    return cubes


def _below(scores: np.ndarray, weights: np.ndarray, amounts: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """[fits, resamples] sums over rows of an amount times the weight that scores lower, and half of what scores equal.

    Args:
        scores: [fits, n].
        weights, amounts: [n, resamples].
        counted: [n] whether a row's amount is not zero.
    """
    own = _dot(amounts, weights)
    return np.stack([_up_to(_Order(each), weights, amounts, counted) - own / 2 for each in scores])


def _up_to(order: "_Order", weights: np.ndarray, amounts: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """[resamples] the same with the whole of each row's own weight.

    Row by row, all resamples at once: what is added to stays in the processor's cache.
    """
    cumulative, total, product = np.zeros((3, weights.shape[1]), dtype=weights.dtype)
    for rows in order.groups:
        if len(rows) == 1:
            row = rows[0]
            cumulative += weights[row]
            if counted[row]:
                np.multiply(amounts[row], cumulative, out=product)
                total += product
        else:
            weight, amount = weights[rows].sum(axis=0), amounts[rows].sum(axis=0)
            cumulative += weight
            total += amount * (cumulative - weight / 2) + _dot(amounts[rows], weights[rows]) / 2
    return total


@_of_one_or_many
def brier(labels: np.ndarray, probabilities: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mean squared differences of 0/1 labels and probabilities."""
    return weighted_mean((labels - probabilities) ** 2, weights)


@_of_one_or_many
def ece(labels: np.ndarray, probabilities: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Expected calibration error over 10 equal-width bins (Naeini et al., 2015).

    The mean over rows of |mean label - mean probability| of the row's bin. Bins are closed below and open above,
    except for the last.

    Raises:
        ValueError: a probability lies outside [0, 1].
    """
    if np.any((probabilities < 0) | (probabilities > 1)):
        raise ValueError("ECE needs probabilities in [0, 1]; calibrate the scores first")
    bins = np.minimum((probabilities * ECE_BINS).astype(int), ECE_BINS - 1)
    gap_by_bin = ((labels - probabilities)[..., None] * (bins[..., None] == np.arange(ECE_BINS))).swapaxes(0, 1)
    fits = len(probabilities)
    gaps = weights @ gap_by_bin.reshape(len(labels), fits * ECE_BINS)
    sums = np.abs(gaps.reshape(len(weights), fits, ECE_BINS)).sum(axis=2).T
    return ratio(sums, np.broadcast_to(weights.sum(axis=1), sums.shape))


@_of_one_or_many
def accuracy(labels: np.ndarray, probabilities: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Shares of rows whose label is what the probability, cut at one half, says; at 0.5 it says 1."""
    return weighted_mean((probabilities >= 0.5) == (labels == 1), weights)


@_of_one_or_many
def base_rate(labels: np.ndarray, values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Shares of positive labels. The values, which every metric takes, play no part."""
    return weighted_mean(np.broadcast_to(labels, values.shape), weights)


@_of_one_or_many
def predicted_minus_observed(labels: np.ndarray, probabilities: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mean predicted probabilities minus shares of positive labels: calibration in the large."""
    return weighted_mean(probabilities - labels, weights)


def _complete(values: ArrayLike) -> np.ndarray:
    values = np.asarray(values, dtype=float)
    if np.isnan(values).any():
        raise ValueError("a label or score is missing (NaN): drop such rows before computing metrics")
    return values


class _Order:
    """The order of [n] values, ties together.

    Attributes:
        groups: rows of each distinct value, by increasing value.
        value_of_row: [n] the number of each row's value among the distinct ones.
    """

    def __init__(self, values: np.ndarray):
        rows = np.argsort(values, kind="stable")
        first = np.append(True, values[rows][1:] != values[rows][:-1])[: len(values)]
        self.value_of_row = np.empty(len(values), dtype=int)
        self.value_of_row[rows] = np.cumsum(first) - 1
        ends = np.append(np.flatnonzero(first), len(values))
        in_order = rows.tolist()
        self.groups = [in_order[start:end] for start, end in pairwise(ends.tolist())]


def _by_row(weights: np.ndarray, dtype: type) -> np.ndarray:
    """[n, resamples] of weights [resamples, n], the resamples of a row side by side."""
    return weights.T.astype(dtype, order="C", copy=False)


def _dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.einsum("nb,nb->b", a, b)


def ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Elementwise ratio; NaN where the denominator is zero."""
    return np.divide(numerator, denominator, out=np.full(np.shape(numerator), np.nan), where=denominator > 0)
