"""What a router is worth in a year, worked by hand."""

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from foretell.common.errors import UserError
from foretell.figures.return_on_investment import collect, draw, layout
from foretell.routing.investment import estimate_return
from foretell.routing.latency import seconds_on_test, timed
from foretell.routing.settings import Investment, ReturnSettings
from routing_tables import SETTINGS, SPLITS, SWEEP, hand_worked, pool_tables, random_pool, row

INVESTMENT = {
    "queries_per_month": 10.0,
    "review_hours": 0.5,
    "price_of_hour": 20.0,
    "labelling_cost": 3.0,
    "integration_cost": 7.0,
    "assumption": "a guess",
}


def returns(tables=None, **changed):
    settings = ReturnSettings.model_validate({**SETTINGS, "investment": INVESTMENT | changed})
    return estimate_return([pool_tables(*(tables or hand_worked())).routed(SWEEP)], settings)


def test_a_year_worked_by_hand():
    """The cascade costs 2.625 with its probes and is right on 3 of 4, as large is, which costs 4."""
    found = returns()
    large, cascade = row(found, "single", policy="large"), row(found, "cascade", criterion="match")
    assert large.is_incumbent and large.incumbent == "large" and np.isnan(large.saving)
    assert (large.model_cost, large.review_cost, large.total) == (120 * 4, 120 * 0.25 * 10, 120 * 6.5)
    assert (cascade.model_cost, cascade.review_cost) == (120 * 2.625, 120 * 0.25 * 10)
    assert cascade.saving == pytest.approx(120 * 1.375) and cascade.saving_share == pytest.approx(1.375 / 6.5)
    once = 8 * 3 + 8 * 5 + 7  # eight problems of train and validation, which both policies answered
    assert cascade[["once_labelling", "once_answers", "once_integration"]].tolist() == [24, 40, 7]
    assert cascade.payback_months == pytest.approx(once / (cascade.saving / 12))
    assert cascade.payback_months_low <= cascade.payback_months <= cascade.payback_months_high


def test_the_incumbent_may_be_another_and_what_loses_never_pays_back():
    found = returns(incumbent="small")
    large = row(found, "single", policy="large")  # costs 3 more and is right on a quarter more, worth 10 each
    assert large.saving == pytest.approx(120 * (10 * 0.25 - 3)) and np.isnan(large.payback_months)
    with pytest.raises(UserError, match="'medium' is none of the pool's policies; name one of small, large"):
        returns(incumbent="medium")


def test_a_router_is_chosen_for_what_wrong_answers_cost():
    """One that costs next to nothing is not worth asking large; of one that costs 100 large's answers are."""
    for hour, accuracy, cost in ((0.002, 0.5, 1.0), (200.0, 0.75, 2.5)):
        found = row(returns(price_of_hour=hour), "cascade", criterion="total")
        assert (found.accuracy, found.choice) == (accuracy, "cheapest with what wrong answers cost")
        assert found.model_cost == pytest.approx(120 * cost, rel=0.1)
    assert "total" not in set(returns(price_of_hour=0.0).criterion.dropna())


def test_waiting_worked_by_hand():
    """The cascade asks each policy half of the time, and reads before."""
    given = {"latency": {"small": 36, "large": 360}, "routing_latency": 3.6}
    found = returns(**given, price_of_waiting=10)
    seconds = {"large": 360, "small": 36, "random": 198, "cascade": 198 + 3.6}
    for name, each in seconds.items():
        of = {"policy": name} if name in given["latency"] else {"criterion": "match"} if name == "cascade" else {}
        strategy = row(found, "single" if name in given["latency"] else name, **of)
        assert (strategy.latency, strategy.waiting_cost) == pytest.approx((each, 120 * each / 360))
        assert strategy.total == pytest.approx(strategy.model_cost + strategy.review_cost + strategy.waiting_cost)
    table, note = layout(collect(found, Investment(**INVESTMENT, **given, price_of_waiting=10).model_dump()))
    assert table["Latency, s"].iloc[0] == "36.00 [36.00, 36.00]" and "Waiting, USD a year" in table
    assert "there: small 36 s, large 360 s, 3.6 s before it" in note and "10 USD for an hour of waiting" in note
    frame = collect(found, Investment(**INVESTMENT, **given).model_dump())
    assert len(draw(frame).axes[0].patches) == 3 * len(frame), "models, review and waiting"
    unpriced = returns(**given)
    assert "waiting_cost" not in unpriced and unpriced.total.tolist() == returns().total.tolist()
    assert "latency" not in returns()


def test_latencies_of_folds_are_each_policys_own():
    """Their policies may stand in different orders of cost."""
    folds = [pool_tables(*random_pool(seed)).routed(SWEEP) for seed in (1, 2)]
    latency = {policy: float(policy[-1]) for policy in folds[0].pool.policies}
    assert folds[0].pool.policies != folds[1].pool.policies
    investment = INVESTMENT | {"latency": latency, "incumbent": "policy0"}
    found = estimate_return(folds, ReturnSettings.model_validate({**SETTINGS, "investment": investment}))
    singles = found[found.strategy == "single"]
    assert singles.latency.tolist() == [latency[policy] for policy in singles.policy]
    routed = found[found.family.notna()]
    assert routed.latency.between(0, 3).all() and routed.latency.nunique() > 1


def test_a_router_that_reads_no_more_than_the_text_takes_no_time_to_read():
    costs, predictions = hand_worked()
    given = {**INVESTMENT, "latency": {"small": 1, "large": 3}, "routing_latency": 0.5}
    settings = ReturnSettings.model_validate({**SETTINGS, "families": ["prompt_length"], "investment": given})
    routed = pool_tables(costs, predictions, family="prompt_length").routed(SWEEP)
    assert row(estimate_return([routed], settings), "cascade", criterion="match").latency == 2.0


def test_fewer_samples_are_drawn_side_by_side_and_take_as_long():
    fewer = pd.DataFrame({"problem_id": [f"p{index}" for index in range(12)], "split": SPLITS, "policy": "small"})
    fewer = pd.concat(
        [fewer.assign(samples=k, expected_correct=0.5, expected_cost=k / 2) for k in (1, 2)], ignore_index=True
    )
    fold = pool_tables(*hand_worked(), fewer).routed(SWEEP)
    investment = Investment(**INVESTMENT, latency={"small": 1.5, "large": 3})
    labels = fold.points.labels
    place = np.flatnonzero(labels.policy.eq("small") & labels.samples.eq(1) & ~labels.routable)
    seconds = seconds_on_test(timed([fold], investment), place[:, None], investment)
    assert seconds.tolist() == [[1.5] * 4]


def test_a_router_that_falls_back_on_a_policy_reads_nothing_first():
    latency = {f"policy{index}": 1.0 + index for index in range(4)}
    found = returns(random_pool(3, problems=120), latency=latency, routing_latency=0.5)
    fallen, incumbent = row(found, "cascade", criterion="match"), found[found.is_incumbent].iloc[0]
    assert fallen.choice == "no setting matches: best single policy"
    assert fallen.latency == incumbent.latency == latency[incumbent.policy]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"price_of_waiting": 1.0}, "'price_of_waiting' needs 'latency'"),
        ({"routing_latency": 1.0}, "'routing_latency'"),
    ],
)
def test_waiting_needs_the_latency_of_every_policy(given, message):
    with pytest.raises(ValidationError, match=message):
        Investment.model_validate(INVESTMENT | given)
    with pytest.raises(UserError, match=r"key 'latency': it must name the pool's policies.*only one of both has large"):
        returns(latency={"small": 1.0})


def grouped():
    """The hand-worked pool, whose test problems are two of a and two of b."""
    costs, predictions = hand_worked()
    return costs.assign(group=costs.problem_id.map({"p8": "a", "p9": "a"}).fillna("b")), predictions


def test_a_mix_weighs_groups_and_its_shares_hold_in_every_resample():
    small = row(returns(grouped(), mix={"a": 9, "b": 1}), "single", policy="small")
    assert small.accuracy == pytest.approx(0.5)  # of either group on one of both
    large = row(returns(grouped(), mix={"a": 1, "b": 0}), "single", policy="large")
    assert (large.accuracy, large.accuracy_low) == (1.0, 1.0), "right on both of a, whichever are drawn"
    with pytest.raises(UserError, match="only one of both has b"):
        returns(grouped(), mix={"a": 1})
    with pytest.raises(UserError, match="give the problems a column 'group'"):
        returns(mix={"p8": 1})


@pytest.mark.parametrize("mix", [{}, {"a": 0.0}, {"a": -1.0, "b": 2.0}])
def test_a_mix_without_shares_is_refused(mix):
    with pytest.raises(ValidationError, match="mix"):
        Investment.model_validate(INVESTMENT | {"mix": mix})


def test_an_unknown_price_of_probing_is_left_out_and_said():
    costs, predictions = hand_worked()
    found = returns((costs.assign(probe_cost=np.nan), predictions))
    cascade = row(found, "cascade", criterion="match")
    assert not cascade.probing_counted and cascade.model_cost == 120 * 2.5
    table, _ = layout(collect(found, Investment(**INVESTMENT).model_dump()))
    assert "without reading prompts" in table.Strategy[found.index[found.strategy == "cascade"][0]]


def test_table_and_figure_say_what_pays():
    frame = collect(returns(incumbent="small"), Investment(**INVESTMENT).model_dump())
    table, note = layout(frame)
    by_name = table.set_index("Strategy")
    assert by_name["Saving, %"]["small, 1 sample, the incumbent"] == ""
    assert by_name["Paid back after, months"]["large, 1 sample"] == "", "another policy needs no router"
    assert "10 queries a month" in note and "a guess" in note and "71.0 USD" in note
    assert len(draw(frame).axes[0].patches) == 2 * len(frame)
    assert frame.n.eq(4).all()
