"""The reported numbers, worked by hand and recomputed problem by problem."""

import numpy as np
import pandas as pd
import pytest

from foretell.common.errors import UserError
from foretell.common.statistics import bootstrap_weights, percentile_interval
from foretell.routing.curves import count_shares, trace_curves
from foretell.routing.points import Points
from foretell.routing.pool import Source, align_probabilities, tabulate_probabilities
from foretell.routing.sensitivity import replace_saving_intervals
from foretell.routing.summary import summarise_routing
from foretell.routing.tables import PoolTables
from routing_tables import (
    RESAMPLING,
    SWEEP,
    costs_table,
    hand_worked,
    no_fewer_samples,
    pool_tables,
    probabilities_table,
    random_pool,
    row,
    settings_of,
)


def summarised(costs, predictions, fewer=None, choose_on=("validation",), **criteria):
    parts = [pool_tables(costs, predictions, fewer).routed(SWEEP)]
    choosers = [{"calibrated_on": "train", "chosen_on": split} for split in choose_on]
    return summarise_routing(parts, settings_of(choosers=choosers, criteria={"match": None, **criteria}))


def ranged(summary, *arguments):
    parts = [pool_tables(*arguments)]
    return replace_saving_intervals(summary, parts, settings_of(), sensitivity=0.5)


def test_a_cascade_worked_by_hand():
    cascade = row(summarised(*hand_worked()), "cascade")
    # validation: threshold 0.25 sends half to small, is always right and costs 2.5 instead of 4
    assert (cascade.operating_point, cascade.choice, cascade.best_single) == (0.25, "cheapest that matches", "large")
    assert (cascade.accuracy, cascade.cost) == (0.75, 2.5)  # one test problem defeats both
    assert cascade.cost_with_probing == 2.5 + 0.5 * 0.25  # small's prefill is reused where small is kept
    assert cascade.accuracy_difference == 0
    assert cascade.saving == 1 - 2.5 / 4
    assert cascade.saving_with_probing == 1 - 2.625 / 4
    assert cascade.matched == "underpowered"  # of four problems
    # the mixture: half small, half large costs 2.5 and is right on 3/4 of validation
    assert cascade.hull_policies == "50.0 % small (1 samples) + 50.0 % large (1 samples)"
    assert (cascade.hull_accuracy, cascade.hull_cost) == ((0.5 + 0.75) / 2, 2.5)
    assert cascade.gain_over_hull == 0.75 - 0.625
    # with probing it costs 2.625 there: 0.375 less of the way from large to small
    assert cascade.gain_over_hull_with_probing == pytest.approx(0.75 - (0.5 + 0.25 * 1.625 / 3))


def test_the_utility_router_pays_for_both_probes():
    utility = row(summarised(*hand_worked()), "utility")
    assert utility.cost == 2.5
    assert utility.cost_with_probing == 2.5 + 0.5 * 0.5 + 0.5 * 0.25


def test_references_worked_by_hand():
    summary = summarised(*hand_worked())
    assert row(summary, "random").accuracy == (0.5 + 0.75) / 2
    assert row(summary, "random").cost == 2.5
    oracle = row(summary, "oracle")
    assert (oracle.accuracy, oracle.cost) == (0.75, (1 + 4 + 1 + 1) / 4)
    assert oracle.cost_with_probing == oracle.cost
    small = row(summary, "single", policy="small")
    assert (small.accuracy_difference, small.saving) == (-0.25, 0.75)
    mixture = row(summary, "hull", at_cost_of="cascade")
    assert (mixture.accuracy, mixture.cost, mixture.gain_over_hull) == (0.625, 2.5, 0)


def test_matched_means_that_the_interval_excludes_a_loss_of_one_point():
    for losses, matched in ((0, "yes"), (1, "yes"), (9, "no"), (60, "no")):
        split = ["train"] * 2 + ["validation"] * 2 + ["test"] * 1000
        small = [1, 0, 1, 0] + [0] * losses + [1] * (1000 - losses)
        costs = costs_table({"small": small, "large": [1] * 1004}, {"small": 1.0, "large": 4.0}, split)
        ids = costs.problem_id.unique()
        sure = pd.DataFrame({"problem_id": ids, "probability": [1, 0, 1, 0] + [1.0] * 1000})
        summary = summarised(costs, {"small": sure, "large": sure.assign(probability=0.5)})
        cascade = row(summary, "cascade")
        assert cascade.accuracy_difference == pytest.approx(-losses / 1000)
        assert cascade.matched == matched, losses


def test_equal_decisions_have_equal_verdicts():
    """A router that falls back to the best single policy, one that chooses it each time, and a mixture of it alone."""
    costs, predictions = hand_worked()
    never = {policy: table.assign(probability=1.0) for policy, table in predictions.items()}
    sure = {policy: table.assign(probability=float(policy == "large")) for policy, table in predictions.items()}
    for given in (never, sure):
        summary = summarised(costs, given)
        alike = summary[summary.accuracy.eq(0.75) & summary.cost.eq(4.0)]
        assert {"single", "hull", "utility"} <= set(alike.strategy) and alike.matched.isna().all()
    assert row(summary, "utility").accuracy_difference_low < 0, "a chosen setting may decide otherwise on others"
    fallen = row(summarised(costs, never, budget=0.5), "utility", criterion="budget")
    assert fallen.choice == "no setting is within the budget: cheapest policy"
    assert fallen.matched == row(summary, "single", policy="small").matched == "underpowered"


def test_a_single_policy_that_stands_for_a_router_has_no_verdict():
    costs, predictions = hand_worked()
    never = {policy: table.assign(probability=1.0) for policy, table in predictions.items()}  # small gets everything
    summary = summarised(costs, never)
    fallen = row(summary, "utility")
    assert fallen.choice == "no setting matches: best single policy"
    best = row(summary, "single", policy="large")
    for each in (fallen, best):
        assert (each.accuracy_difference_low, each.accuracy_difference_high) == (0, 0)
    assert pd.isna(fallen.matched) and pd.isna(best.matched)
    assert row(summary, "random").matched == "underpowered"


def fewer_table(costs, k=3):
    rows = [
        costs[["problem_id", "split", "policy"]].assign(
            samples=samples, expected_correct=costs.correct * samples / k, expected_cost=costs.cost * samples / k
        )
        for samples in range(1, k + 1)
    ]
    return pd.concat(rows, ignore_index=True)


def test_every_row_recomputes_problem_by_problem():
    costs, predictions = random_pool(seed=8, problems=60)
    costs = costs.assign(samples=3, group=costs.problem_id.str[1])  # groups of unequal size
    fewer = fewer_table(costs)
    summary = summarised(costs, predictions, fewer, choose_on=("validation", "train"))
    table = costs[costs.split == "test"]
    correct = table.pivot(index="problem_id", columns="policy", values="correct")
    cost = table.pivot(index="problem_id", columns="policy", values="cost")
    group = table.drop_duplicates("problem_id").set_index("problem_id").group.loc[correct.index]
    weights = bootstrap_weights(group, **RESAMPLING)
    for single in summary[(summary.strategy == "single") & (summary.samples == 2)].itertuples():
        accuracy = correct[single.policy] * 2 / 3
        resampled = weights @ accuracy / weights.sum(axis=1)
        assert single.accuracy_difference == pytest.approx((accuracy - correct[single.best_single]).mean())
        assert (single.accuracy_low, single.accuracy_high) == pytest.approx(percentile_interval(resampled))
        resampled = 1 - (weights @ cost[single.policy] * 2 / 3) / (weights @ cost[single.best_single])
        assert (single.saving_low, single.saving_high) == pytest.approx(percentile_interval(resampled))
    routed = {"utility", "cascade", "oracle_utility"}
    assert (
        summary[summary.strategy.isin(routed)].groupby("strategy").chosen_on.agg(set).tolist()
        == [{"validation", "train"}] * 3
    )
    assert (summary.strategy == "single").sum() == 3 * costs.policy.nunique()
    assert summary.n.eq(20).all()


def test_unknown_probing_is_null_and_nothing_else():
    costs, predictions = hand_worked()
    cascade = row(summarised(costs.assign(probe_cost=np.nan, encoder=None), predictions), "cascade")
    unknown = cascade[[name for name in cascade.index if "with_probing" in name]]
    assert unknown.isna().all()
    assert cascade.saving == 1 - 2.5 / 4


def test_test_may_not_choose():
    with pytest.raises(UserError, match="'choosers' must name the splits that choose"):
        summarised(*hand_worked(), choose_on=("test",))
    costs, predictions = hand_worked()
    with pytest.raises(UserError, match="'pilot' is empty"):
        summarised(costs, predictions, choose_on=("pilot",))


def test_curves_are_raw_points_of_every_split():
    costs, predictions = random_pool(seed=9, problems=45)
    costs = costs.assign(samples=3)
    part = pool_tables(costs, predictions, fewer_table(costs)).routed(SWEEP)
    pool = part.pool
    probabilities = align_probabilities(probabilities_table(predictions), pool)[Source("linear", "train")]
    curves = trace_curves([part], **RESAMPLING)
    shares = count_shares([part])

    on_test = pool.split == "test"
    utility = curves[(curves.split == "test") & (curves.strategy == "utility")]
    chosen = (probabilities - 0.5 * pool.tier_costs).argmax(axis=1)[on_test]
    middle = utility[utility.operating_point == 0.5].iloc[0]
    assert middle.accuracy == pytest.approx(pool.correct[on_test][np.arange(15), chosen].mean())
    assert middle.cost == pytest.approx(pool.cost[on_test][np.arange(15), chosen].mean())
    assert middle.probing_cost > 0
    assert curves.groupby("split", sort=False).size().index.tolist() == ["train", "validation", "test"]
    assert (
        curves[curves.strategy == "single"].groupby(["split", "policy"]).samples.agg(list).map(sorted).map(len) == 3
    ).all()

    vertices = curves[(curves.strategy == "hull") & (curves.split == "test")]
    singles = curves[(curves.strategy == "single") & (curves.split == "test")]
    assert vertices.accuracy.max() == singles.accuracy.max()
    for single in singles.itertuples():
        assert single.accuracy <= np.interp(single.cost, vertices.cost, vertices.accuracy) + 1e-12

    assert shares.groupby(["split", "router", "operating_point"], dropna=False).share.sum().round(12).eq(1).all()
    share = shares[(shares.split == "test") & (shares.router == "utility") & (shares.operating_point == 0.5)]
    assert share.set_index("policy").share[pool.policies].tolist() == pytest.approx(
        np.bincount(chosen, minlength=4) / 15
    )


def test_savings_on_assumed_costs_carry_a_range():
    costs, predictions = hand_worked()
    costs = costs.assign(cost_basis="assumed", probe_cost=np.nan)
    summary = summarised(costs, predictions)
    varied = ranged(summary, costs, predictions)
    # small at 1 and large at 4 dollars save 1 - (1 + 4) / 2 / 4 = 3/8; the extremes are small at 0.5 (or large at
    # 6, 1 - 3.5 / 6), and large at 2 (1 - 1.5 / 2)
    cascade = row(varied, "cascade")
    assert cascade.saving == 3 / 8
    assert (cascade.saving_low, cascade.saving_high) == pytest.approx((1 / 4, max(7 / 16, 1 - 3.5 / 6)))
    assert set(varied.saving_interval) == {"sensitivity ±50 %"}
    assert varied.saving_with_probing_low[varied.strategy == "cascade"].isna().all()
    kept = [name for name in summary if not name.startswith("saving")]
    pd.testing.assert_frame_equal(varied[kept], summary[kept])


def test_assumed_costs_of_fewer_samples_vary_with_their_policy():
    costs, predictions = hand_worked()
    costs = costs.assign(cost_basis="assumed", probe_cost=np.nan, samples=2)
    fewer = fewer_table(costs, k=2)
    summary = summarised(costs, predictions, fewer)
    varied = ranged(summary, costs, predictions, fewer)
    single = row(varied, "single", policy="small", samples=1)  # 0.5 of large's 4 dollars; extremes: 0.75, or large at 2
    assert (single.saving_low, single.saving, single.saving_high) == (1 - 0.5 / 2, 1 - 0.5 / 4, 1 - 0.25 / 4)


def test_only_assumed_costs_are_varied():
    costs, predictions = hand_worked()
    costs["cost_basis"] = costs.policy.map({"small": "assumed", "large": "measured tokens"})
    varied = ranged(summarised(costs, predictions), costs, predictions)
    cascade = row(varied, "cascade")
    assert (cascade.saving_low, cascade.saving_high) == (1 - 2.75 / 4, 1 - 2.25 / 4)
    assert cascade.cost_basis == "assumed, measured tokens"


def test_labels_and_values_of_points_stay_aligned():
    labels = pd.DataFrame({"strategy": ["a", "b"], "all_samples": False})
    values = np.arange(6.0).reshape(2, 3)
    on = Points(labels, values, values, values).on(np.array([True, False, True]))
    assert on.accuracy.tolist() == [[0, 2], [3, 5]]


def test_every_row_is_compared_with_the_first_choosers_best_policy():
    costs, predictions = hand_worked()
    on_train = (costs.split == "train") & (costs.policy == "large")
    costs.loc[on_train, "correct"] = 0.0  # so that train takes small for the best
    summary = summarised(costs, predictions, choose_on=("validation", "train"))
    assert summary.best_single.eq("large").all()
    misled = row(summary, "cascade", chosen_on="train")
    assert (misled.accuracy, misled.cost, misled.saving, misled.accuracy_difference) == (0.5, 1.0, 0.75, -0.25)


def test_calibrations_are_kept_apart():
    costs, predictions = hand_worked()
    both = {
        (policy, "linear"): table.assign(other=np.where(policy == "small", 0.0, table.probability))
        for policy, table in predictions.items()
    }
    table = tabulate_probabilities(both, {"validation": "probability", "train": "other"})
    part = PoolTables(costs, no_fewer_samples(), table).routed(SWEEP)
    choosers = [{"calibrated_on": split, "chosen_on": "validation"} for split in ("validation", "train")]
    summary = summarise_routing([part], settings_of(choosers=choosers))
    costs = {split: row(summary, "cascade", calibrated_on=split).cost for split in ("validation", "train")}
    assert costs == {"validation": 2.5, "train": 4.0}  # a small that is never trusted is never used
