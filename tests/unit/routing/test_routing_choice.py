"""Operating points are chosen where they may be, by the rule that is stated."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from foretell.routing.choice import CHOSEN, FALLS_BACK, best_single, choose_point
from foretell.routing.comparison import compare_folds
from foretell.routing.points import Points
from foretell.routing.routers import Sweep
from foretell.routing.settings import ACCURACY, BUDGET, MATCH
from foretell.routing.tables import PoolTables
from routing_tables import no_fewer_samples, probabilities_table, random_pool, settings_of

GRID = np.linspace(0, 1, 11)


def points(*rows):
    """Points over two problems from (strategy, all_samples, accuracy, cost); only whole policies may be routed to."""
    strategies, full, accuracy, cost = zip(*rows, strict=True)
    spread = np.array([-0.125, 0.125])
    labels = pd.DataFrame({"strategy": strategies, "all_samples": full, "routable": full})
    accuracy, cost = np.array(accuracy)[:, None] + spread, np.array(cost)[:, None] + spread
    return Points(labels, accuracy, cost, np.zeros_like(cost))


SINGLES = [("single", True, 0.75, 4.0), ("single", True, 0.75, 3.0), ("single", True, 0.5, 1.0)]


def test_the_best_single_policy_is_the_cheaper_of_equals_and_uses_all_of_its_samples():
    assert best_single(points(*SINGLES, ("single", False, 0.875, 2.0))) == 1


CHEAPEST, BEST = -1, -2  # of SINGLES, counted from the routed points


@pytest.mark.parametrize(
    ("criterion", "value", "routed", "chosen", "rules"),
    [
        (MATCH, None, [(0.875, 9.0), (0.75, 2.0), (0.625, 1.0)], 1, CHOSEN),
        (MATCH, None, [(0.75, 2.0), (0.875, 2.0), (0.875, 2.0)], 1, CHOSEN),
        (MATCH, None, [(0.75, 8.0), (0.5, 2.0)], 0, CHOSEN),
        (MATCH, None, [(0.75, 8.0), (0.75 - 1e-15, 2.0)], 1, CHOSEN),  # which differ by rounding alone
        (MATCH, None, [(0.5, 1.0), (0.625, 3.0)], BEST, FALLS_BACK),
        (BUDGET, 2.0, [(0.875, 2.25), (0.625, 1.0), (0.75, 2.0), (0.75, 1.5)], 3, CHOSEN),
        (BUDGET, 2.0, [(0.75, 2.0), (0.625, 1.0)], 0, CHOSEN),
        (BUDGET, 0.5, [(0.875, 2.0), (0.75, 0.75)], CHEAPEST, FALLS_BACK),
        (ACCURACY, 0.625, [(0.875, 2.0), (0.625, 1.0), (0.5, 0.5)], 1, CHOSEN),
        (ACCURACY, 1.0, [(0.875, 2.0)], BEST, FALLS_BACK),
    ],
)
def test_the_point_that_fulfils_the_criterion_else_a_single_policy(criterion, value, routed, chosen, rules):
    table = points(*SINGLES, *[("utility", False, *point) for point in routed])
    assert choose_point(table, table.of("utility"), criterion, value) == (len(SINGLES) + chosen, rules[criterion])


def test_a_budget_may_be_for_probing_too():
    table = points(*SINGLES, ("utility", False, 0.875, 2.0), ("utility", False, 0.75, 1.5))
    probing = np.zeros_like(table.cost)
    probing[len(SINGLES) :] = [[0.5, 0.5], [0.25, 0.25]]
    table, routed = replace(table, probing=probing), np.arange(len(SINGLES), len(SINGLES) + 2)
    for whether, expected in ((False, 0), (True, 1)):
        assert choose_point(table, routed, BUDGET, 2.0, whether) == (len(SINGLES) + expected, CHOSEN[BUDGET])
    unknown = replace(table, probing=np.full_like(probing, np.nan))
    assert choose_point(unknown, routed, BUDGET, 2.0, True)[0] == len(SINGLES), "where its price is unknown it is none"
    assert choose_point(table, routed, BUDGET, 1.6, True) == (2, FALLS_BACK[BUDGET])


def test_a_study_whose_budget_is_for_probing_too_chooses_by_it():
    costs, predictions = random_pool(1, problems=300)
    tables = PoolTables(costs, no_fewer_samples(), probabilities_table(predictions))
    routed = tables.routed(Sweep(lambdas=11, thresholds=11))
    points = routed.points.on(routed.pool.split == "validation")
    with_probing = (points.cost + points.probing).mean(axis=1)
    budget = float(with_probing[points.of("utility")].min())
    found = {}
    for whether in (False, True):
        compared = compare_folds([routed], settings_of(criteria={BUDGET: budget}, budget_with_probing=whether))
        row = np.flatnonzero(compared.labels.strategy == "utility")[0]
        assert compared.labels.choice[row] == CHOSEN[BUDGET] and compared.is_preferred.any()
        found[whether] = compared.points[row, 0]
    assert budget < with_probing[found[False]] and with_probing[found[True]] == budget


def chosen(costs, predictions, choose_on):
    part = PoolTables(costs, no_fewer_samples(), probabilities_table(predictions)).routed(
        Sweep(lambdas=11, thresholds=11)
    )
    criteria = {MATCH: None, BUDGET: 0.4, ACCURACY: 0.5}
    choosers = [{"calibrated_on": "train", "chosen_on": split} for split in choose_on]
    return compare_folds([part], settings_of(choosers=choosers, criteria=criteria)).labels


@pytest.mark.parametrize("choose_on", [["validation"], ["train", "validation"]])
def test_test_chooses_nothing(choose_on):
    for seed in range(3):
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
