"""Doubly robust estimates: by hand, and against what is true."""

import numpy as np
import pytest
from scipy.special import expit, logit
from scipy.stats import binom

from explored_logs import log_of, truth
from foretell.deployment.off_policy import OffPolicy
from router_logs import choose


def test_an_estimate_by_hand():
    expected = np.array([[0.5, 0.8], [0.4, 0.9], [0.1, 0.2]])
    found = OffPolicy(
        np.array([0, 1, 1]),
        np.array([0.5, 0.25, 0.8]),
        np.array([1.0, 0.0, 1.0]),
        expected,
        np.array([0.25, 0.09, 0.16]),
    )
    old, new = np.array([0, 0, 1]), np.array([0, 1, 0])
    assert found.terms(old).tolist() == pytest.approx([0.5 + 0.5 / 0.5, 0.4, 0.2 + 0.8 / 0.8])
    assert found.terms(new).tolist() == pytest.approx([1.5, 0.9 - 0.9 / 0.25, 0.1])
    assert found.terms(np.stack([old, new])).shape == (2, 3)
    difference = found.difference(new, old)
    assert difference.value == pytest.approx((0 - 3.1 - 1.1) / 3) and difference.n == 3
    assert difference.error == pytest.approx(np.std([0, -3.1, -1.1], ddof=1) / np.sqrt(3))
    assert difference.effective == 1 and np.isnan(difference.low), "the second request alone followed the new choice"
    assert found.mean(old).effective == pytest.approx((2 + 1.25) ** 2 / (4 + 1.25**2))
    same = found.difference(old, old)
    assert (same.value, same.low, same.high) == (0, 0, 0)


def test_answers_that_are_all_as_expected_have_the_variance_that_the_model_implies():
    n = 400
    sent, half = np.arange(n) % 2, np.full(n, 0.5)
    found = OffPolicy(sent, half, np.ones(n), np.full((n, 2), 1.0), np.full(n, 0.09)).difference(sent * 0, sent * 0 + 1)
    assert found.value == 0 and found.error == pytest.approx(np.sqrt(4 * 0.09 / n), rel=1e-3)
    assert found.high == pytest.approx(1.97 * found.error, rel=1e-2) and found.effective == 200


@pytest.mark.parametrize("model", ["true", "none", "too sure"])
def test_intervals_hold_what_is_true_whatever_the_model_says(model):
    rng = np.random.default_rng(0)
    many, _ = truth(rng, 400_000)

    def compared(probability):
        return (probability[:, 1] - 0.4 > probability[:, 0]).astype(int), choose(probability)

    new, old = compared(many)
    rows = np.arange(len(many))
    true = (many[rows, new] - many[rows, old]).mean(), many[rows, new].mean()
    held, values = np.zeros(2), []
    for seed in range(400):
        log = log_of(seed, 1500)
        expected = {
            "true": log.probability,
            "none": np.full((1500, 2), 0.5),
            "too sure": expit(2 * logit(log.probability)),
        }
        model_says = expected[model]
        variance = (model_says * (1 - model_says))[np.arange(1500), log.sent]
        found = OffPolicy(log.sent, log.propensity, log.correct, model_says, variance)
        new, old = compared(log.probability)
        measured = found.difference(new, old), found.mean(new)
        held += [each.low <= at <= each.high for each, at in zip(measured, true, strict=True)]
        values.append([each.value for each in measured])
    assert (held >= binom.ppf(0.005, 400, 0.95)).all() and (held <= 399).all()
    error = np.std(values, axis=0) / 20
    assert (np.abs(np.mean(values, axis=0) - true) < 3.5 * error).all(), "no bias"
