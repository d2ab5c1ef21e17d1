"""Routing over policies at fewer of their samples."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from foretell.figures.risk_coverage import collect
from foretell.report.explorer import _policies
from foretell.routing.arms import add_arms, add_probabilities_of_arms
from foretell.routing.choice import best_single
from foretell.routing.curves import count_shares
from foretell.routing.decisions import align_decisions, route_pool
from foretell.routing.evaluation import evaluate_routing
from foretell.routing.explorer import explore
from foretell.routing.field_metrics import measure
from foretell.routing.investment import estimate_return, one_off_costs
from foretell.routing.points import all_points
from foretell.routing.pool import assemble_pool
from foretell.routing.probing import charge_every_encoder
from foretell.routing.routed import RoutedPool
from foretell.routing.sensitivity import replace_saving_intervals
from foretell.routing.settings import Investment, ReturnSettings
from foretell.routing.summary import summarise_routing
from foretell.routing.tables import PoolTables
from price_outcomes import main as price
from route_queries import main as route
from routing_tables import SETTINGS, SWEEP, row, settings_of


def test_the_programs_route_over_arms_where_they_are_told_to(answers, tmp_path):
    policy_prices, outcomes, tables, predictions = answers
    for kind, frames in (("outcomes", outcomes), ("rollouts", tables), ("predictions", predictions)):
        for policy, frame in frames.items():
            frame.to_parquet(tmp_path / f"{policy}-{kind}.parquet")

    def named(kind, family=""):
        return [f"--{kind}", *(f"{policy}{family}={tmp_path}/{policy}-{kind}.parquet" for policy in policy_prices)]

    prices = {
        policy: price.model_dump(exclude_defaults=True) | {"encoder": "reader"}
        for policy, price in policy_prices.items()
    }
    chosen = {}
    for fewer in (False, True):
        settings = {"policies": prices, "fewer_samples": fewer}
        files = [f"--costs={tmp_path}/costs.parquet", f"--fewer-samples={tmp_path}/fewer.parquet"]
        price(["--settings", json.dumps(settings), *named("outcomes"), *named("rollouts"), *files])
        settings = {"sweep": SWEEP.model_dump(), "probabilities": {"train": "probability"}}
        files = [f"--{name}={tmp_path}/{name}.parquet" for name in ("costs", "probabilities", "decisions")]
        route(["--settings", json.dumps(settings), *named("predictions", "/linear"), *files])
        chosen[fewer] = set(pd.read_parquet(tmp_path / "decisions.parquet").policy)
    assert chosen[False] == {"small", "large"}
    assert {"small@1", "large@1"} <= chosen[True]


def test_answering_selectively_is_shown_of_whole_policies(routed):
    tables, _ = routed
    fallback = {"cost": 1.0, "accuracy": 0.9, "assumption": "made up"}
    assert set(collect(tables.costs, tables.probabilities, fallback, 5, 1).policy) == {"small", "large"}


def test_an_assumed_cost_is_varied_with_all_numbers_of_samples(routed):
    tables, _ = routed
    scaled = tables.scaled("small", 2.0).costs
    factor = (scaled.cost / tables.costs.cost).groupby(scaled.of_policy).agg(["min", "max"])
    assert factor.loc["small"].tolist() == [2, 2] and factor.loc["large"].tolist() == [1, 1]
    assumed = PoolTables(tables.costs.assign(cost_basis="assumed"), tables.fewer_samples, tables.probabilities)
    summary = summarise_routing([assumed.routed(SWEEP)], settings_of())
    ranged = replace_saving_intervals(summary, [assumed], settings_of(), 0.5)
    assert (ranged.saving_low <= ranged.saving + 1e-12).all() and ranged.saving_low.notna().all()


def test_samples_of_one_policy_are_read_for_once(routed):
    _, fold = routed
    own = replace(fold.pool, encoders=[None] * 6, reuses_prefill=[False] * 6, probe_cost=np.ones((240, 6)))
    assert set(charge_every_encoder(own).ravel()) == {2.0}


def test_metrics_stand_between_whole_policies(pool_of_arms, routed):
    _, fold = routed
    frame = measure([fold], settings_of())
    assert set(frame.weak) == {"small"} and set(frame.strong) == {"large"}
    mixed = frame[frame.strategy == "hull"].set_index("metric").value
    assert set(mixed.index) == {"aiq", "apgr", "cpt_50", "cpt_80"}
    without = measure([PoolTables(*pool_of_arms).routed(SWEEP)], settings_of())
    assert without[without.strategy == "hull"].value.tolist() == mixed.tolist(), "mixtures may have fewer in any case"


def test_a_budget_below_every_setting_is_kept_by_the_cheapest_that_may_be_chosen(routed):
    _, fold = routed
    summary = summarise_routing([fold], settings_of(criteria={"budget": 1.0}))
    found = row(summary, "utility")
    cheapest = summary[(summary.strategy == "single") & (summary.policy == "small") & (summary.samples == 1)].iloc[0]
    assert found.choice.startswith("no setting is within the budget") and found.cost == cheapest.cost == 15


def test_routers_choose_among_arms_and_are_compared_with_whole_policies(pool_of_arms):
    costs, fewer, probabilities = pool_of_arms
    arms = add_arms(costs, fewer)
    probable = add_probabilities_of_arms(probabilities, arms)
    pool = assemble_pool(arms)
    assert pool.policies == ["small@1", "small@2", "large@1", "small@3", "small", "large"]
    assert pool.whole_policies == ["small", "large"]
    decisions = route_pool(arms, probable, SWEEP)
    assert set(decisions.policy) - set(pool.whole_policies)
    routed = RoutedPool(pool, fewer, align_decisions(decisions, pool))
    points = all_points(pool, fewer, routed.decisions)
    singles = points.labels[points.labels.strategy == "single"]
    assert sorted(zip(singles.policy, singles.samples, strict=True)) == [
        *(("large", k) for k in (1, 2)),
        *(("small", k) for k in (1, 2, 3, 4)),
    ]
    assert points.labels.policy[best_single(points)] == "large" and points.labels.samples[best_single(points)] == 2
    random = points.of("random")[0]
    whole = costs.groupby("problem_id").correct.mean()
    np.testing.assert_allclose(points.accuracy[random], whole[pool.problem_id])

    # what is right in most of the subsets, of equals the cheapest
    oracle = points.of("oracle")[0]
    by_hand = [(-correct, place) for correct, place in zip(pool.correct[0], range(6), strict=True)]
    assert points.accuracy[oracle][0] == -min(by_hand)[0] and points.cost[oracle][0] == pool.cost[0, min(by_hand)[1]]

    shares = count_shares([routed])
    in_order = shares.drop_duplicates(["policy", "samples"])
    by_arm = [("small", 1), ("small", 2), ("small", 3), ("small", 4), ("large", 1), ("large", 2)]
    assert list(zip(in_order.policy, in_order.samples, strict=True)) == by_arm
    utility = next(each for each in routed.decisions if each.router == "utility")
    test = pool.split == "test"
    counted = shares[(shares.router == "utility") & (shares.split == "test") & (shares.operating_point == 0)]
    expected = [(np.array(pool.policies)[utility.chosen[0][test]] == name).mean() for name in
                ("small@1", "small@2", "small@3", "small", "large@1", "large")]  # fmt: skip
    assert counted.share.tolist() == expected
    sums = shares.groupby(["split", "family", "router", "operating_point"], dropna=False).share.sum()
    np.testing.assert_allclose(sums, 1)
    once = one_off_costs([routed], Investment(queries_per_month=1, assumption="none"))
    assert once.answers == pytest.approx(costs.cost[costs.split != "test"].sum())  # each answer is paid once


def test_a_router_that_may_choose_fewer_samples_is_held_against_the_same_mixtures(pool_of_arms):
    costs, fewer, probabilities = pool_of_arms
    arms = add_arms(costs, fewer)
    summaries = []
    for table, probable in ((costs, probabilities), (arms, add_probabilities_of_arms(probabilities, arms))):
        decided = route_pool(table, probable, SWEEP)
        budget = settings_of(criteria={"budget": 17.0})
        summaries.append(evaluate_routing([(PoolTables(table, fewer, probable), decided)], budget)[2])
    without, with_arms = (row(summary, "utility") for summary in summaries)
    assert without.choice.startswith("no setting is within the budget")  # the cheapest policy costs 45
    assert with_arms.cost < 17.5 and with_arms.accuracy > 0.3
    assert without.best_single == with_arms.best_single
    for summary in summaries:
        singles = summary[summary.strategy == "single"].sort_values(["policy", "samples"])
        assert list(singles.samples) == [1, 2, 1, 2, 3, 4]
    same = ["policy", "samples", "accuracy", "cost", "accuracy_low", "matched"]
    left, right = (
        each[each.strategy == "single"].sort_values(["policy", "samples"], ignore_index=True)[same]
        for each in summaries
    )
    pd.testing.assert_frame_equal(left, right)


def test_a_year_has_each_policy_at_each_number_of_samples_that_routers_may_choose(routed):
    _, fold = routed
    investment = {"queries_per_month": 10.0, "incumbent": "small", "assumption": "a guess"}
    settings = ReturnSettings.model_validate({**SETTINGS, "investment": investment})
    returns = estimate_return([fold], settings)
    singles = returns[returns.strategy == "single"]
    assert sorted(zip(singles.policy, singles.samples, strict=True)) == [
        *(("large", k) for k in (1, 2)),
        *(("small", k) for k in (1, 2, 3, 4)),
    ]
    incumbent = singles[singles.is_incumbent]
    assert incumbent.policy.tolist() == ["small"] and incumbent.samples.tolist() == [4], "at all of its samples"
    found = explore([fold], settings)
    shown = _policies(found.shares)
    assert [each["name"] for each in shown][:2] == ["small, 1 sample", "small, 2 samples"]
    assert [each["opacity"] for each in shown] == [0.25, 0.5, 0.75, 1, 0.25, 1]
    assert len({each["colour"] for each in shown}) == 2
    shares = found.shares[found.shares.point == 0].set_index(["policy", "samples"]).share
    counted = count_shares([fold])
    at = found.points.iloc[0]
    same = (counted.router == at.strategy) & (counted.operating_point == at.operating_point) & (counted.split == "test")
    assert shares.to_dict() == pytest.approx(counted[same].set_index(["policy", "samples"]).share.to_dict())
