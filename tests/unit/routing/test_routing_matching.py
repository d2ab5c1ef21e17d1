import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import norm

from foretell.routing.matching import discordant, matched, resolvable_margin, score_interval


def interval(gains, losses, n):
    low, high = score_interval(*(np.array([float(each)]) for each in (gains, losses, n)))
    return low[0], high[0]


@pytest.mark.parametrize(
    ("low", "high", "resolvable", "verdict"),
    [
        (-0.009, 0.02, 0.009, "yes"),
        (-0.009, 0.02, 0.011, "yes"),  # what has been decided is not withheld
        (-0.011, 0.02, 0.009, "no"),  # though the sample would have shown it
        (-0.011, 0.02, 0.011, "underpowered"),
        (-0.05, -0.011, 0.02, "no"),
    ],
)
def test_matched_means_an_interval_above_minus_the_margin(low, high, resolvable, verdict):
    assert matched(low, high, resolvable, margin=0.01) == verdict


def reference(gains, losses, n):
    """Where the score statistic, its nuisance parameter found by maximising the likelihood, reaches its quantile."""

    def score(delta):
        def minus_likelihood(losing):
            gaining, concordant = losing + delta, 1 - 2 * losing - delta
            pairs = ((gains, gaining), (losses, losing), (n - gains - losses, concordant))
            return -sum(count * np.log(max(share, 1e-300)) for count, share in pairs if count)

        bounds = (max(0, -delta), (1 - delta) / 2)
        losing = minimize_scalar(minus_likelihood, bounds=bounds, method="bounded", options={"xatol": 1e-12}).x
        return (gains - losses - n * delta) / np.sqrt(n * (2 * losing + delta * (1 - delta)))

    inside = [delta for delta in np.linspace(-0.9995, 0.9995, 4000) if abs(score(delta)) <= norm.ppf(0.975)]
    return min(inside), max(inside)


@pytest.mark.parametrize("counts", [(12, 2, 50), (0, 0, 30), (0, 1, 44), (3, 3, 100), (1, 9, 200), (30, 10, 60)])
def test_the_score_interval_inverts_the_score_test(counts):
    assert interval(*counts) == pytest.approx(reference(*counts), abs=6e-4)


def test_without_discordant_problems_it_is_wilsons():
    z2, n = norm.ppf(0.975) ** 2, 250
    assert interval(0, 0, n) == pytest.approx((-z2 / (n + z2), z2 / (n + z2)))


def test_it_turns_round_with_the_policies():
    low, high = interval(9, 4, 80)
    assert interval(4, 9, 80) == pytest.approx((-high, -low))


@pytest.mark.parametrize(("gaining", "losing", "n"), [(0.0, 0.01, 300), (0.02, 0.03, 300), (0.05, 0.06, 1000)])
def test_at_the_margin_it_says_yes_about_as_often_as_its_level(gaining, losing, n):
    rng = np.random.default_rng(1)
    gains, losses, _ = rng.multinomial(n, [gaining, losing, 1 - gaining - losing], size=20000).T.astype(float)
    low, _ = score_interval(gains, losses, np.full(20000, float(n)))
    assert np.mean(low > -0.01) <= 0.035


def test_problems_of_one_group_count_as_one():
    differences = np.repeat(np.array([[1.0, -1, 0, 0, 1, 0, -1, -1]]), 5, axis=1)
    groups = np.repeat(np.arange(8), 5)
    alone = discordant(differences, np.arange(40))
    assert [each[0] for each in alone] == [10, 15, 40]
    assert [each[0] for each in discordant(differences, groups)] == pytest.approx([2, 3, 8])
    assert [each[0] for each in discordant(0 * differences, groups)] == [0, 0, 40]


def test_expected_correctness_counts_as_expected_problems():
    gains, losses, n = discordant(np.array([[0.25, -0.75, 0.0, -0.25]]), np.arange(4))
    assert (gains[0], losses[0], n[0]) == (0.25, 1.0, 4)


def test_with_the_resolvable_margin_four_of_five_equal_policies_are_found_non_inferior():
    rng = np.random.default_rng(1)
    n, runs = 500, 4000
    gains, losses, _ = rng.multinomial(n, [0.1, 0.1, 0.8], size=runs).T.astype(float)
    size = np.full(runs, float(n))
    low, _ = score_interval(gains, losses, size)
    margin = resolvable_margin(*(np.array([each]) for each in (50.0, 50.0, 500.0)))[0]
    assert np.mean(low > -margin) == pytest.approx(0.8, abs=0.02)
    nothing = resolvable_margin(*(np.array([each]) for each in (0.0, 0.0, 30.0)))[0]
    assert nothing > 0.1  # none seen does not mean that there is none
