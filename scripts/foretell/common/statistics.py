"""Intervals of metrics, from resampled units.

Two metrics, or two scorers, whose weights come from the same units, number of resamples and seed are paired: the
interval of a difference is the interval of their values' difference.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from foretell.common.metrics import ratio


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
    array = np.asarray(values, dtype=float)
    defined = array[~np.isnan(array)]
    if not len(defined):
        return float("nan"), float("nan")
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


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


def wilson(share: ArrayLike, n: ArrayLike, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the score interval of binomial shares of n (Wilson, 1927)."""
    share, n = np.asarray(share, dtype=float), np.asarray(n, dtype=float)
    z = ndtri((1 + level) / 2)
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return centre - half, centre + half
