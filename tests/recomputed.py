"""What the recomputed tables rest on: parquet files, prices and resamples, without the library."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
import yaml

from workflow_project import ROOT

CONFIG = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
POLICIES = CONFIG["pools"]["tiny"]["policies"]
RESAMPLES, SEED, K = 200, 1, 4  # tests/configs/small.yaml
GRID = np.linspace(0, 1, 11)
SPLITS = ("train", "validation", "test")


def read_outcomes(results):
    frames = {policy: pd.read_parquet(results / "outcomes" / "tiny_math" / f"{policy}.parquet") for policy in POLICIES}
    return {policy: frame.set_index("problem_id").sort_index() for policy, frame in frames.items()}


def predictions(results, policy, target="majority_correct", family="linear"):
    return pd.read_parquet(results / "probes" / "tiny_math" / policy / target / family / "predictions.parquet")


@cache
def draws(n, seed=SEED):
    """[resamples, n] rows that each resample draws; every problem is its own group, and rows are sorted by it."""
    return np.random.default_rng(seed).integers(n, size=(RESAMPLES, n))


def with_interval(name, value, resampled):
    resampled = np.asarray(resampled, dtype=float)
    resampled = resampled[~np.isnan(resampled)]
    low, high = np.percentile(resampled, [2.5, 97.5]) if len(resampled) else (np.nan, np.nan)
    return {name: value, f"{name}_low": low, f"{name}_high": high}


def mean_with_interval(name, values):
    values = np.asarray(values, dtype=float)
    return with_interval(name, values.mean(), values[draws(len(values))].mean(axis=1))


def assert_row(row, expected, where):
    for name, value in expected.items():
        assert row[name] == pytest.approx(value, rel=2e-5, abs=1e-9, nan_ok=True), (where, name)
