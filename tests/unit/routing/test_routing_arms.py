"""Policies at fewer of their samples, among which routers choose too."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from foretell.common.errors import UserError
from foretell.figures.risk_coverage import collect
from foretell.outcomes.summary import summarise
from foretell.routing.arms import add_arms, add_probabilities_of_arms
from foretell.routing.choice import best_single
from foretell.routing.costs import PolicyPrice, price_outcomes
from foretell.routing.curves import count_shares
from foretell.routing.decisions import align_decisions, route_pool
from foretell.routing.evaluation import evaluate_routing
from foretell.routing.fewer_samples import price_fewer_samples
from foretell.routing.field_metrics import measure
from foretell.routing.investment import Investment, one_off_costs
from foretell.routing.points import all_points
from foretell.routing.pool import align_probabilities, assemble_pool
from foretell.routing.probing import charge_every_encoder
from foretell.routing.routed import RoutedPool
from foretell.routing.sensitivity import replace_saving_intervals
from foretell.routing.summary import summarise_routing
from foretell.routing.tables import PoolTables
from price_outcomes import main as price
from route_queries import main as route
from routing_tables import SWEEP, probabilities_table, row, settings_of

SPLITS = ["train", "validation", "test"]


def rollouts(rng, names, k, chance):
    """k samples per problem: right (1), wrong (2) or without an answer, ten tokens each."""
    drawn = rng.random(len(names) * k)
    right = drawn < np.repeat(chance, k)
    answers = np.where(right, "1", np.where(drawn > 0.95, None, "2"))
    return pd.DataFrame(
        {
            "problem_id": np.repeat(names, k),
            "sample": np.tile(np.arange(k), len(names)),
            "answer_class": answers,
            "extracted_answer": answers,
            "correct": right,
            "prompt_tokens": 5,
            "completion_tokens": 10,
            "finish_reason": "stop",
        }
    )


PRICES = {
    "small": PolicyPrice(encoder="reader", input_price=1e6, output_price=1e6),
    "large": PolicyPrice(encoder="reader", input_price=1e6, output_price=2.5e6),
}


@pytest.fixture(scope="module")
def answers():
    """Of a policy of four samples and a dearer one of two: outcomes, rollouts, and predictions that know something."""
    rng = np.random.default_rng(3)
    names = [f"p{i:03d}" for i in range(240)]
    split = [SPLITS[i % 3] for i in range(240)]
    chance = rng.beta(1.2, 1.2, 240)
    tables = {
        "small": rollouts(rng, names, 4, 0.8 * chance),
        "large": rollouts(rng, names, 2, 0.2 + 0.8 * chance),
    }
    problems = pd.DataFrame({"problem_id": names, "split": split, "group": names, "reference_difficulty": None})
    problems["excluded_reason"] = None
    outcomes = {policy: summarise(table, problems) for policy, table in tables.items()}
    noisy = np.clip(chance + rng.normal(0, 0.1, 240), 0.02, 0.98)
    predictions = {policy: pd.DataFrame({"problem_id": names, "probability": noisy}) for policy in tables}
    return outcomes, tables, predictions


@pytest.fixture(scope="module")
def pool_of_arms(answers):
    """Their costs, without arms, the expectations over fewer samples, and the probabilities."""
    outcomes, tables, predictions = answers
    costs = price_outcomes(outcomes, PRICES)
    return costs, price_fewer_samples(tables, costs), probabilities_table(predictions)


@pytest.fixture(scope="module")
def routed(pool_of_arms):
    """What the pool with arms is decided from, and its decisions."""
    costs, fewer, probabilities = pool_of_arms
    arms = add_arms(costs, fewer)
    tables = PoolTables(arms, fewer, add_probabilities_of_arms(probabilities, arms))
    return tables, tables.routed(SWEEP)


def test_the_programs_route_over_arms_where_they_are_told_to(answers, tmp_path):
    outcomes, tables, predictions = answers
    for kind, frames in (("outcomes", outcomes), ("rollouts", tables), ("predictions", predictions)):
        for policy, frame in frames.items():
            frame.to_parquet(tmp_path / f"{policy}-{kind}.parquet")

    def named(kind, family=""):
        return [f"--{kind}", *(f"{policy}{family}={tmp_path}/{policy}-{kind}.parquet" for policy in PRICES)]

    prices = {
        policy: price.model_dump(exclude_defaults=True) | {"encoder": "reader"} for policy, price in PRICES.items()
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


def test_metrics_stand_between_whole_policies(routed):
    _, fold = routed
    frame = measure([fold], settings_of())
    assert set(frame.weak) == {"small"} and set(frame.strong) == {"large"}
    mixed = frame[frame.strategy == "hull"].set_index("metric").value
    assert set(mixed.index) == {"aiq", "apgr", "cpt_50", "cpt_80"}
    whole = measure([replace(fold, pool=fold.pool)], settings_of())
    assert mixed["aiq"] > 0 and whole[whole.strategy == "hull"].value.tolist() == mixed.tolist()


def test_a_budget_below_every_setting_is_kept_by_the_cheapest_that_may_be_chosen(routed):
    _, fold = routed
    summary = summarise_routing([fold], settings_of(criteria={"budget": 1.0}))
    found = row(summary, "utility")
    cheapest = summary[(summary.strategy == "single") & (summary.policy == "small") & (summary.samples == 1)].iloc[0]
    assert found.choice.startswith("no setting is within the budget") and found.cost == cheapest.cost == 15


def test_an_arm_costs_and_is_right_as_fewer_samples_are(pool_of_arms):
    costs, fewer, _ = pool_of_arms
    arms = add_arms(costs, fewer)
    pd.testing.assert_frame_equal(arms.iloc[: len(costs)], costs, check_dtype=False)
    added = arms.iloc[len(costs) :]
    assert list(added.policy.unique()) == ["large@1", "small@1", "small@2", "small@3"]
    expected = fewer.set_index(["policy", "samples", "problem_id"])
    for each in added.sample(50, random_state=1).itertuples():
        measured = expected.loc[each.of_policy, each.samples, each.problem_id]
        assert each.policy == f"{each.of_policy}@{each.samples}"
        assert (each.correct, each.cost) == (measured.expected_correct, measured.expected_cost)
    assert set(added.input_cost) == {5.0}
    per_sample = added.of_policy.map({"small": 10, "large": 25})
    assert (added.cost == 5 + per_sample * added.samples).all() and (added.output_cost == added.cost - 5).all()


def test_an_assumed_cost_stays_without_parts(pool_of_arms):
    costs, fewer, _ = pool_of_arms
    assumed = costs.assign(input_cost=np.nan, output_cost=np.nan, cost_basis="assumed")
    added = add_arms(assumed, fewer).iloc[len(costs) :]
    assert added.input_cost.isna().all() and added.output_cost.isna().all() and added.cost.notna().all()


def test_without_arms_nothing_is_added(pool_of_arms):
    costs, fewer, probabilities = pool_of_arms
    assert add_probabilities_of_arms(probabilities, costs) is probabilities
    with pytest.raises(UserError, match="key 'fewer_samples': no policy of the pool has more than one sample"):
        add_arms(costs.assign(samples=1), fewer[fewer.samples == 1])


def test_splits_without_problems_leave_probabilities_unknown(pool_of_arms):
    costs, fewer, probabilities = pool_of_arms
    arms = add_arms(costs, fewer)
    added = add_probabilities_of_arms(probabilities, arms.assign(split="test"))
    assert added.probability[added.policy.str.contains("@")].isna().all()


def test_probabilities_of_arms_are_calibrated_where_the_policy_s_are(pool_of_arms):
    costs, fewer, probabilities = pool_of_arms
    arms = add_arms(costs, fewer)
    for split in ("train", "validation"):
        moved = probabilities.assign(calibrated_on=split)
        added = add_probabilities_of_arms(moved, arms)
        pd.testing.assert_frame_equal(added.iloc[: len(moved)], moved)
        found = added.iloc[len(moved) :].merge(arms, on=["policy", "problem_id"])
        assert found.policy.nunique() == 4
        there = found[found.split == split].groupby("policy")[["probability", "correct"]].mean()
        np.testing.assert_allclose(there.probability, there.correct, atol=0.005)  # labels are smoothed


def test_test_labels_do_not_reach_the_probabilities_of_arms(pool_of_arms):
    costs, fewer, probabilities = pool_of_arms
    arms = add_arms(costs, fewer)
    forged = arms.assign(correct=arms.correct.where(arms.split != "test", 1 - arms.correct))
    pd.testing.assert_frame_equal(
        add_probabilities_of_arms(probabilities, arms), add_probabilities_of_arms(probabilities, forged)
    )


def test_folds_are_scaled_one_by_one(pool_of_arms):
    costs, fewer, probabilities = pool_of_arms
    arms = add_arms(costs, fewer)
    held = probabilities.problem_id.str[-1].astype(int) % 2
    folds = [
        probabilities.assign(fold=fold, split=np.where(held == fold, "test", "train")).assign(
            probability=probabilities.probability ** (1 + fold)
        )
        for fold in (0, 1)
    ]
    together = add_probabilities_of_arms(pd.concat(folds, ignore_index=True), arms)
    for fold, table in enumerate(folds):
        moved = arms.assign(
            split=arms.problem_id.map(table.drop_duplicates("problem_id").set_index("problem_id").split)
        )
        alone = add_probabilities_of_arms(table.drop(columns=["fold", "split"]), moved)
        part = together[together.fold == fold].drop(columns=["fold", "split"])
        pd.testing.assert_frame_equal(
            *(each.sort_values(["policy", "problem_id"], ignore_index=True) for each in (alone, part))
        )


def test_an_unknown_probability_stays_unknown(pool_of_arms):
    costs, fewer, probabilities = pool_of_arms
    arms = add_arms(costs, fewer)
    unknown = probabilities.assign(probability=probabilities.probability.where(probabilities.policy != "small"))
    added = add_probabilities_of_arms(unknown, arms)
    with pytest.raises(UserError, match="lack a probability on 240 of 240"):
        align_probabilities(added, assemble_pool(arms))


def test_policies_without_predictions_and_foreign_problems_are_named(pool_of_arms):
    costs, fewer, probabilities = pool_of_arms
    arms = add_arms(costs, fewer)
    without = add_probabilities_of_arms(probabilities[probabilities.policy != "small"], arms)
    with pytest.raises(UserError, match="policy 'small' has no 'linear' predictions; give --predictions small/linear"):
        align_probabilities(without, assemble_pool(arms))
    foreign = probabilities.replace({"problem_id": {"p000": "stranger"}})
    with pytest.raises(UserError, match="p000"):
        align_probabilities(add_probabilities_of_arms(foreign, arms), assemble_pool(arms))


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
    assert set(shares.policy) == {"small", "large"}
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
