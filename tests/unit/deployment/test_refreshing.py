"""A router that is fitted to its log undoes what is planted there, and is called better only where it is."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit, logit
from scipy.stats import binom

from explored_logs import log_of, truth
from foretell.common.errors import UserError
from foretell.deployment.choosing import choose_point, choose_policies
from foretell.deployment.explored_log import differ_by_more_than_chance
from foretell.deployment.folder import read_folder
from foretell.deployment.judging import Verdict, decide, judge
from foretell.deployment.off_policy import Measured
from foretell.deployment.refreshing import fit_router
from router_logs import LAMBDA, POLICIES, choose, write_router

FILE = Path("log.jsonl")


@pytest.fixture(scope="module")
def present(tmp_path_factory):
    folder = tmp_path_factory.mktemp("router")
    write_router(folder)
    return read_folder(folder)[0]


def verdict(present, log, margin):
    return judge(fit_router(present, log, FILE), choose_point(present), (0.0, 0.0), margin)


def test_logs_in_which_nothing_has_changed_call_the_new_router_better_in_at_most_5_percent(present):
    """By a margin that accuracy always keeps, so that the verdict is about what is worth more alone."""
    found = Counter(verdict(present, log_of(seed, 900), 0.5).verdict for seed in range(300))
    assert found[Verdict.BETTER] <= binom.ppf(0.99, 300, 0.025) and found[Verdict.NOT_WORSE] > 250
    strict = Counter(verdict(present, log_of(seed, 900), 0.01).verdict for seed in range(100))
    assert strict[Verdict.BETTER] == 0 and strict[Verdict.NOT_WORSE] <= 5


@pytest.mark.parametrize("planted", [{"shift": np.array([1.5, -1.5])}, {"cost": (1.0, 0.3)}])
def test_what_is_planted_is_found(present, planted):
    """Probabilities that favour the dear policy; a dear policy that has become the cheap one."""
    fitted = fit_router(present, log_of(0, 12_000, **planted), FILE)
    judged = judge(fitted, choose_point(present), (0.0, 0.0), 0.05)
    assert judged.verdict == Verdict.BETTER and judged.cost.difference.high < 0 and judged.net.low > 0.02
    policies = [each.policy for each in fitted.description.policies]
    costs = planted.get("cost", (1.0, 4.0))
    assert policies == sorted(POLICIES, key=lambda name: costs[POLICIES.index(name)])
    for each in fitted.description.policies:
        assert each.mean_cost == pytest.approx(costs[POLICIES.index(each.policy)], rel=0.05)
    assert [each.tier_cost for each in fitted.description.policies] == [0, 1]
    shift = planted.get("shift", np.zeros(2))
    for column, calibration in zip(fitted.order, fitted.calibrations, strict=True):
        assert calibration.slope == pytest.approx(1, abs=0.2)
        assert calibration.intercept == pytest.approx(shift[column], abs=0.25)


def test_estimates_on_held_out_requests_are_those_of_all_outcomes(present):
    """The truth of the very routers that are compared, on many other requests."""
    log = log_of(1, 6000, shift=np.array([1.5, -1.5]))
    fitted = fit_router(present, log, FILE)
    found = judge(fitted, choose_point(present), (0.0, 0.1), 0.05)
    true, _ = truth(np.random.default_rng(2), 200_000)
    logged = expit(logit(true) - [1.5, -1.5])
    new = choose_policies(fitted.description, choose_point(fitted.description), recalibrated(fitted, logged))
    rows, old = np.arange(len(true)), choose(logged)
    for sides, values in ((found.accuracy, true), (found.cost, np.broadcast_to([1.0, 4.0], true.shape))):
        added = 0.1 if sides is found.cost else 0.0
        for measured, at in (
            (sides.present, values[rows, old].mean()),
            (sides.new, values[rows, new].mean() + added),
            (sides.difference, (values[rows, new] - values[rows, old]).mean() + added),
        ):
            assert measured.low < at < measured.high and measured.high - measured.low < 0.3
    assert found.differing == pytest.approx((new != old).mean(), abs=0.03) and found.price == pytest.approx(
        0.05, rel=0.1
    )
    gain = (true[rows, new] - true[rows, old]).mean() - found.price * ((new - old).mean() * 3 + 0.1)
    assert found.net.low < gain < found.net.high
    worth = found.accuracy.difference.value - found.price * found.cost.difference.value
    assert found.net.value == pytest.approx(worth, abs=1e-12), "reading too is paid"
    unknown = judge(fitted, choose_point(present), (np.nan, np.nan), 0.05)
    assert unknown.cost.difference == found.cost.difference.plus(-0.1) and unknown.verdict == found.verdict


def recalibrated(fitted, logged):
    places = zip(fitted.order, fitted.calibrations, strict=True)
    return np.column_stack([each.probability(logged[:, column]) for column, each in places])


def test_the_halves_are_those_of_time(present):
    log = log_of(0, 2001)
    known = replace(log, correct=np.where(np.arange(2001) % 3 == 0, np.nan, log.correct))
    fitted = fit_router(present, known, FILE)
    kept = np.flatnonzero(~np.isnan(known.correct))
    assert np.array_equal(fitted.first.log.correct, log.correct[kept[:667]])
    assert np.array_equal(fitted.rest.log.correct, log.correct[kept[667:]])
    other = known.at(np.arange(2001))
    other.correct[kept[667:]] = 1 - other.correct[kept[667:]]
    assert [each.probe for each in fit_router(present, other, FILE).description.policies] == [
        each.probe for each in fitted.description.policies
    ], "what is held out teaches nothing"


def test_an_operating_point_is_chosen_anew_where_it_is_shown_to_fail(present):
    fitted = fit_router(present, log_of(0, 4000), FILE).description.chosen[0]
    assert fitted.operating_point == LAMBDA and fitted.choice.startswith("kept")
    dear = present.model_copy(update={"chosen": [choose_point(present, operating_point=0.9)]})
    dear = dear.model_copy(update={"chosen": [dear.chosen[0].model_copy(update={"choice": "matches"})]})
    log = log_of(0, 4000, exploration=0.5)
    fitted = fit_router(dear, log, FILE)
    failing = fitted.description.chosen[0]
    assert failing.choice == "cheapest that matches" and failing.operating_point < 0.6
    judged = judge(fitted, dear.chosen[0], (0.0, 0.0), 0.05)
    assert judged.price == 0 and judged.net.value == judged.accuracy.difference.value, "its price was wrong"
    single = present.chosen[0].model_copy(update={"operating_point": None, "policy": "small"})
    found = fit_router(present.model_copy(update={"chosen": [single]}), log, FILE).description.chosen[0]
    assert found.operating_point is not None and found.policy is None
    best = single.model_copy(update={"policy": "large"})
    kept = fit_router(present.model_copy(update={"chosen": [best]}), log, FILE).description.chosen[0]
    assert (kept.policy, kept.operating_point) == ("large", None)


def asked(present, criterion, value, operating_point):
    """The present router with one operating point, for another criterion."""
    update = {"criterion": criterion, "value": value, "operating_point": operating_point}
    return present.model_copy(update={"chosen": [present.chosen[0].model_copy(update=update)]})


def outcomes(chosen, log):
    """Share of right answers by the log's own probabilities, which are true, and mean cost, where the router sends."""
    sent = choose_policies(chosen, chosen.chosen[0], log.probability)
    return log.probability[np.arange(len(sent)), sent].mean(), np.array([1.0, 4.0])[sent].mean()


def test_a_budget_and_an_accuracy_are_kept_where_nothing_shows_that_they_are_missed(present):
    log = log_of(0, 4000, exploration=0.5)
    accuracy, cost = outcomes(present, log)
    for criterion, value, said in (
        ("budget", cost - 0.04, "kept: not shown to cost more than the budget"),
        ("accuracy", accuracy + 0.002, "kept: not shown to be less accurate than asked for"),
    ):
        (found,) = fit_router(asked(present, criterion, value, LAMBDA), log, FILE).description.chosen
        assert (found.operating_point, found.choice, found.value) == (LAMBDA, said, value)


def test_a_budget_that_is_missed_gets_the_most_accurate_router_within_it(present):
    log = log_of(0, 8000, exploration=0.5)
    fitted = fit_router(asked(present, "budget", 2.0, 0.0), log, FILE).description
    (found,) = fitted.chosen
    assert found.choice == "most accurate within the budget" and 0 < found.operating_point < 1
    accuracy, cost = outcomes(fitted, log)
    assert cost == pytest.approx(2.0, rel=0.05), "of what the budget allows nothing is left"
    assert accuracy > outcomes(asked(present, "budget", 2.0, 0.9), log)[0]
    (found,) = fit_router(asked(present, "budget", 0.5, 0.0), log, FILE).description.chosen
    assert (found.operating_point, found.policy) == (None, "small") and "cheapest policy" in found.choice


def test_an_accuracy_that_is_missed_gets_the_cheapest_router_that_has_it(present):
    log = log_of(0, 8000, exploration=0.5)
    highest = outcomes(asked(present, "accuracy", 0.9, 0.0), log)[0]
    fitted = fit_router(asked(present, "accuracy", highest - 0.03, 0.9), log, FILE).description
    (found,) = fitted.chosen
    assert found.choice == "cheapest that is as accurate as asked for"
    accuracy, cost = outcomes(fitted, log)
    assert accuracy == pytest.approx(highest - 0.03, abs=0.01) and cost < outcomes(present, log)[1]
    (found,) = fit_router(asked(present, "accuracy", 0.999, 0.9), log, FILE).description.chosen
    assert (found.operating_point, found.policy) == (None, "large") and "best single policy" in found.choice


def test_a_criterion_whose_value_a_folder_does_not_say_is_left_out(present):
    """As folders from before do."""
    budget = present.chosen[0].model_copy(update={"criterion": "budget"})
    fitted = fit_router(present.model_copy(update={"chosen": [*present.chosen, budget]}), log_of(0, 2000), FILE)
    assert [each.criterion for each in fitted.description.chosen] == ["match"]


def test_costs_are_the_log_s_where_all_policies_have_theirs(present):
    log = log_of(0, 4000, cost=(2.0, 3.0))
    some = np.random.default_rng(1).random(4000) < 0.5
    fitted = fit_router(present, replace(log, cost=np.where(some, log.cost, np.nan)), FILE)
    assert fitted.logged_costs and fitted.first.priced.mean() == pytest.approx(0.5, abs=0.05)
    assert [each.mean_cost for each in fitted.description.policies] == pytest.approx([2, 3], rel=0.1)
    for unknown in (some & (log.sent == 0), log.sent == 0, np.random.default_rng(2).random(4000) < 0.98):
        cost = np.where(unknown, np.nan, log.cost)
        fitted = fit_router(present, replace(log, cost=cost), FILE)
        assert not fitted.logged_costs and [each.mean_cost for each in fitted.description.policies] == [1, 4]
        assert judge(fitted, choose_point(present), (0.0, 0.0), 0.5).cost.present.value == pytest.approx(
            1 + 3 * log.chosen[2000:].mean()
        )
    fitted = fit_router(present, replace(log, at_mean_cost=("large",)), FILE)
    assert not fitted.logged_costs and [each.mean_cost for each in fitted.description.policies] == [1, 4], "one scale"


def test_answers_of_a_fallback_teach_nothing_of_the_policy_that_failed(present):
    log = log_of(0, 4000)
    failed = (log.sent == 0) & (np.random.default_rng(1).random(4000) < 0.3)
    other = replace(log, answered=np.where(failed, 1, log.sent), correct=np.where(failed, 0.0, log.correct))
    other = replace(other, cost=np.where(failed, 100.0, log.cost))
    fitted = fit_router(present, other, FILE)
    assert fitted.calibrations[0].intercept == pytest.approx(0, abs=0.3)
    assert fitted.description.policies[0].mean_cost == pytest.approx(1, rel=0.1)


def test_too_few_explored_requests_bound_a_difference_by_their_share(present):
    found = verdict(present, log_of(1, 500), 0.01)
    assert found.verdict == Verdict.TOO_FEW and 1 < found.accuracy.difference.effective < 30
    assert found.accuracy.difference.high == found.most == -found.accuracy.difference.low > found.differing
    assert verdict(present, log_of(1, 500), found.most * 1.2).verdict == Verdict.NOT_WORSE


def measured(low, high, error=0.1):
    return Measured((low + high) / 2, low, high, error, 100, 100.0)


@pytest.mark.parametrize(
    ("accuracy", "net", "said"),
    [
        (measured(-0.04, 0.02), measured(0.01, 0.03), Verdict.BETTER),
        (measured(-0.06, 0.02), measured(0.01, 0.03), Verdict.TOO_FEW),  # cheaper, perhaps at too large a loss
        (measured(-0.04, 0.02), measured(-0.01, 0.03), Verdict.NOT_WORSE),
        (measured(-0.04, 0.02), measured(-0.06, 0.03), Verdict.TOO_FEW),  # dearer than it is worth, perhaps
        (measured(-0.04, 0.02), measured(-0.06, 0.03, error=0.01), Verdict.NO),  # as good a one would have been shown
        (measured(-0.09, -0.06), measured(0.01, 0.03), Verdict.NO),
    ],
)
def test_a_verdict_is_about_accuracy_and_about_what_costs_are_worth(accuracy, net, said):
    assert decide(accuracy, net, 0.05) == said
    assert said.shown == (said in (Verdict.BETTER, Verdict.NOT_WORSE))


def test_logs_that_do_not_tell_of_every_policy_are_refused(present):
    log = log_of(0, 600)
    shadow = replace(log, sent=log.chosen, answered=log.chosen, propensity=np.ones(600))
    with pytest.raises(UserError, match=r"log\.jsonl: no request was explored.*key 'exploration'"):
        fit_router(present, shadow, FILE)
    for unmatched in (0, 600):
        with pytest.raises(
            UserError, match=rf"log\.jsonl: no outcome is of a request .*, {unmatched} are of no request"
        ):
            fit_router(present, replace(log, correct=np.full(600, np.nan), unmatched=unmatched), FILE)
    with pytest.raises(
        UserError, match=r"too few outcomes: effective numbers are small \d+, large \d+, and each needs 30"
    ):
        fit_router(present, log.at(np.arange(600) < 100), FILE)
    graded = (log.sent == 0) | (np.arange(600) % 2 == 0)
    with pytest.raises(UserError, match=r"outcomes are known for these requests: small (\d+) of \1, large .* chance"):
        fit_router(present, replace(log, correct=np.where(graded, log.correct, np.nan)), FILE)
    with pytest.raises(UserError, match=r"no request was explored"):
        fit_router(present, replace(log, forwarded=np.zeros(600, dtype=bool)), FILE)


@pytest.mark.parametrize("incumbent", [0, 1])
def test_the_log_of_a_pilot_is_refused(present, incumbent):
    log, arm = log_of(0, 600), np.random.default_rng(1).random(600) < 0.3
    sent = np.where(arm, incumbent, log.chosen)
    propensity = np.where(log.chosen == incumbent, 1.0, np.where(arm, 0.3, 0.7))
    pilot = replace(log, sent=sent, answered=sent, propensity=propensity)
    left = rf"'{POLICIES[incumbent]}' was never left for another policy where it was chosen, as in a pilot"
    with pytest.raises(UserError, match=left):
        fit_router(present, pilot, FILE)


def test_a_policy_that_was_never_drawn_is_named(present):
    log = log_of(0, 600)
    drawn = (log.sent == log.chosen) | (log.sent == 1)
    with pytest.raises(UserError, match=r"'small' was never drawn where another was chosen, as in a pilot"):
        fit_router(present, log.at(drawn), FILE)


def test_requests_that_could_not_go_elsewhere_are_left_out(present):
    log, rng = log_of(0, 2000), np.random.default_rng(1)
    fixed = rng.random(2000) < 0.5
    sent = np.where(fixed, log.chosen, log.sent)
    mixed = replace(log, sent=sent, answered=sent, propensity=np.where(fixed, 1.0, log.propensity))
    fitted = fit_router(present, mixed, FILE)
    assert len(fitted.first.log.sent) + len(fitted.rest.log.sent) == (~fixed).sum()


def test_a_single_miss_among_many_small_groups_is_chance():
    seen = np.array([14, 9, 7, 5, 5, 4, 4, 3, 3, 2, 2, 1, 1, 1, 0])
    missed = np.zeros_like(seen)
    missed[-1] = 1
    assert not differ_by_more_than_chance(np.array([seen, missed]))
    assert differ_by_more_than_chance(np.array([[20, 0, 3, 4], [0, 20, 3, 4]])), "a bias is one all the same"
