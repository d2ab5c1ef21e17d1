"""Policies at fewer of their samples: what they cost, and how likely they are to be right."""

import numpy as np
import pandas as pd
import pytest

from foretell.common.errors import UserError
from foretell.routing.arms import add_arms, add_probabilities_of_arms
from foretell.routing.pool import align_probabilities, assemble_pool


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
