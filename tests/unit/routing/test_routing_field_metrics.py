"""The field's metrics, worked by hand and against brute force."""

import numpy as np
import pytest
from scipy.integrate import quad

from foretell.figures.field_metrics import collect, layout
from foretell.routing.field_metrics import along_curve, measure
from foretell.routing.summary import summarise_routing
from routing_tables import SWEEP, hand_worked, pool_tables, random_pool, row, settings_of


def measured(tables):
    return measure([pool_tables(*tables).routed(SWEEP)], settings_of())


def value(frame, strategy, metric):
    (found,) = frame.value[(frame.strategy == strategy) & (frame.metric == metric)]
    return found


def test_a_curve_worked_by_hand():
    """From (1, .4) over (2, .8) to (3, .8): the mean height is (.6 + .8) / 2; half of the gap costs .25 of the way."""
    found = along_curve(np.array([1.0, 2.0, 3.0, 2.5]), np.array([0.4, 0.8, 0.8, 0.5]), (1, 3), (1, 0.4), (3, 0.8))
    assert found["aiq"] == pytest.approx(0.7) and found["apgr"] == pytest.approx((0.7 - 0.4) / 0.4)
    assert found["cpt_50"] == pytest.approx(0.25) and found["cpt_80"] == pytest.approx(0.4)


def test_what_is_not_reached_or_has_no_gap_is_undefined():
    cost, accuracy = np.array([1.0, 2.0]), np.array([0.4, 0.6])
    assert np.isnan(along_curve(cost, accuracy, (1, 3), (1, 0.4), (3, 0.9))["cpt_80"])
    found = along_curve(cost, accuracy, (1, 3), (1, 0.4), (3, 0.4))
    assert found["aiq"] == pytest.approx(0.55) and np.isnan([found["apgr"], found["cpt_50"]]).all()


@pytest.mark.parametrize("seed", range(5))
def test_the_mean_height_is_that_of_the_best_mixture_at_every_cost(seed):
    rng = np.random.default_rng(seed)
    cost, accuracy = rng.random(8), rng.random(8)

    def best(target):
        """Of all mixtures of two points that cost at most as much; below the cheapest, that one."""
        found = [accuracy[cost.argmin()], *accuracy[cost <= target]]
        for i, j in ((i, j) for i in range(8) for j in range(8) if cost[i] <= target < cost[j]):
            share = (target - cost[i]) / (cost[j] - cost[i])
            found.append((1 - share) * accuracy[i] + share * accuracy[j])
        return max(found)

    expected = quad(best, 0.2, 0.9, limit=200, epsabs=1e-6, points=np.sort(cost[(cost > 0.2) & (cost < 0.9)]))[0] / 0.7
    assert along_curve(cost, accuracy, (0.2, 0.9), (0, 0), (1, 1))["aiq"] == pytest.approx(expected, abs=1e-4)


def test_a_pool_worked_by_hand():
    """The cascade asks large where small is wrong: as right as large, which fails on one of the four with small."""
    frame = measured(hand_worked())
    assert value(frame, "cascade", "pgr") == 1.0
    assert np.isnan(value(frame, "cascade", "oracle_gap")), "no policy is right where large is wrong"
    assert set(frame.weak) == {"small"} and set(frame.strong) == {"large"}
    # p8 and p10: both are right; p9: large alone; p11: neither
    assert value(frame, "cascade", "accuracy_where_policies_disagree") == 1.0
    assert frame.n[frame.metric == "accuracy_where_policies_disagree"].tolist() == [1, 1]
    assert np.isnan(value(frame, "cascade", "win_rate")), "right where large is, so no problem tells"
    # small costs 1 and is right on 1/2, the cascade 2.5 and 3/4, level up to large's 4
    assert value(frame, "cascade", "aiq") == pytest.approx((0.5 * (0.5 + 0.75) * 1.5 + 0.75 * 1.5) / 3)
    assert value(frame, "cascade", "cpt_50") == pytest.approx(0.75 / 3)


@pytest.mark.parametrize("seed", range(4))
def test_optimism_is_what_the_best_point_of_test_saves_more(seed):
    tables = pool_tables(*random_pool(seed, problems=120))
    pool = tables.routed(SWEEP)
    frame = measure([pool], settings_of())
    summary = summarise_routing([pool], settings_of())
    points = pool.points.on(pool.pool.split == "test")
    accuracy, cost = points.accuracy.mean(axis=1), points.cost.mean(axis=1)
    labels = points.labels
    (strong,) = np.flatnonzero((labels.strategy == "single") & (labels.policy == frame.strong.iloc[0]))
    for router in ("utility", "cascade"):
        of_router = np.flatnonzero(labels.strategy == router)
        enough = [cost[point] for point in of_router if accuracy[point] >= accuracy[strong]] or [cost[strong]]
        expected = 1 - min(enough) / cost[strong] - row(summary, router).saving
        assert value(frame, router, "optimism") == pytest.approx(expected)


def test_intervals_hold_the_values_and_the_table_shows_them():
    frame = measured(random_pool(3, problems=120))
    curves = frame[frame.metric.isin(["aiq", "accuracy_where_policies_disagree"])]
    assert (curves.low <= curves.value).all() and (curves.value <= curves.high).all()
    table, note = layout(collect(frame))
    assert list(table.Router) == ["utility router", "cascade", "mixtures, no router"] and "strong: policy" in note
    assert table["AIQ, %"].str.contains(r"\[").all() and table["PGR, %"].iloc[2] == ""
