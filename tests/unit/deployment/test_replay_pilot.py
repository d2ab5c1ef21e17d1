"""Pilots, replayed on problems that nothing else uses."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from foretell.common.errors import UserError
from foretell.deployment import replay_pilot as replay
from foretell.deployment.pilot import Verdict, judge, least_margin
from foretell.deployment.replay_pilot import ReplaySettings, replay_pilots
from foretell.figures.pilot import collect, layout
from foretell.routing.arms import add_arms, add_probabilities_of_arms
from foretell.routing.decisions import route_pool
from foretell.routing.evaluation import evaluate_routing
from foretell.routing.investment import one_off_costs
from foretell.routing.settings import Investment
from routing_tables import SETTINGS, SWEEP, costs_table, pool_tables, row, settings_of

MOST = 5.0


def pool(pilot, small=(0.8, 1.0), large=(0.8, 4.0), knows=True, reading=0.0, seed=0):
    """A cheap and a dear policy, right on these shares at these costs, and a router that mostly takes the cheap one."""
    rng = np.random.default_rng(seed)
    split = ["train"] * 40 + ["validation"] * 40 + ["test"] * 20 + ["pilot"] * pilot
    right = {name: rng.random(len(split)) < share for name, (share, _) in (("small", small), ("large", large))}
    right["large"][:80] = True
    right["small"][:80] = np.arange(80) % 4 > 0
    price, reads = {"small": small[1], "large": large[1]}, dict.fromkeys(right, reading)
    costs = costs_table(right, price, split, reads, encoders=dict.fromkeys(right, "m"))
    ids = costs.problem_id.unique()
    chosen = np.where(np.arange(len(split)) < 80, right["small"], True) if knows else np.zeros(len(split), bool)
    probability = {"small": np.where(chosen, 0.97, 0.02), "large": np.full(len(split), 0.97)}
    frames = {name: pd.DataFrame({"problem_id": ids, "probability": each}) for name, each in probability.items()}
    return pool_tables(costs.assign(reuses_prefill=False), frames)


def replayed(tables, **pilot):
    given = {"largest_cost": MOST, "margin": 0.05} | pilot
    return replay_pilots(tables.routed(SWEEP), ReplaySettings.model_validate({**SETTINGS, "pilot": given}))


@pytest.mark.parametrize(
    ("policies", "verdict"),
    [
        ({"small": (0.9, 1.0)}, "adopt"),
        ({"small": (0.3, 1.0)}, "less_accurate"),
        ({"small": (0.8, 3.9), "reading": 2.0}, "dearer"),
        ({"small": (0.75, 1.0)}, "open"),
    ],
)
def test_pilots_end_as_the_policies_are(policies, verdict, monkeypatch):
    monkeypatch.setattr(replay, "REPLAYS", 10)
    found = row(replayed(pool(1500, **policies)), "utility")
    assert found.incumbent == "large" and found.alike == 0 and found[verdict] >= 0.9
    assert found.first_verdict == verdict and (found.first_ended == 1500) == (verdict == "open")
    assert found[["adopt", "less_accurate", "dearer", "open"]].sum() == pytest.approx(1)


def test_differences_are_those_of_all_problems_of_the_pilot_and_of_no_other(monkeypatch):
    monkeypatch.setattr(replay, "REPLAYS", 2)
    tables = pool(200, small=(0.7, 1.0), reading=0.25)
    own = tables.costs[tables.costs.split == "pilot"].pivot(index="problem_id", columns="policy", values="correct")
    found = row(replayed(tables), "utility")
    assert found.accuracy_difference == pytest.approx((own.small - own.large).mean())
    assert found.cost_difference == pytest.approx(1 - 4 + 0.25) and found.reading == 0.25
    assert found.accuracy_difference_low < found.accuracy_difference < found.accuracy_difference_high
    assert (found.n, found.incumbent_cost, found.margin) == (200, 4.0, 0.05)


def test_the_mean_of_what_dealt_requests_tell_is_the_difference():
    compared = replay.Compared(
        alike=np.arange(60) % 3 == 0,
        correct=np.random.default_rng(0).integers(0, 2, (60, 2)).astype(float),
        cost=np.random.default_rng(1).random((60, 2)),
        reading=0.5,
    )
    same = compared.alike[:, None]
    compared = replay.Compared(
        compared.alike,
        np.where(same, compared.correct[:, 1:], compared.correct),
        np.where(same, compared.cost[:, 1:], compared.cost),
        compared.reading,
    )
    dealt = [replay._dealt(compared, 1.0, np.random.default_rng(seed)) for seed in range(3000)]
    accuracy, cost = (np.diff(each, axis=1).mean() * -1 for each in (compared.correct, compared.cost))
    assert np.mean([each.accuracy for each in dealt]) == pytest.approx(accuracy, abs=0.01)
    assert np.mean([each.cost for each in dealt]) == pytest.approx(cost + 0.5, abs=0.01)


def test_of_a_router_that_always_takes_the_incumbent_there_is_nothing_to_pilot():
    found = replayed(pool(50, knows=False))
    assert found.alike.eq(1).all() and found[["adopt", "open", "first_verdict"]].isna().all(axis=None)
    table, note = layout(collect(found))
    assert table["The first"].eq("always the incumbent").all() and table["Adopt, %"].eq("").all()
    assert note.startswith("n = 50 problems that nothing else uses") and "Incumbent: large" in note


def test_what_fewer_samples_get_right_is_drawn_by_its_probability():
    """A mean of .5 that is drawn gives zeros and ones, and so the variance that real answers have."""
    sure = replay.Compared(np.zeros(400, bool), np.full((400, 2), 0.5), np.zeros((400, 2)), 0.0)
    dealt = replay._dealt(sure, 1.0, np.random.default_rng(0))
    assert dealt.accuracy.std() > 0.8 and abs(dealt.accuracy.mean()) < 0.15


def test_an_arm_is_piloted_at_its_own_accuracy_and_cost(monkeypatch):
    monkeypatch.setattr(replay, "REPLAYS", 2)
    tables = pool(300, small=(0.6, 1.0))
    costs = tables.costs.assign(samples=pd.array([2] * len(tables.costs), dtype="Int64"))
    rows = []
    for number in (1, 2):
        correct = costs.correct if number == 2 else 0.3 + 0.5 * costs.correct
        kept = costs[["problem_id", "split", "policy"]]
        rows.append(kept.assign(samples=number, expected_correct=correct, expected_cost=costs.cost * number / 2))
    arms = add_arms(costs, pd.concat(rows, ignore_index=True))
    probable = add_probabilities_of_arms(tables.probabilities, arms)
    found = replayed(type(tables)(arms, pd.concat(rows, ignore_index=True), probable), incumbent="small")
    at_all = row(found, "utility")
    assert at_all.incumbent == "small" and at_all.incumbent_cost == 1.0
    routed = type(tables)(arms, pd.concat(rows, ignore_index=True), probable).routed(SWEEP)
    one = routed.points.labels.index[(routed.points.labels.policy == "small") & (routed.points.labels.samples == 1)][0]
    column = replay._columns(routed.pool, routed.decisions, routed.points.labels.loc[one])[0]
    assert routed.pool.policies[column] == "small@1", "a policy at fewer samples is another column than all of them"


def test_the_incumbent_is_the_best_where_points_are_chosen_and_not_on_test(monkeypatch):
    monkeypatch.setattr(replay, "REPLAYS", 2)
    tables = pool(50)
    wrong = (tables.costs.split == "test") & (tables.costs.policy == "large")
    costs = tables.costs.assign(correct=tables.costs.correct.where(~wrong, 0.0))
    costs = costs.assign(probe_cost=costs.probe_cost.where(costs.split == "validation", 50.0))
    found = row(replayed(type(tables)(costs, tables.fewer_samples, tables.probabilities)), "utility")
    assert found.incumbent == "large" and found.reading == 0.0, "so is what reading costs"


def test_the_family_that_counts_is_piloted_alone(monkeypatch):
    monkeypatch.setattr(replay, "REPLAYS", 2)
    tables = pool(50)
    both = pd.concat([tables.probabilities, tables.probabilities.assign(family="tfidf")], ignore_index=True)
    routed = type(tables)(tables.costs, tables.fewer_samples, both).routed(SWEEP)
    given = {**SETTINGS, "families": ["tfidf", "linear"], "pilot": {"largest_cost": MOST}}
    found = replay_pilots(routed, ReplaySettings.model_validate(given))
    assert found.family.unique().tolist() == ["tfidf"] and found.strategy.tolist() == ["utility", "cascade"]


def test_only_pilots_that_end_count_in_how_long_they_take(monkeypatch):
    verdicts = iter([Verdict.ADOPT, Verdict.OPEN, Verdict.ADOPT, Verdict.OPEN])
    ends = iter([10, 400, 20, 400])

    def told(*_):
        return SimpleNamespace(verdict=next(verdicts), ended=next(ends))

    monkeypatch.setattr(replay, "judge", told)
    monkeypatch.setattr(replay, "REPLAYS", 4)
    compared = replay.Compared(np.zeros(5, bool), np.ones((5, 2)), np.ones((5, 2)), 0.0)
    settings = ReplaySettings.model_validate({**SETTINGS, "pilot": {"largest_cost": 2.0}})
    found = replay._pilots(compared, settings)
    assert (found["ended"], found["adopt"], found["open"], found["first_ended"]) == (15, 0.5, 0.5, 10)


def test_the_table_has_each_number_in_its_column():
    shares = {"adopt": 0.5, "less_accurate": 0.25, "dearer": 0.125, "open": 0.125}
    frame = pd.DataFrame(
        [
            {
                **{
                    "strategy": "utility",
                    "family": "linear",
                    "criterion": "match",
                    "choice": "c",
                    "operating_point": 0.5,
                },
                **{"alike": 0.1, "accuracy_difference": -0.02, "accuracy_difference_low": -0.03},
                **{"accuracy_difference_high": -0.01, "cost_difference": -2e-3, "cost_difference_low": -3e-3},
                **{"cost_difference_high": -1e-3, "incumbent_cost": 4e-3, "reading": 1e-4, **shares, "ended": 77.0},
                **{"first_verdict": "less_accurate", "first_ended": 88, "incumbent": "large", "margin": 0.05},
                **{"least_margin": 0.016, "largest_cost": 0.01, "cost_basis": "measured tokens", "error": 0.05},
                **{"n": 500, "groups": 500, "replays": 100},
            }
        ]
    )
    table, note = layout(collect(frame))
    assert table.iloc[0].to_dict() == {
        "Router": "utility router, match: λ = 0.5",
        "Chooses the incumbent, %": "10.0",
        "Accuracy difference, points": "−2.0 [−3.0, −1.0]",
        "Cost difference, USD per 1,000": "−2.00 [−3.00, −1.00]",
        "Adopt, %": "50",
        "End: less accurate, %": "25",
        "End: dearer, %": "12",
        "Open, %": "12",
        "Requests": "77",
        "The first": "end: less accurate, after 88",
    }
    assert "0.1 USD per 1,000, which is counted" in note and "large, 4 USD per 1,000" in note and "1.6 points" in note


def test_a_margin_that_so_many_requests_cannot_show_is_not_shown_with_all_answers_right():
    least = least_margin(400, replay.ERROR)
    assert 0 < least_margin(2000, replay.ERROR) < least < 1
    right = replay.Compared(np.zeros(400, bool), np.ones((400, 2)), np.tile([0.0, 1.0], (400, 1)), 0.0)
    for margin, ends in ((0.8 * least, False), (1.2 * least, True)):
        dealt = [replay._dealt(right, 1.0, np.random.default_rng(seed)) for seed in range(8)]
        verdicts = {judge(each, margin, replay.ERROR).verdict for each in dealt}
        assert verdicts == {Verdict.ADOPT if ends else Verdict.OPEN}


def test_assumed_costs_have_no_interval_and_the_table_says_so(monkeypatch):
    monkeypatch.setattr(replay, "REPLAYS", 2)
    tables = pool(60)
    assumed = tables.costs.assign(cost_basis="assumed", group=[f"g{i % 7}" for i in range(len(tables.costs))])
    found = replayed(type(tables)(assumed, tables.fewer_samples, tables.probabilities))
    assert found.cost_difference_low.isna().all() and found.cost_difference.notna().all()
    table, note = layout(collect(found))
    assert not table["Cost difference, USD per 1,000"].str.contains("\\[").any()
    assert note.startswith("Costs are assumed, not measured") and "they stand in 7 groups" in note
    assert "at best, were all answers right" in note and "5 USD as the most" in note


def test_the_incumbent_may_be_named(monkeypatch):
    monkeypatch.setattr(replay, "REPLAYS", 2)
    found = row(replayed(pool(50), incumbent="small"), "utility")
    assert found.incumbent == "small" and found.alike == 1
    with pytest.raises(UserError, match=r"key 'pilot\.incumbent': 'medium' is none of the pool's .* small, large"):
        replayed(pool(50), incumbent="medium")


def test_what_a_pilot_cannot_be_replayed_on_is_refused():
    with pytest.raises(UserError, match="no problem is in the split 'pilot': set 'pilot_share'"):
        replayed(pool(0))
    with pytest.raises(UserError, match=r"'pilot\.largest_cost': 'large' costs 4 USD on problem 'p\d+', more than 2"):
        replayed(pool(50), largest_cost=2.0)


def test_no_other_number_knows_the_problems_of_the_pilot():
    """Neither their outcomes nor their costs; and nobody pays for labelling them to fit a router."""
    tables = pool(60)
    pilot = tables.costs.split == "pilot"
    other = tables.costs.assign(
        correct=tables.costs.correct.where(~pilot, 1 - tables.costs.correct),
        cost=tables.costs.cost.where(~pilot, 100.0),
    )
    investment = Investment(queries_per_month=1.0, assumption="a guess")
    found = []
    for costs in (tables.costs, other, tables.costs[~pilot]):
        kept = tables.probabilities[tables.probabilities.problem_id.isin(costs.problem_id)]
        routed = type(tables)(costs, tables.fewer_samples, kept)
        decisions = route_pool(costs, kept, SWEEP)
        once = one_off_costs([routed.routed(SWEEP)], investment)
        found.append((*evaluate_routing([(routed, decisions)], settings_of()), once))
    for each in found[1:]:
        for one, same in zip(found[0][:3], each[:3], strict=True):
            pd.testing.assert_frame_equal(one, same)
        assert each[3] == found[0][3]
