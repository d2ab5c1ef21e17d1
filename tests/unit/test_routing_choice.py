"""Operating points are chosen where they may be, by the rule that is stated."""

import numpy as np
import pandas as pd
import pytest
from routing_tables import no_fewer_samples, random_pool

from foretell.routing.choice import FALLS_BACK, MATCHES, best_single, choose_point
from foretell.routing.comparison import compare
from foretell.routing.decisions import decide
from foretell.routing.points import Points
from foretell.routing.pool import align_probabilities, assemble_pool

GRID = np.linspace(0, 1, 11)


def points(*rows):
    """Points over two problems from (strategy, all_samples, accuracy, cost)."""
    strategies, full, accuracy, cost = zip(*rows, strict=True)
    spread = np.array([-0.125, 0.125])
    labels = pd.DataFrame({"strategy": strategies, "all_samples": full})
    accuracy, cost = np.array(accuracy)[:, None] + spread, np.array(cost)[:, None] + spread
    return Points(labels, accuracy, cost, np.zeros_like(cost))


SINGLES = [("single", True, 0.75, 4.0), ("single", True, 0.75, 3.0), ("single", True, 0.5, 1.0)]


def test_the_best_single_policy_is_the_cheaper_of_equals_and_uses_all_of_its_samples():
    assert best_single(points(*SINGLES, ("single", False, 0.875, 2.0))) == 1


@pytest.mark.parametrize(
    ("routed", "chosen", "rule"),
    [
        ([(0.875, 9.0), (0.75, 2.0), (0.625, 1.0)], 1, MATCHES),
        ([(0.75, 2.0), (0.875, 2.0), (0.875, 2.0)], 1, MATCHES),
        ([(0.75, 8.0), (0.5, 2.0)], 0, MATCHES),
        ([(0.5, 1.0), (0.625, 3.0)], -len(SINGLES) + 1, FALLS_BACK),
    ],
)
def test_the_cheapest_point_that_matches_else_the_best_single_policy(routed, chosen, rule):
    table = points(*SINGLES, *[("utility", False, *point) for point in routed])
    assert choose_point(table, "utility") == (len(SINGLES) + chosen, rule)


def chosen(costs, predictions, choose_on):
    pool = assemble_pool(costs)
    decisions = decide(pool, align_probabilities(predictions, pool), GRID, GRID)
    return compare(pool, no_fewer_samples(), decisions, choose_on).labels


@pytest.mark.parametrize("choose_on", [["validation"], ["train", "validation"]])
def test_test_chooses_nothing(choose_on):
    for seed in range(10):
        costs, predictions = random_pool(seed)
        test = costs.split == "test"
        other = costs.assign(correct=costs.correct.where(~test, 1 - costs.correct), cost=costs.cost.where(~test, 99.0))
        first, second = chosen(costs, predictions, choose_on), chosen(other, predictions, choose_on)
        pd.testing.assert_frame_equal(first, second)


def test_validation_chooses():
    costs, predictions = random_pool(seed=1)
    validation = costs.split == "validation"
    other = costs.assign(correct=costs.correct.where(~validation, 1 - costs.correct))
    first, second = chosen(costs, predictions, ["validation"]), chosen(other, predictions, ["validation"])
    assert first.best_single.tolist() != second.best_single.tolist()
    assert first.operating_point.tolist() != second.operating_point.tolist()
