"""Every number of T2 and T6, recomputed by other means; the library is not imported here."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy.stats import rankdata

from recomputed import (
    CONFIG,
    POLICIES,
    RESAMPLES,
    SEED,
    SPLITS,
    assert_row,
    draws,
    predictions,
    read_outcomes,
    with_interval,
)


@pytest.fixture(scope="module")
def outcomes(results):
    return read_outcomes(results)


def auroc(labels, scores):
    positives, ranks = labels.sum(), rankdata(scores)
    negatives = len(labels) - positives
    if not positives or not negatives:
        return np.nan
    return (ranks[labels == 1].sum() - positives * (positives + 1) / 2) / (positives * negatives)


def spearman(labels, scores):
    ranks = rankdata(labels), rankdata(scores)
    return np.nan if np.ptp(ranks[0]) == 0 or np.ptp(ranks[1]) == 0 else np.corrcoef(*ranks)[0, 1]


def score(metric, labels, fits):
    """A metric on the sample and on each resample; of several fits the mean, of which a resample draws one fewer."""
    values = np.array([metric(labels, fit) for fit in fits])
    resampled = np.array([[metric(labels[rows], fit[rows]) for fit in fits] for rows in draws(len(labels))])
    if len(fits) > 1:
        drawn = np.random.default_rng(SEED).integers(len(fits), size=(RESAMPLES, len(fits) - 1))
        resampled = np.take_along_axis(resampled, drawn, axis=1)
    with np.errstate(all="ignore"):
        return np.nanmean(values), pd.DataFrame(resampled).mean(axis=1).to_numpy()


def test_t2(results, outcomes):
    table = pd.read_csv(results / "tables" / "tiny_math" / "T2.csv").set_index(["policy", "target", "family"])
    families = CONFIG["probes"]["families"]
    assert len(table) == len(POLICIES) * 3 * len(families)
    tested = 0
    for policy, target in itertools.product(POLICIES, CONFIG["probes"]["targets"]):
        test = outcomes[policy][outcomes[policy].split == "test"]
        labels = test[target].to_numpy(dtype=float)
        metric = spearman if target == "success_rate" else auroc
        found = {}
        for family in families:
            frame = predictions(results, policy, target, family)
            fits = [fit for _, fit in frame.groupby("permutation")] if "permutation" in frame else [frame]
            fits = [fit.set_index("problem_id").score.loc[test.index].to_numpy() for fit in fits]
            row = table.loc[(policy, target, family)]
            assert row.n == len(test)
            if target != "success_rate":
                assert (row.positives, row.negatives) == (labels.sum(), (1 - labels).sum())
            rare = target != "success_rate" and min(labels.sum(), (1 - labels).sum()) < 50
            if rare or np.isnan(fits[0]).any():
                assert not row.testable and np.isnan(row.value)
                continue
            found[family] = score(metric, labels, fits)
            value, low, high = with_interval("v", *found[family]).values()
            assert_row(row, {"value": value, "low": low, "high": high}, (policy, target, family))
            tested += 1
        for family in found.keys() - {"linear"}:
            value, resampled = (a - b for a, b in zip(found["linear"], found[family], strict=True))
            assert_row(table.loc[(policy, target, family)], with_interval("difference", value, resampled), family)
    assert tested > len(families) * len(POLICIES)


def calibration_error(labels, probabilities):
    bins = np.minimum((10 * probabilities).astype(int), 9)
    gaps = [abs(labels[bins == b].sum() - probabilities[bins == b].sum()) for b in range(10)]
    return sum(gaps) / len(labels)


def test_t6(results, outcomes):
    table = pd.read_csv(results / "tables" / "tiny_math" / "T6.csv").set_index("policy")
    metrics = {
        "ece": calibration_error,
        "brier": lambda labels, probabilities: ((labels - probabilities) ** 2).mean(),
        "predicted_minus_observed": lambda labels, probabilities: (probabilities - labels).mean(),
    }
    for policy in POLICIES:
        by_split = {split: outcomes[policy][outcomes[policy].split == split] for split in SPLITS}
        labels = {split: frame.majority_correct.to_numpy(dtype=float) for split, frame in by_split.items()}
        expected = {f"base_rate_{split}": labels[split].mean() for split in SPLITS}
        expected |= {f"n_{split}": len(labels[split]) for split in SPLITS}
        test, train = labels["test"], labels["train"]
        shift = test[draws(len(test))].mean(axis=1) - train[draws(len(train), SEED + 1)].mean(axis=1)
        expected |= with_interval("base_rate_shift", test.mean() - train.mean(), shift)
        frame = predictions(results, policy).set_index("problem_id").loc[by_split["test"].index]
        if frame.score.notna().all():
            probabilities = {"uncalibrated": 1 / (1 + np.exp(-frame.score)), "platt": frame.probability}
            for (name, metric), (kind, values) in itertools.product(metrics.items(), probabilities.items()):
                values = values.to_numpy()
                resampled = [metric(test[rows], values[rows]) for rows in draws(len(test))]
                expected |= with_interval(f"{name}_{kind}", metric(test, values), resampled)
        assert_row(table.loc[policy], expected, policy)
