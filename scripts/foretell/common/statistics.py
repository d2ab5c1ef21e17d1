"""Intervals of metrics, from resampled units.

Two metrics, or two scorers, whose weights come from the same units, number of resamples and seed are paired: the
interval of a difference is the interval of their values' difference.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from foretell.common.metrics import Metric, ratio


@dataclass(frozen=True)
class Estimate:
    """A metric with its interval.

    Attributes:
        value: on the sample itself; NaN where undefined.
        low, high: ends of the percentile interval; NaN where no resample defines the metric.
        n: rows.
        resamples: resamples that define the metric, from which the interval is taken.
    """

    value: float
    low: float
    high: float
    n: int
    resamples: int


def bootstrap_weights(units: ArrayLike, resamples: int, seed: int) -> np.ndarray:
    """How often each row is drawn when the distinct units are resampled with replacement.

    The draw depends on the set of units, not on the order of the rows.

    Args:
        units: n labels; rows of one unit are drawn together.
        resamples: how many samples to draw.
        seed: equal seeds on equal units give equal, that is paired, weights.

    Returns:
        [resamples, n] floats; per resample, the counts of the distinct units sum to their number.
    """
    distinct, unit_of_row = np.unique(np.asarray(units), return_inverse=True)
    size = len(distinct)
    drawn = np.random.default_rng(seed).integers(max(size, 1), size=(resamples, size))
    flat = (drawn + size * np.arange(resamples)[:, None]).ravel()
    counts = np.bincount(flat, minlength=resamples * size).reshape(resamples, size)
    return counts.T[unit_of_row].astype(float).T  # rows lie together in memory, as the metrics sort them


def sample_and_resamples(units: ArrayLike, resamples: int, seed: int) -> np.ndarray:
    """[1 + resamples, n] weights: the sample itself, then its bootstrap resamples."""
    weights = bootstrap_weights(units, resamples, seed)
    return np.vstack([np.ones((1, weights.shape[1])), weights])


def percentile_interval(values: ArrayLike, level: float = 0.95) -> tuple[float, float]:
    """The central `level` of resampled values.

    NaN values are left out: a resample may miss a class, so that its AUROC is undefined. The interval is then
    conditional on the metric being defined. (NaN, NaN) if no value is left.
    """
    values = np.asarray(values, dtype=float)
    values = values[~np.isnan(values)]
    if not len(values):
        return float("nan"), float("nan")
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def estimate(metric: Metric, labels: ArrayLike, scores: ArrayLike, weights: np.ndarray) -> Estimate:
    """A metric on the sample itself, with its 95 % percentile interval over the resamples.

    Args:
        metric: of foretell.common.metrics.
        labels, scores: [n].
        weights: [1 + resamples, n], as `sample_and_resamples` gives them.
    """
    return estimate_over_fits(metric, labels, [scores], weights, seed=0)


def estimate_over_fits(
    metric: Metric, labels: ArrayLike, fits: Sequence[ArrayLike], weights: np.ndarray, seed: int
) -> Estimate:
    """The mean of a metric over several fits, with its 95 % percentile interval over rows and fits.

    Args:
        metric: of foretell.common.metrics.
        labels: [n].
        fits: each fit's scores, [n].
        weights: [1 + resamples, n], as `sample_and_resamples` gives them.
        seed: of the draws among fits.

    Raises:
        ValueError: the first row of weights is a resample, not the sample itself.
    """
    if (weights[0] != 1).any():
        raise ValueError("the first row of weights must be the sample itself: use sample_and_resamples")
    values = mean_over_fits(np.stack([metric(labels, scores, weights) for scores in fits], axis=1), seed)
    low, high = percentile_interval(values[1:])
    return Estimate(float(values[0]), low, high, weights.shape[1], int(np.sum(~np.isnan(values[1:]))))


def mean_over_fits(values: np.ndarray, seed: int) -> np.ndarray:
    """The mean of a metric over several fits, such as those to permuted labels.

    Each resample also draws fits, one fewer than there are and with replacement: that many make the bootstrap variance
    of a mean unbiased however few they are (Rao and Wu, 1988). An interval of the result answers for new rows and new
    fits. As a percentile interval over few fits it is a little too narrow: of nominal 95 %, 87 % with 5 fits
    and 93 % with 20 (simulated).

    Args:
        values: [1 + resamples, fits], on the sample itself and on each resample; NaN where a fit leaves the metric
            undefined, as a constant score does with Spearman's. Such a fit is left out.
        seed: of the draws.

    Returns:
        [1 + resamples].
    """
    resamples, fits = len(values) - 1, values.shape[1]
    if fits == 1:
        return values[:, 0]
    drawn = np.random.default_rng(seed).integers(fits, size=(resamples, fits - 1))
    means = _mean_of_defined(np.take_along_axis(values[1:], drawn, axis=1))
    return np.concatenate([_mean_of_defined(values[:1]), means])


def _mean_of_defined(values: np.ndarray) -> np.ndarray:
    """[rows] means of [rows, fits] without NaN; NaN where all are."""
    defined = np.sum(~np.isnan(values), axis=1)
    return ratio(np.nansum(values, axis=1), defined)
