"""A calibration that is fitted to a log."""

import numpy as np
import pytest
from scipy.special import expit, logit

from foretell.deployment.description import Probe
from foretell.deployment.recalibration import recalibrate


def test_planted_miscalibration_is_undone():
    rng = np.random.default_rng(0)
    true = expit(rng.normal(size=20_000) * 1.5 + 0.5)
    correct = (rng.random(20_000) < true).astype(float)
    for slope, shift in ((0.5, 1.0), (2.0, -1.0), (1.0, 0.0)):
        logged = expit((logit(true) - shift) / slope)
        found = recalibrate(logged, correct, np.ones(20_000))
        assert (found.slope, found.intercept) == (pytest.approx(slope, abs=0.08), pytest.approx(shift, abs=0.08))
        assert np.abs(found.probability(logged) - true).max() < 0.02


def test_answers_that_are_seldom_seen_count_by_their_inverse_propensities():
    rng = np.random.default_rng(0)
    true = np.where(rng.random(40_000) < 0.5, 0.8, 0.2)  # which the probability, .5 or a little more, does not say
    seen = rng.random(40_000) < np.where(true > 0.5, 0.9, 0.1)
    logged = 0.5 + 0.1 * rng.random(40_000)
    correct = (rng.random(40_000) < true).astype(float)
    weights = 1 / np.where(true > 0.5, 0.9, 0.1)
    weighted = recalibrate(logged[seen], correct[seen], weights[seen]).probability(logged)
    assert weighted.mean() == pytest.approx(0.5, abs=0.02)
    assert recalibrate(logged[seen], correct[seen], np.ones(seen.sum())).probability(logged).mean() > 0.7


def test_few_answers_move_a_calibration_little_and_never_turn_it_round():
    logged = np.linspace(0.3, 0.7, 10)
    assert recalibrate(logged, np.ones(10), np.full(10, 7.0)).probability(logged).max() < 0.95
    backwards = recalibrate(np.repeat([0.1, 0.9], 200), np.repeat([1.0, 0.0], 200), np.ones(400))
    assert backwards.slope == 0 and backwards.probability(np.array([0.1, 0.9])).tolist() == pytest.approx(
        [0.5, 0.5], abs=0.02
    )
    sure = recalibrate(np.ones(38), np.repeat([1.0, 0.0], [19, 19]), np.full(38, 2.0))
    assert sure.probability(np.ones(1))[0] == pytest.approx(0.5)
    assert recalibrate(np.zeros(38), np.ones(38), np.ones(38)).probability(np.zeros(1))[0] == pytest.approx(39 / 40)


def test_the_new_probe_has_the_new_probabilities():
    found = recalibrate(expit(np.linspace(-2, 2, 50)), np.tile([0.0, 1.0], 25), np.ones(50))
    probe, score = Probe(layer=1, position=-1, slope=0.7, intercept=-0.3), np.linspace(-3, 3, 7)
    new = found.of(probe)
    logged = expit(0.7 * score - 0.3)
    assert expit(new.slope * score + new.intercept).tolist() == pytest.approx(found.probability(logged).tolist())
    constant = recalibrate(np.full(50, 0.9), np.repeat([1.0, 0.0], [10, 40]), np.ones(50))
    assert constant.of(Probe(constant=0.9, reason="one class")).constant == pytest.approx(11 / 52)
