"""A cascade with a threshold for each step."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretell.routing.pool import assemble_pool
from foretell.routing.routers import ROUTERS, Sweep, router_inputs
from foretell.routing.stepwise import choose_stepwise, fit_thresholds
from routing_tables import random_pool


def mean_utility(success, utility, thresholds):
    return utility[np.arange(len(success)), choose_stepwise(success, np.array(thresholds))].mean()


def drawn(seed, policies, n=12):
    rng = np.random.default_rng(seed)
    success = rng.integers(0, 6, (n, policies)) / 5  # with many ties
    correct = rng.random((n, policies)) < success
    return success, correct - rng.random() * np.sort(rng.random(policies))


def test_thresholds_worked_by_hand():
    """The cheap policy costs nothing, the dear one .5, which pays where the cheap one is wrong."""
    success = np.array([[0.9, 0.9], [0.8, 0.9], [0.6, 0.9], [0.4, 0.9]])
    utility = np.array([[1, 1], [1, 1], [0, 1], [0, 1]]) - [0, 0.5]
    assert fit_thresholds(success, utility).tolist() == [0.8]
    assert choose_stepwise(success, np.array([0.8])).tolist() == [0, 0, 1, 1]
    assert fit_thresholds(success, utility - np.array([0, 9])).tolist() == [0.4], "nothing is passed on"
    assert fit_thresholds(success, utility + np.array([0, 9])).tolist() == [np.inf], "nothing is kept"


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_of_two_policies_no_threshold_does_better(seed):
    success, utility = drawn(seed, 2)
    best = max(mean_utility(success, utility, [each]) for each in [*np.unique(success[:, 0]), np.inf])
    assert mean_utility(success, utility, fit_thresholds(success, utility)) == pytest.approx(best)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_of_several_no_single_threshold_can_be_bettered_and_one_for_all_seldom_is_better(seed):
    success, utility = drawn(seed, 3)
    fitted = fit_thresholds(success, utility)
    reached = mean_utility(success, utility, fitted)
    values = [*np.unique(success), np.inf]
    for step, value in product(range(2), values):
        other = fitted.copy()
        other[step] = value
        assert mean_utility(success, utility, other) <= reached + 1e-9


def test_most_local_optima_are_the_best_of_all():
    found = []
    for seed in range(40):
        success, utility = drawn(seed, 3)
        values = [*np.unique(success), np.inf]
        best = max(mean_utility(success, utility, pair) for pair in product(values, repeat=2))
        found.append(best - mean_utility(success, utility, fit_thresholds(success, utility)))
    assert np.mean(np.isclose(found, 0)) > 0.8 and max(found) < 0.1


def test_it_is_charged_for_the_encoders_that_it_consults():
    costs, _ = random_pool(5, problems=60)
    pool = assemble_pool(costs)
    assert (ROUTERS["stepwise"].probing(pool) == ROUTERS["cascade"].probing(pool)).all()
    assert ROUTERS["stepwise"].probing(pool).any()


def test_the_router_learns_from_train_alone_and_becomes_cheaper_as_lambda_grows():
    costs, predictions = random_pool(5, problems=300)
    pool = assemble_pool(costs)
    success = np.column_stack(
        [predictions[policy].set_index("problem_id").probability[pool.problem_id] for policy in pool.policies]
    )
    inputs, points = router_inputs(pool, success, Sweep()), np.array([0.0, 0.5, 50.0])
    chosen = ROUTERS["stepwise"].route(inputs, points)
    costs_of_points = pool.cost[pool.split == "train"].mean(axis=0)[chosen].mean(axis=1)
    assert (np.diff(costs_of_points) <= 0).all() and (chosen[-1] == 0).all()
    other = pool.correct.copy()
    other[pool.split != "train"] = 1 - other[pool.split != "train"]
    changed = router_inputs(type(pool)(**{**vars(pool), "correct": other}), success, Sweep())
    assert (ROUTERS["stepwise"].route(changed, points) == chosen).all()
