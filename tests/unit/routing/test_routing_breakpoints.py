"""Operating points where decisions change."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretell.routing.breakpoints import (
    cascade_breakpoints,
    spread_among,
    tolerance_breakpoints,
    utility_breakpoints,
)
from foretell.routing.pool import assemble_pool
from foretell.routing.routers import (
    ROUTERS,
    RouterInputs,
    Sweep,
    route_by_utility,
    route_within_tolerance,
    thresholds_of_success,
    tolerances_of_success,
    weights_of_cost,
)
from routing_tables import costs_table, random_pool


def inputs_of(success, tier_costs, **sweep):
    train = np.ones(len(success), dtype=bool)
    return RouterInputs(success, tier_costs, train, success, success, Sweep(breakpoints=True, **sweep))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 12), st.integers(2, 6))
def test_decisions_change_at_breakpoints_and_nowhere_else(seed, problems, policies):
    rng = np.random.default_rng(seed)
    success = rng.random((problems, policies))
    tiers = np.r_[0, np.sort(rng.random(policies - 2)), 1]
    found = np.unique(utility_breakpoints(success, tiers))
    inputs = inputs_of(success, tiers)
    between = np.r_[0, found, 2 * found.max(initial=1)]
    middles = (between[:-1] + between[1:]) / 2
    decided = route_by_utility(inputs, middles)
    assert (decided[1:] != decided[:-1]).any(axis=1).all()  # at each of them
    grid = rng.uniform(0, middles[-1], 300)  # and between them nothing
    np.testing.assert_array_equal(route_by_utility(inputs, grid), decided[np.searchsorted(found, grid)])
    assert (decided[-1] == 0).all()  # beyond the last all go to the cheapest


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 12), st.integers(2, 6))
def test_a_cascade_changes_at_its_breakpoints_and_nowhere_else(seed, problems, policies):
    success = np.random.default_rng(seed).random((problems, policies))
    found = np.unique(cascade_breakpoints(success))
    between = np.r_[0, found, 1]
    decided = ROUTERS["cascade"].route(
        inputs_of(success, np.linspace(0, 1, policies)), (between[:-1] + between[1:]) / 2
    )
    assert (decided[1:] != decided[:-1]).any(axis=1).all()
    grid = np.random.default_rng(1).random(200)
    of_grid = ROUTERS["cascade"].route(inputs_of(success, np.linspace(0, 1, policies)), grid)
    np.testing.assert_array_equal(of_grid, decided[np.searchsorted(found, grid)])


def within_tolerance(success, tiers, tolerance):
    """Of the policies of one problem that lie within the tolerance, the cheapest, and of these the most probable."""
    enough = [policy for policy in range(len(success)) if max(success) - success[policy] <= tolerance]
    return min(enough, key=lambda policy: (tiers[policy], -success[policy], policy))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 12), st.integers(2, 6), st.booleans())
def test_within_a_tolerance_decisions_change_at_breakpoints_and_nowhere_else(seed, problems, policies, coarse):
    rng = np.random.default_rng(seed)
    success = rng.integers(0, 9, (problems, policies)) / 8 if coarse else rng.random((problems, policies))
    tiers = np.sort(rng.integers(0, 4, policies)) / 4 if coarse else np.r_[0, np.sort(rng.random(policies - 1))]
    found = np.unique(tolerance_breakpoints(success, tiers))
    inputs = inputs_of(success, tiers)
    between = np.r_[0, found, 1 + found.max(initial=0)]
    decided = route_within_tolerance(inputs, (between[:-1] + between[1:]) / 2)
    assert (decided[1:] != decided[:-1]).any(axis=1).all()  # at each of them
    at = np.r_[0, found, rng.random(100)]  # and between them nothing
    of_each = route_within_tolerance(inputs, at)
    np.testing.assert_array_equal(of_each, [[within_tolerance(row, tiers, point) for row in success] for point in at])
    np.testing.assert_array_equal(of_each, decided[np.searchsorted(found, at, side="right")])
    assert (tiers[decided[-1]] == tiers[0]).all()  # beyond the last all go to the cheapest


def test_hand_worked_tolerances():
    success, tiers = np.array([[0.5, 0.625, 0.875], [0.5, 0.75, 0.25]]), np.array([0, 0.5, 1])
    assert sorted(tolerance_breakpoints(success, tiers)) == [0.25, 0.25, 0.375]
    decided = route_within_tolerance(inputs_of(success, tiers), np.array([0, 0.125, 0.25, 0.375, 1]))
    assert decided.T.tolist() == [[2, 2, 1, 0, 0], [1, 1, 0, 0, 0]]
    assert tolerance_breakpoints(np.array([[0.5, 0.5, 0.75]]), tiers).tolist() == [0.25], "one for each change"
    equally_dear = np.array([0, 0, 1])  # then the first is never taken where the second is more probable
    assert sorted(tolerance_breakpoints(success, equally_dear)) == [0.25]
    decided = route_within_tolerance(inputs_of(success, equally_dear), np.array([0, 0.25, 1]))
    assert decided.T.tolist() == [[2, 1, 1], [1, 1, 1]]


def test_costs_that_differ_by_rounding_alone_are_equal():
    pool = assemble_pool(
        costs_table(
            {"a": [1] * 9, "b": [0] * 9, "c": [1] * 9},
            {"a": np.array([0.1, 0.2, 0.3] * 3), "b": np.array([0.3, 0.2, 0.1] * 3) + 1e-17, "c": 0.7},
            ["train"] * 9,
        )
    )
    assert pool.tier_costs.tolist() == [0, 0, 1]
    found = utility_breakpoints(np.random.default_rng(0).random((9, 3)), pool.tier_costs)
    assert found.max(initial=0) < 1.01


def test_equal_costs_and_hopeless_policies_have_no_breakpoint():
    assert len(utility_breakpoints(np.array([[0.4, 0.6]]), np.array([0.0, 0.0]))) == 0
    assert len(utility_breakpoints(np.array([[0.6, 0.4]]), np.array([0.0, 1.0]))) == 0


def test_a_hand_worked_problem_goes_down_its_envelope():
    # lines .3, .6 - .5 lambda, .9 - lambda cross in one point, at .6
    np.testing.assert_allclose(utility_breakpoints(np.array([[0.3, 0.6, 0.9]]), np.array([0, 0.5, 1])), [0.6])
    np.testing.assert_allclose(
        sorted(utility_breakpoints(np.array([[0.3, 0.7, 0.9]]), np.array([0, 0.5, 1]))), [0.4, 0.8]
    )


def test_points_are_spread_by_rank_and_never_coincide():
    values = np.r_[0, np.geomspace(1e-3, 10, 99), np.full(50, 1e-3)]
    points = spread_among(values, 12)
    assert points[0] == 0 and points[-1] == 10 and (np.diff(points) > 0).all()
    assert len(np.unique(spread_among(np.array([0, 1, 1 + 2.3e-16, 2]), 50))) == 50  # rounding is no difference
    np.testing.assert_allclose(spread_among(np.array([0.0, 1.0]), 5), np.linspace(0, 1, 5))


@pytest.mark.parametrize("constant", [False, True])
def test_routers_begin_at_the_most_probable_policy_and_end_at_the_cheapest(constant):
    costs, _ = random_pool(6)
    pool = assemble_pool(costs)
    rng = np.random.default_rng(0)
    success = np.full(pool.cost.shape, 0.5) if constant else rng.random(pool.cost.shape)
    inputs = inputs_of(success, pool.tier_costs, lambdas=7, thresholds=6, tolerances=5)
    weights, thresholds = weights_of_cost(inputs), thresholds_of_success(inputs)
    tolerances = tolerances_of_success(inputs)
    assert [len(np.unique(points)) for points in (weights, thresholds, tolerances)] == [7, 6, 5]
    assert weights[-1] > 1.5 * utility_breakpoints(success, pool.tier_costs).max(initial=0)
    decided = route_by_utility(inputs, weights)
    np.testing.assert_array_equal(decided[0], success.argmax(axis=1))
    assert (decided[-1] == 0).all()
    kept = ROUTERS["cascade"].route(inputs, thresholds)
    assert (kept[0] == 0).all() and (kept[-1] == len(pool.policies) - 1).all()
    within = route_within_tolerance(inputs, tolerances)
    np.testing.assert_array_equal(within[0], success.argmax(axis=1))
    assert (within[-1] == 0).all()


@pytest.mark.parametrize("points_of", [weights_of_cost, thresholds_of_success, tolerances_of_success])
def test_breakpoints_are_those_of_train(points_of):
    rng = np.random.default_rng(0)
    success, train = rng.random((60, 4)), np.arange(60) % 2 == 0
    inputs = replace(inputs_of(success, np.linspace(0, 1, 4)), train=train)
    np.testing.assert_array_equal(points_of(inputs), points_of(inputs_of(success[train], inputs.tier_costs)))
    assert (points_of(inputs) != points_of(replace(inputs, train=~train))).any()


def test_without_breakpoints_the_points_are_those_of_the_paper():
    inputs = RouterInputs(*[np.zeros((2, 2))] * 5, Sweep(lambdas=3, thresholds=5, tolerances=2))
    np.testing.assert_array_equal(weights_of_cost(inputs), [0, 0.5, 1])
    np.testing.assert_array_equal(thresholds_of_success(inputs), [0, 0.25, 0.5, 0.75, 1])
    np.testing.assert_array_equal(tolerances_of_success(inputs), [0, 1])
