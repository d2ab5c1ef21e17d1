"""Decisions and the charge for probing equal a problem-by-problem reference."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from foretell.common.errors import UserError
from foretell.routing.decisions import align_decisions, decide, tabulate_decisions
from foretell.routing.pool import Source, align_probabilities, assemble_pool, require_different_costs, require_splits
from foretell.routing.probing import charge_consulted_in_order, charge_every_encoder
from foretell.routing.routers import Sweep
from routing_tables import costs_table, probabilities_table, random_pool

POINTS = np.linspace(0, 1, 6)
SWEEP = Sweep(routers=["tolerance", "cascade", "utility"], lambdas=6, thresholds=6, tolerances=6)
SOURCE = Source("linear", "train")


def aligned(predictions, pool):
    return align_probabilities(probabilities_table(predictions), pool)[SOURCE]


def tier_costs(costs):
    """Mean cost on train by policy, cheap to dear, and min-max normalised."""
    means = costs[costs.split == "train"].groupby("policy", sort=False).cost.mean().sort_values(kind="stable")
    span = means.max() - means.min()
    return means, (means - means.min()) / span if span else means * 0


def reference_decision(router, point, success, labels, tiers):
    """One problem at one operating point, policies from cheap to dear."""
    names = list(tiers.index)
    if router == "cascade":
        return next((name for name in names[:-1] if success[name] >= point), names[-1])
    if router == "tolerance":
        enough = [name for name in names if success.max() - success[name] <= point]
        return min(enough, key=lambda name: (tiers[name], -success[name], names.index(name)))
    if router == "oracle":
        return next((name for name in names if labels[name]), names[0])
    worth = success if router == "utility" else labels
    return max(names, key=lambda name: (worth[name] - point * tiers[name], -names.index(name)))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 5))
def test_decisions_equal_a_problem_by_problem_reference(seed, policies):
    costs, predictions = random_pool(seed, problems=15, policies=policies)
    pool = assemble_pool(costs)
    decided = decide(pool, {SOURCE: aligned(predictions, pool)}, SWEEP)
    table = tabulate_decisions(decided, pool)

    _, tiers = tier_costs(costs)
    labels = costs.pivot(index="problem_id", columns="policy", values="correct")
    success = pd.DataFrame({name: each.set_index("problem_id").probability for name, each in predictions.items()})
    for row in table.itertuples():
        expected = reference_decision(
            row.router, row.operating_point, success.loc[row.problem_id], labels.loc[row.problem_id], tiers
        )
        assert row.policy == expected, row
    assert len(table) == 15 * (4 * len(POINTS) + 1)


def test_tier_costs_come_from_train_alone():
    split = ["train", "test"]
    pool = assemble_pool(
        costs_table({"a": [1, 1], "b": [1, 1], "c": [1, 1]}, {"a": [3, 9], "b": [1, 9], "c": [2, 0]}, split)
    )
    assert pool.policies == ["b", "c", "a"]
    assert pool.tier_costs.tolist() == [0, 0.5, 1]


def test_policies_are_aligned_by_problem():
    costs, predictions = random_pool(seed=2)
    first, others = costs[costs.policy == "policy0"], costs[costs.policy != "policy0"]
    pool, shuffled = assemble_pool(costs), assemble_pool(pd.concat([first, others.sample(frac=1, random_state=1)]))
    columns = [shuffled.policies.index(policy) for policy in pool.policies]
    np.testing.assert_array_equal(shuffled.problem_id, pool.problem_id)
    np.testing.assert_array_equal(shuffled.correct[:, columns], pool.correct)
    np.testing.assert_array_equal(shuffled.cost[:, columns], pool.cost)
    mixed = {policy: each.sample(frac=1, random_state=1) for policy, each in predictions.items()}
    np.testing.assert_array_equal(aligned(mixed, pool), aligned(predictions, pool))


def test_decisions_survive_the_table():
    costs, predictions = random_pool(seed=3)
    pool = assemble_pool(costs)
    decided = decide(pool, {SOURCE: aligned(predictions, pool)}, SWEEP)
    shuffled = tabulate_decisions(decided, pool).sample(frac=1, random_state=1)
    restored = {each.router: each for each in align_decisions(shuffled, pool)}
    for each in decided:
        np.testing.assert_array_equal(restored[each.router].operating_points, each.operating_points)
        np.testing.assert_array_equal(restored[each.router].chosen, each.chosen)


def test_a_study_has_the_routers_that_it_names_in_the_registrys_order():
    costs, predictions = random_pool(seed=3)
    pool = assemble_pool(costs)
    probabilities = {SOURCE: aligned(predictions, pool)}
    beside = ["oracle", "oracle_utility"]
    assert [each.router for each in decide(pool, probabilities, Sweep())] == ["utility", "cascade", *beside]
    assert [each.router for each in decide(pool, probabilities, SWEEP)] == ["utility", "cascade", "tolerance", *beside]
    alone = decide(pool, probabilities, Sweep(routers=["cascade"]))
    assert [each.router for each in alone] == ["cascade", "oracle"]
    with pytest.raises(ValidationError, match="'cheapest' is none of utility, cascade, tolerance, stepwise"):
        Sweep(routers=["cheapest"])


def test_a_missing_or_foreign_decision_is_an_error():
    costs, predictions = random_pool(seed=3)
    pool = assemble_pool(costs)
    table = tabulate_decisions(decide(pool, {SOURCE: aligned(predictions, pool)}, SWEEP), pool)
    with pytest.raises(UserError, match="router 'utility' lacks 1 decisions"):
        align_decisions(table.iloc[1:], pool)
    with pytest.raises(
        UserError, match="unknown router 'knn'; known: utility, cascade, tolerance, stepwise, oracle_utility"
    ):
        align_decisions(table.assign(router=table.router.astype("str").replace("cascade", "knn")), pool)
    with pytest.raises(UserError, match="name the policy 'policy3', which the pool's costs lack"):
        align_decisions(table, assemble_pool(costs[costs.policy != "policy3"]))


def three_policies(encoders):
    """Prefills of 1, 10 and 100 dollars, so that a charge shows what it consists of."""
    costs = costs_table(
        {"a": [1, 1], "b": [1, 1], "c": [1, 1]},
        {"a": 1, "b": 2, "c": 3},
        ["train", "test"],
        probe_cost={"a": 1, "b": 10, "c": 100},
        encoders=encoders,
    )
    return assemble_pool(costs)


def test_the_utility_router_consults_every_encoder_and_reuses_the_chosen_one():
    charge = charge_every_encoder(three_policies({"a": "x", "b": "y", "c": "z"}))
    assert charge.tolist() == [[110, 101, 11]] * 2


def test_the_cascade_consults_up_to_the_kept_policy_and_never_the_last():
    charge = charge_consulted_in_order(three_policies({"a": "x", "b": "y", "c": "z"}))
    assert charge.tolist() == [[0, 1, 11]] * 2


def test_a_shared_encoder_is_read_once_and_reused_by_either_policy():
    # a and c share encoder x: a prefill of a also serves c, so that choosing either charges only b's
    pool = three_policies({"a": "x", "b": "y", "c": "x"})
    pool.probe_cost[:, 2] = 1
    assert charge_every_encoder(pool).tolist() == [[10, 1, 10]] * 2
    assert charge_consulted_in_order(pool).tolist() == [[0, 1, 10]] * 2


def test_what_another_model_reads_for_a_policy_is_charged_beside_its_answer():
    pool = three_policies({"a": "x", "b": "y", "c": "z"})
    pool.reuses_prefill[1] = False
    assert charge_every_encoder(pool).tolist() == [[110, 111, 11]] * 2
    assert charge_consulted_in_order(pool).tolist() == [[0, 11, 11]] * 2
    pool.reuses_prefill[2] = False
    assert charge_consulted_in_order(pool).tolist() == [[0, 11, 11]] * 2, "the last is kept without a probe"


def test_an_unknown_prefill_makes_the_charge_unknown_unless_it_is_reused():
    charge = charge_every_encoder(three_policies({"a": None, "b": "y", "c": "z"}))
    assert charge.tolist() == [[110, 101, 11]] * 2
    pool = three_policies({"a": "x", "b": "y", "c": None})
    pool.probe_cost[:, 2] = np.nan
    assert np.isnan(charge_every_encoder(pool)).tolist() == [[True, True, False]] * 2
    assert not np.isnan(charge_consulted_in_order(pool)).any()


COSTS, PREDICTIONS = random_pool(seed=5, problems=6, policies=2)


def with_probability(values):
    return PREDICTIONS | {"policy1": PREDICTIONS["policy1"].assign(probability=values)}


@pytest.mark.parametrize(
    ("predictions", "message"),
    [
        ({"policy0": PREDICTIONS["policy0"]}, "policy 'policy1' has no 'linear' predictions"),
        (with_probability([0.5, np.nan, np.nan, 0.1, 0.1, 0.1]), "'policy1' lack a probability on 2 of 6 problems"),
        (
            with_probability([0.5, 1.5, -0.5, 0.1, 0.1, 0.1]),
            r"'policy1' hold 2 probabilities outside \[0, 1\], such as 1.5",
        ),
        (
            PREDICTIONS | {"policy1": PREDICTIONS["policy1"].iloc[2:]},
            "for policy 'policy1' and the pool's costs cover different problems: the former lack 2, the latter 0",
        ),
    ],
)
def test_unusable_predictions_are_named(predictions, message):
    with pytest.raises(UserError, match=message):
        aligned(predictions, assemble_pool(COSTS))


def test_pools_that_cannot_be_routed_are_named():
    with pytest.raises(UserError, match="a pool of one, policy0"):
        assemble_pool(COSTS[COSTS.policy == "policy0"])
    with pytest.raises(UserError, match="different problems: the former lack 1, the latter 0, such as 'p0'"):
        assemble_pool(COSTS[(COSTS.policy == "policy0") | (COSTS.problem_id != "p0")])
    with pytest.raises(UserError, match="the split 'train' is empty"):
        assemble_pool(COSTS[COSTS.split != "train"])
    with pytest.raises(UserError, match="the split 'validation' is empty"):
        require_splits(assemble_pool(COSTS[COSTS.split != "validation"]), ["validation", "test"])
    with pytest.raises(UserError, match="another split"):
        assemble_pool(COSTS.assign(split=COSTS.split.where(COSTS.policy == "policy0", "test")))
    with pytest.raises(UserError, match="policy0, policy1 all cost 1 USD per problem on train"):
        require_different_costs(assemble_pool(COSTS.assign(cost=1.0)))
