"""The hull equals scipy's, and mixtures lie on it."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import ConvexHull

from foretell.routing.hull import Mixture, blend, mix_to_cost, upper_hull


def scipy_upper_hull(cost, accuracy):
    """Vertices of the full hull that are neither dominated nor below the chord of two others."""
    # corners far to the dear and the inaccurate side leave only the upper left part of the hull
    low, high = accuracy.min() - 1, cost.max() + 1
    cloud = np.vstack([np.column_stack([cost, accuracy]), [[cost.min(), low], [high, accuracy.max()], [high, low]]])
    vertices = [v for v in ConvexHull(cloud).vertices if v < len(cost)]
    return sorted(vertices, key=lambda v: cost[v])


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 40))
def test_hull_equals_scipys(seed, points):
    rng = np.random.default_rng(seed)
    cost, accuracy = rng.random(points), rng.random(points)
    assert upper_hull(cost, accuracy).tolist() == scipy_upper_hull(cost, accuracy)


def test_duplicates_and_points_on_an_edge_are_no_vertices():
    cost = np.array([1.0, 1.0, 2.0, 3.0, 3.0, 4.0])
    accuracy = np.array([0.25, 0.125, 0.5, 0.75, 0.75, 0.5])
    assert upper_hull(cost, accuracy).tolist() == [0, 3]


def test_a_single_point_is_its_own_hull():
    assert upper_hull(np.array([2.0]), np.array([0.5])).tolist() == [0]


def test_a_mixture_has_the_cost_that_was_asked_for():
    cost, accuracy = np.array([4.0, 1.0, 2.0]), np.array([0.9, 0.2, 0.6])
    hull = upper_hull(cost, accuracy)
    mixture = mix_to_cost(hull, cost, 2.5)
    assert mixture == Mixture(cheap=2, dear=0, weight=0.25)
    np.testing.assert_allclose(blend([mixture], cost), 2.5)
    np.testing.assert_allclose(blend([mixture], accuracy), 0.675)


def test_beyond_the_hull_its_ends_stand():
    cost, accuracy = np.array([1.0, 2.0]), np.array([0.2, 0.6])
    hull = upper_hull(cost, accuracy)
    np.testing.assert_allclose(blend([mix_to_cost(hull, cost, 0.5), mix_to_cost(hull, cost, 9)], accuracy), [0.2, 0.6])


def test_an_unknown_cost_has_an_unknown_mixture():
    assert np.isnan(blend([mix_to_cost(np.array([0]), np.array([1.0]), np.nan)], np.array([0.5]))).all()
