"""Pools of folds: each fold chooses on its own, and their test problems are reported together."""

import numpy as np
import pytest

from foretell.common.errors import UserError
from foretell.routing.curves import count_shares, trace_curves
from foretell.routing.summary import summarise_routing
from foretell.routing.tables import PoolTables
from routing_tables import RESAMPLING, SWEEP, no_fewer_samples, pool_tables, random_pool, settings_of


def halves(seed):
    """The same pool twice: what is validation in one fold is test in the other."""
    costs, predictions = random_pool(seed, problems=90)
    swapped = costs.assign(split=costs.split.map({"train": "train", "validation": "test", "test": "validation"}))
    return [pool_tables(each, predictions) for each in (costs, swapped)]


@pytest.mark.parametrize("seed", range(5))
def test_folds_choose_on_their_own_and_are_reported_together(seed):
    folds = [each.routed(SWEEP) for each in halves(seed)]
    settings = settings_of(criteria={"match": None, "accuracy": 0.6})
    pooled = summarise_routing(folds, settings)
    alone = [summarise_routing([part], settings) for part in folds]
    assert pooled.n.eq(60).all() and alone[0].n.eq(30).all()
    first, second = alone
    for name in ("accuracy", "cost", "hull_accuracy", "accuracy_difference", "gain_over_hull", "cost_with_probing"):
        np.testing.assert_allclose(pooled[name], (first[name] + second[name]) / 2, atol=1e-12)
    best_cost = [each.cost / (1 - each.saving) for each in alone]
    np.testing.assert_allclose(pooled.saving, 1 - (first.cost + second.cost) / sum(best_cost))
    same = first.operating_point.eq(second.operating_point)
    assert (
        pooled.operating_point[same].equals(first.operating_point[same]) and pooled.operating_point[~same].isna().all()
    )
    for row in pooled[pooled.strategy.isin(["utility", "cascade"])].itertuples():
        assert row.accuracy_low <= row.accuracy <= row.accuracy_high


def test_curves_of_folds_are_over_all_test_problems():
    folds = [each.routed(SWEEP) for each in halves(seed=1)]
    together, alone = trace_curves(folds, **RESAMPLING), [trace_curves([part], **RESAMPLING) for part in folds]
    assert set(together.split) == {"test"} and together.n.eq(60).all()
    routed = [curves[(curves.split == "test") & (curves.strategy == "utility")] for curves in (together, *alone)]
    np.testing.assert_allclose(routed[0].accuracy, (routed[1].accuracy.to_numpy() + routed[2].accuracy.to_numpy()) / 2)
    shares = [table[(table.split == "test")] for table in (count_shares(folds), *(count_shares([p]) for p in folds))]
    np.testing.assert_allclose(shares[0].share, (shares[1].share.to_numpy() + shares[2].share.to_numpy()) / 2)


def test_folds_with_other_policies_are_refused():
    first, second = halves(seed=1)
    fewer = second.costs[second.costs.policy != "policy0"]
    folds = [first.routed(SWEEP), PoolTables(fewer, no_fewer_samples(), second.probabilities).routed(SWEEP)]
    with pytest.raises(UserError, match="give them the same policies"):
        summarise_routing(folds, settings_of())
