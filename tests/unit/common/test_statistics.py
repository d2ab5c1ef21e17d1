"""Metrics on resamples equal scikit-learn's and scipy's on the sample that the weights spell out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr
from sklearn.metrics import accuracy_score, brier_score_loss, roc_auc_score

from foretell.common import metrics, statistics
from foretell.probes.criteria import auroc_by_column, spearman_by_column


def replicated(values, weights):
    return np.repeat(np.asarray(values), weights.astype(int))


def sample(seed, n=60, resamples=25):
    """Labels, and scores in [0, 1] with many ties, over units of unequal size."""
    rng = np.random.default_rng(seed)
    labels = rng.random(n) < 0.4
    scores = np.round(np.clip(rng.normal(0.4 + 0.2 * labels, 0.3), 0, 1), 1)
    return labels, scores, statistics.bootstrap_weights(rng.integers(n // 2, size=n), resamples, seed)


@pytest.mark.parametrize(
    ("metric", "reference"),
    [
        (metrics.auroc, roc_auc_score),
        (metrics.brier, brier_score_loss),
        (metrics.accuracy, lambda labels, scores: accuracy_score(labels, scores >= 0.5)),
        (metrics.spearman, lambda values, scores: spearmanr(values, scores).statistic),
        (metrics.base_rate, lambda labels, scores: labels.mean()),
    ],
)
def test_metrics_equal_the_reference_on_the_replicated_sample(metric, reference):
    labels, scores, weights = sample(seed=1)
    expected = [reference(replicated(labels, w), replicated(scores, w)) for w in weights]
    np.testing.assert_allclose(metric(labels, scores, weights), expected, rtol=1e-12)


def test_spearman_of_two_graded_variables_equals_scipy_on_the_replicated_sample():
    rng = np.random.default_rng(5)
    x = rng.integers(9, size=80) / 8
    y = np.round(x + rng.normal(size=80), 1)
    weights = statistics.bootstrap_weights(np.arange(80), 20, 1)
    expected = [spearmanr(replicated(x, w), replicated(y, w)).statistic for w in weights]
    np.testing.assert_allclose(metrics.spearman(x, y, weights), expected, rtol=1e-12)


def test_ece_equals_a_loop_over_bins_of_the_replicated_sample():
    labels, _, weights = sample(seed=2)
    probabilities = np.random.default_rng(3).random(len(labels))
    probabilities[:3] = [0.0, 0.1, 1.0]
    for weight, value in zip(weights, metrics.ece(labels, probabilities, weights), strict=True):
        y, p = replicated(labels, weight), replicated(probabilities, weight)
        inside = [(p >= b / 10) & ((p < (b + 1) / 10) | (b == 9)) for b in range(10)]
        expected = sum(abs(y[rows].mean() - p[rows].mean()) * rows.mean() for rows in inside if rows.any())
        assert value == pytest.approx(expected, abs=1e-12)


def test_known_answers():
    once = np.ones((1, 4))
    assert metrics.auroc([0, 0, 1, 1], [1, 2, 3, 4], once) == [1.0]
    assert metrics.auroc([0, 0, 1, 1], [1, 1, 1, 1], once) == [0.5]
    assert metrics.spearman([1, 2, 3, 4], [9, 7, 5, 1], once) == [-1.0]
    assert metrics.ece([0, 1, 0, 1], [0.55, 0.55, 0.55, 0.55], once)[0] == pytest.approx(0.05)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000))
def test_order_metrics_ignore_increasing_transformations_and_mirror_under_negation(seed):
    labels, scores, weights = sample(seed, n=30, resamples=5)
    for metric, total in [(metrics.auroc, 1.0), (metrics.spearman, 0.0)]:
        values = metric(labels, scores, weights)
        np.testing.assert_allclose(metric(labels, np.exp(scores), weights), values, rtol=1e-12)
        np.testing.assert_allclose(metric(labels, -scores, weights), total - values, atol=1e-12)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=20), st.integers(0, 1000))
def test_rows_of_a_unit_are_drawn_together_whatever_their_order(units, seed):
    weights = statistics.bootstrap_weights(units, 8, seed)
    first_rows = [units.index(unit) for unit in sorted(set(units))]
    assert (weights == weights[:, [units.index(unit) for unit in units]]).all()
    assert (weights[:, first_rows].sum(axis=1) == len(first_rows)).all()
    assert (statistics.bootstrap_weights(units[::-1], 8, seed)[:, ::-1] == weights).all()


def test_units_are_drawn_with_replacement():
    weights = statistics.bootstrap_weights(np.arange(200), 500, 1)
    assert weights.mean() == 1
    assert weights.var() == pytest.approx(1 - 1 / 200, abs=0.02)


def test_the_sample_itself_comes_before_its_resamples():
    weights = statistics.sample_and_resamples(np.arange(20), 10, 1)
    assert (weights[0] == 1).all() and (weights[1:] != 1).any(axis=1).all()
    np.testing.assert_array_equal(weights[1:], statistics.bootstrap_weights(np.arange(20), 10, 1))


def test_resamples_without_one_class_are_left_out_of_the_interval():
    labels, scores = np.array([1, 0, 0]), np.array([3.0, 1.0, 2.0])
    weights = np.array([[1, 1, 1], [3, 0, 0], [0, 2, 1]])
    values = metrics.auroc(labels, scores, weights)
    np.testing.assert_array_equal(values, [1.0, np.nan, np.nan])
    assert statistics.percentile_interval(values) == (1.0, 1.0)


def test_a_metric_that_is_nowhere_defined_is_nan():
    weights = statistics.sample_and_resamples(["a", "b"], 10, 1)
    values = metrics.auroc([1, 1], [0.2, 0.8], weights)
    assert np.isnan(values).all() and np.isnan(statistics.percentile_interval(values)).all()
    assert np.isnan(metrics.spearman([1, 2], [3, 3], weights)).all()


def test_no_rows_at_all_are_nan():
    weights = statistics.bootstrap_weights([], 3, 1)
    assert weights.shape == (3, 0)
    for metric in [metrics.auroc, metrics.spearman, metrics.brier, metrics.ece, metrics.accuracy]:
        assert np.isnan(metric([], [], weights)).all()


@pytest.mark.parametrize("metric", [metrics.auroc, metrics.spearman, metrics.ece, metrics.accuracy])
def test_a_missing_score_is_an_error_not_a_number(metric):
    with pytest.raises(ValueError, match="missing"):
        metric([0, 1], [0.5, np.nan], np.ones((1, 2)))


def test_ece_refuses_scores_that_are_not_probabilities():
    with pytest.raises(ValueError, match="probabilities"):
        metrics.ece([0, 1], [-2.0, 3.0], np.ones((1, 2)))


def test_the_interval_is_the_central_95_percent():
    low, high = statistics.percentile_interval(np.arange(1001))
    assert (low, high) == pytest.approx((25, 975))


def test_the_interval_of_a_mean_agrees_with_the_normal_one():
    values = np.random.default_rng(1).normal(size=400)
    weights = statistics.bootstrap_weights(np.arange(400), 4000, 1)
    low, high = statistics.percentile_interval(metrics.weighted_mean(values, weights))
    assert high - low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.05)


@pytest.mark.parametrize("seed", range(3))
def test_columnwise_metrics_equal_the_single_ones(seed):
    rng = np.random.default_rng(seed)
    values, scores = rng.integers(4, size=(50, 3)), rng.normal(size=(50, 3, 7)).round(1)
    values[:, 1], scores[:, 2, 3] = 2, 0.5  # a column of equal labels, a candidate of equal scores
    once = np.ones((1, 50))
    for by_column, single, labels in [
        (auroc_by_column, metrics.auroc, values > 1),
        (spearman_by_column, metrics.spearman, values),
    ]:
        expected = [[single(labels[:, c], scores[:, c, k], once)[0] for k in range(7)] for c in range(3)]
        np.testing.assert_allclose(by_column(labels, scores), expected, rtol=1e-12)


@pytest.mark.parametrize(("metric", "graded"), [(metrics.auroc, False), (metrics.spearman, True)])
def test_several_fits_are_measured_as_each_alone_and_in_parts_as_at_once(monkeypatch, metric, graded):
    rng = np.random.default_rng(2)
    labels = rng.integers(9 if graded else 2, size=80)
    fits = np.stack([rng.normal(size=80), rng.normal(size=80).round(), labels, np.arange(80) // 2])
    weights = statistics.sample_and_resamples(rng.integers(50, size=80), 30, 1)
    together = metric(labels, fits, weights)
    np.testing.assert_array_equal(together, [metric(labels, scores, weights) for scores in fits])
    monkeypatch.setattr(metrics, "_CELLS", 1)
    monkeypatch.setattr(metrics, "_LEAST", 7)
    np.testing.assert_array_equal(metric(labels, fits, weights), together)


def test_samples_too_large_for_single_precision_are_exact_too():
    rng = np.random.default_rng(3)
    labels = rng.random(9000) < 0.4
    scores = labels + rng.normal(size=9000)
    for weight in (np.ones(9000), rng.integers(4, size=9000)):
        expected = roc_auc_score(labels, scores, sample_weight=weight)
        assert metrics.auroc(labels, scores, weight[None].astype(float))[0] == pytest.approx(expected, rel=1e-13)
