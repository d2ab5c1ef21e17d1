import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit, log_expit

from foretell.common.metrics import brier, ece
from foretell.probes.calibration import Platt, fit_platt


def made_up(slope=0.3, intercept=-1.0, n=4000, seed=0):
    rng = np.random.default_rng(seed)
    scores = rng.normal(2, 5, size=n)
    return scores, rng.random(n) < expit(slope * scores + intercept)


def test_platt_finds_the_slope_and_intercept_that_made_the_labels():
    platt = fit_platt(*made_up())
    assert platt.slope == pytest.approx(0.3, abs=0.03)
    assert platt.intercept == pytest.approx(-1.0, abs=0.15)


def test_platt_minimises_the_log_loss_of_smoothed_labels():
    scores, labels = made_up(n=200)
    smoothed = np.where(labels, (labels.sum() + 1) / (labels.sum() + 2), 1 / ((~labels).sum() + 2))

    def loss(parameters):
        logits = parameters[0] * scores + parameters[1]
        return -np.sum(smoothed * log_expit(logits) + (1 - smoothed) * log_expit(-logits))

    expected = minimize(loss, [0.0, 0.0], tol=1e-10).x
    platt = fit_platt(scores, labels)
    np.testing.assert_allclose([platt.slope, platt.intercept], expected, rtol=1e-4)


def test_platt_improves_overconfident_scores_on_new_labels():
    platt = fit_platt(*made_up())
    scores, labels = made_up(seed=1)
    once = np.ones((1, len(labels)))
    for metric in (brier, ece):
        assert metric(labels, platt.probability(scores), once) < metric(labels, expit(scores), once) - 0.03


def test_platt_of_separated_scores_is_finite_and_sure():
    platt = fit_platt(np.arange(100.0), np.arange(100) >= 50)
    assert np.isfinite([platt.slope, platt.intercept]).all()
    assert platt.probability(99) > 0.95


def test_platt_never_turns_the_order_round():
    scores, labels = made_up(slope=-0.3)
    platt = fit_platt(scores, labels)
    assert platt.slope == 0
    assert platt.probability(scores)[0] == pytest.approx(labels.mean(), abs=0.01)


def test_platt_of_constant_scores_is_the_base_rate():
    labels = np.arange(1000) < 300
    assert fit_platt(np.full(1000, 7.0), labels).probability(7.0) == pytest.approx(0.3, abs=0.01)


def test_a_missing_score_has_no_probability():
    assert np.isnan(Platt(1.0, 0.0).probability(np.array([np.nan]))).all()
