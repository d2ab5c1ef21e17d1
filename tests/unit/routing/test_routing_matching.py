import numpy as np
import pytest

from foretell.routing.matching import matched, resolvable_margin


@pytest.mark.parametrize(
    ("low", "high", "resolvable", "verdict"),
    [
        (-0.009, 0.02, 0.009, "yes"),
        (-0.009, 0.02, 0.011, "inconclusive"),  # luck: the sample is too small to show it
        (-0.011, 0.02, 0.009, "inconclusive"),
        (-0.05, -0.011, 0.02, "no"),
        (0.0, 0.0, 0.0, "yes"),  # the best single policy itself
    ],
)
def test_matched_needs_an_interval_above_minus_one_point_and_a_sample_that_can_show_it(low, high, resolvable, verdict):
    assert matched(low, high, resolvable) == verdict


def test_with_the_resolvable_margin_four_of_five_equal_policies_are_found_non_inferior():
    rng = np.random.default_rng(1)
    n, runs = 500, 4000
    differences = rng.choice([-1, 0, 1], p=[0.1, 0.8, 0.1], size=(runs, n))  # of correctness; equal in expectation
    means, errors = differences.mean(axis=1), differences.std(axis=1) / np.sqrt(n)
    resampled = rng.normal(0, np.sqrt(0.2 / n), size=(20000, 1))  # as a bootstrap would draw the mean
    margin = resolvable_margin(resampled)[0]
    assert np.mean(means - 1.96 * errors > -margin) == pytest.approx(0.8, abs=0.02)
