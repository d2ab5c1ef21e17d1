"""Means over problems with paired bootstrap intervals, many rows at once."""

import numpy as np
import pandas as pd

from foretell.common.statistics import percentile_interval


def mean_over_problems(values: np.ndarray) -> np.ndarray:
    """[rows] means of [rows, problems]."""
    return values.mean(axis=1)


def resampled_means(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """[resamples, rows] means of [rows, problems] under weights [resamples, problems]."""
    return weights @ values.T / weights.sum(axis=1, keepdims=True)


def with_interval(name: str, values: np.ndarray, resampled: np.ndarray) -> pd.DataFrame:
    """Columns `name`, `name`_low and `name`_high from [rows] values and [resamples, rows] resampled ones."""
    low, high = np.array([percentile_interval(column) for column in resampled.T]).T
    return pd.DataFrame({name: values, f"{name}_low": low, f"{name}_high": high})
