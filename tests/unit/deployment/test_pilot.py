"""A pilot ends with the right verdict, and seldom with a wrong one, however often somebody looks."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import pilot_router
from foretell.common.errors import UserError
from foretell.deployment.confidence_sequence import confidence_sequence, log_capitals
from foretell.deployment.logged import Log
from foretell.deployment.pilot import Verdict, differences, judge, write_pilot
from foretell.deployment.realised import compare_accuracy
from router_logs import choose, log_of, write_log, write_router

MARGIN, ERROR, MOST = 0.05, 0.05, 4.0
ROUTER, INCUMBENT = 0, 1


def pilot_log(seed, n, accuracy=(0.75, 0.8), cost=(1.0, 1.0), share=0.5, alike=0.0):
    """A service in a pilot; the router sends a share of requests to the incumbent, too."""
    rng = np.random.default_rng(seed)
    chosen = np.where(rng.random(n) < alike, INCUMBENT, ROUTER)
    sent = np.where(rng.random(n) < share, INCUMBENT, chosen)
    propensity = np.where(chosen == sent, np.where(chosen == INCUMBENT, 1.0, 1 - share), share)
    spent = np.minimum(rng.gamma(2, 0.5, n) * np.array(cost)[sent], MOST)
    correct = (rng.random(n) < np.array(accuracy)[sent]).astype(float)
    return Log(np.zeros((n, 2)), np.zeros(n), chosen, sent, sent, propensity, spent, correct, np.ones(n, dtype=bool))


def told(log, reading=0.0, incumbent=INCUMBENT):
    return differences(log, incumbent, MOST, reading, Path("log.jsonl"))


def test_capital_after_one_number_by_hand():
    above, below = log_capitals(np.array([1.0]), np.array([0.5]), 0.05)  # the bet is cut to .5 / .5
    assert np.exp([*above, *below]).tolist() == pytest.approx([1.5, 0.5])


@pytest.mark.parametrize("cost", [1.0, 0.2])
def test_at_most_5_percent_of_pilots_end_wrongly(cost):
    """The router is less accurate by just the margin: no verdict on accuracy is right, nor is one on equal costs."""
    found = [told(pilot_log(seed, 300, cost=(cost, 1.0))) for seed in range(2000)]
    refuted = {}  # candidates in units of bounds; verdicts are about these alone
    for name, bound, null in (("accuracy", 2, -MARGIN), ("cost", 2 * MOST, 0.0)):
        x = (np.array([getattr(each, name) for each in found]) + bound) / (2 * bound)
        capitals = log_capitals(x, np.full((2000, 1), (null + bound) / (2 * bound)), ERROR / 4)
        refuted[name] = [(each >= np.log(4 / ERROR)).any(axis=1) for each in capitals]
    (accurate, inaccurate), (dearer, cheaper) = refuted["accuracy"], refuted["cost"]
    ended = inaccurate | dearer | (accurate & cheaper)
    assert ended.mean() <= ERROR and cheaper.mean() == pytest.approx(float(cost < 1), abs=0.05)
    for seed in [*np.flatnonzero(ended)[:3], *np.flatnonzero(~ended)[:3]]:
        assert (judge(found[seed], MARGIN, ERROR).verdict != Verdict.OPEN) == ended[seed]


@pytest.mark.parametrize(
    ("settings", "verdict"),
    [
        ({"accuracy": (0.85, 0.8), "cost": (0.3, 1.0)}, Verdict.ADOPT),
        ({"accuracy": (0.4, 0.8), "cost": (0.3, 1.0)}, Verdict.LESS_ACCURATE),
        ({"accuracy": (0.8, 0.8), "cost": (1.6, 1.0)}, Verdict.DEARER),
        ({"accuracy": (0.8, 0.8), "cost": (1.0, 1.0)}, Verdict.OPEN),
        ({"accuracy": (0.95, 0.5), "cost": (0.99, 1.0)}, Verdict.OPEN),
        ({"accuracy": (0.78, 0.8), "cost": (0.3, 1.0)}, Verdict.OPEN),
    ],
)
def test_the_verdict_is_the_true_one_and_says_when(settings, verdict):
    pilot = judge(told(pilot_log(0, 2500, **settings)), MARGIN, ERROR)
    assert pilot.verdict == verdict and (pilot.ended < 2500) == (verdict != Verdict.OPEN)
    said = write_pilot(pilot, "large", MARGIN, ERROR)
    assert said.startswith(f"{verdict}, after {pilot.ended} requests, beside large, margin 0.05\n") and "95%" in said
    sent = pilot_log(0, 2500, **settings).sent[: pilot.ended]
    counts = f"requests: router {sum(sent == ROUTER)}, incumbent {sum(sent == INCUMBENT)}, both alike 0"
    assert said.count(counts) == 2, "of accuracy and of cost"


def test_differences_are_those_of_all_requests_with_what_is_alike_and_what_reading_costs():
    made = [told(pilot_log(seed, 4000, (0.6, 0.8), (0.5, 1.0), share=0.3, alike=0.5), 0.1) for seed in range(20)]
    assert np.mean([each.accuracy for each in made]) == pytest.approx(-0.1, abs=0.01)
    assert np.mean([each.cost for each in made]) == pytest.approx(-0.25 + 0.1, abs=0.02)
    assert made[0].largest == pytest.approx(1 / 0.3) and max(np.abs(each.accuracy).max() for each in made) <= 1 / 0.3


def test_what_is_not_known_is_left_out():
    log = pilot_log(0, 400)
    log.correct[::2] = np.nan
    log.cost[1::4] = np.nan
    pilot = judge(told(log), MARGIN, ERROR)
    assert (sum(pilot.n_accuracy), sum(pilot.n_cost)) == (200, 300)
    assert pilot.n_accuracy[INCUMBENT] == (log.sent[1::2] == INCUMBENT).sum()


@pytest.mark.parametrize(
    ("quantity", "remedy"),
    [("correct", "grade answers drawn without looking at the arm"), ("cost", "have all upstreams tell the tokens")],
)
def test_what_is_known_of_one_arm_more_than_of_the_other_is_refused(quantity, remedy):
    log, drawn = pilot_log(0, 1000, alike=0.3), np.random.default_rng(1).random(1000)
    same = log.chosen == INCUMBENT

    def known(rows):
        return replace(log, **{quantity: np.where(rows, getattr(log, quantity), np.nan)})

    assert judge(told(known(drawn < 0.3)), MARGIN, ERROR).verdict == Verdict.OPEN
    for arm in (ROUTER, INCUMBENT):
        with pytest.raises(UserError, match=rf"{['incumbent', 'router'][arm]} 0 of \d+.*need some each: {remedy}"):
            told(known(same | (log.sent == arm)))
        with pytest.raises(UserError, match=rf"differ by more than chance.*: {remedy}"):
            told(known((drawn < 0.6) | (log.sent == arm)))
    with pytest.raises(UserError, match=rf"both alike 0 of {same.sum()}; .* chance.*: {remedy}"):
        told(known(~same))


def test_requests_that_asked_for_a_decision_alone_are_in_no_arm():
    log = pilot_log(0, 600, (0.4, 0.8))
    alone = np.arange(600) < 200
    for name in ("correct", "cost"):
        getattr(log, name)[alone] = np.nan
    log = replace(log, propensity=np.where(alone, 1.0, 0.5), forwarded=~alone)
    assert judge(told(log), MARGIN, ERROR) == judge(told(log.at(~alone)), MARGIN, ERROR)


def test_logs_that_are_of_no_pilot_are_refused():
    log = pilot_log(0, 50)
    for other in (
        replace(log, propensity=np.where(np.arange(50) < 25, 0.5, 0.4)),
        replace(log, propensity=np.ones(50)),
        replace(log, sent=np.full(50, 2)),
        replace(log, chosen=np.full(50, INCUMBENT), sent=np.arange(50) % 2),  # the incumbent was another policy
    ):
        with pytest.raises(UserError, match=r"log\.jsonl: the requests were not dealt out .* 'incumbent_share'"):
            told(other)
    with pytest.raises(
        UserError, match="router 0 of 0, incumbent 0 of 0, both alike 50 of 50; router and incumbent need some each"
    ):
        told(pilot_log(0, 50, alike=1.0))
    with pytest.raises(UserError, match=r"5 USD, more than --largest-cost 4: give the cost of the limits of prompt"):
        told(replace(log, cost=np.full(50, 5.0)))


def test_bounds_hold_the_mean_and_close_in_on_it():
    x = (np.random.default_rng(0).random(3000) < 0.3).astype(float)
    low, high = confidence_sequence(2 * x - 1, (-1.0, 1.0), ERROR, [-0.4])
    assert (low <= -0.4).all() and (high >= -0.4).all() and (np.diff(low) >= 0).all() and (np.diff(high) <= 0).all()
    assert high[-1] - low[-1] < 0.2
    first = int((log_capitals(x, np.array([0.2497]), ERROR / 2)[0] >= np.log(2 / ERROR)).argmax())
    exact, _ = confidence_sequence(2 * x - 1, (-1.0, 1.0), ERROR, [-0.5006])
    rounded, _ = confidence_sequence(2 * x - 1, (-1.0, 1.0), ERROR)
    assert exact[first] >= -0.5006 - 1e-12 > max(exact[first - 1], rounded[first])
    assert [len(each) for each in confidence_sequence(np.empty(0), (0.0, 1.0), ERROR)] == [0, 0]
    with pytest.raises(ValueError, match="not within"):
        confidence_sequence(np.array([2.0]), (0.0, 1.0), ERROR)


def test_monitoring_counts_what_both_arms_of_a_pilot_send_to_the_incumbent():
    log = pilot_log(0, 20_000, (0.4, 0.8), share=0.3, alike=0.5)
    found = compare_accuracy(log, INCUMBENT).difference
    assert found.low < -0.2 < found.high < -0.15, "half of the requests, in which arms are .4 apart"


def test_a_pilot_is_read_from_the_log_of_a_service(tmp_path, capsys):
    log = log_of(np.random.default_rng(0), 1500)
    chosen = choose(log.probability)
    arm = np.random.default_rng(1).random(1500) < 0.5
    sent = np.where(arm, 1, chosen)
    log = replace(log, sent=sent, answered=sent, propensity=np.where(chosen == 1, 1.0, 0.5))
    log = replace(log, cost=np.where(sent == 1, 4.0, 1.0), correct=np.where(sent == 1, 1.0, log.correct))
    write_router(tmp_path)
    file, outcomes = write_log(tmp_path, tmp_path, log)
    given = ["--router", str(tmp_path), "--log", str(file), "--outcomes", str(outcomes)]
    with pytest.raises(SystemExit) as ended:
        pilot_router.main([*given, "--incumbent", "large", "--largest-cost", "1e-5"])
    said = capsys.readouterr().out
    assert ended.value.code == 3 and said.startswith("end it: the router is less accurate by more than the margin, ")
    backwards = tmp_path / "backwards.jsonl"
    backwards.write_text("".join(reversed(file.read_text().splitlines(keepends=True))))
    known = outcomes.read_text()
    outcomes.write_text(known + '{"id": "other", "correct": true}\n')
    with pytest.raises(SystemExit):
        pilot_router.main([*given, "--log", str(backwards), "--incumbent", "large", "--largest-cost", "1e-5"])
    assert capsys.readouterr().out == said + "1 outcomes of requests that the log lacks\n", "told in the order of time"
    outcomes.write_text(known.replace('"r', '"other'))
    with pytest.raises(UserError, match=r"none of the 1500 outcomes is of a request of the log"):
        pilot_router.main([*given, "--incumbent", "large", "--largest-cost", "1e-5"])
    for cost in ("nan", "inf", "0", "-1", "much"):
        with pytest.raises(SystemExit):
            pilot_router.main([*given, f"--largest-cost={cost}"])
        assert f"argument --largest-cost: '{cost}' is no finite number above 0" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        pilot_router.main([*given, "--largest-cost", "1e-5", "--margin", "1"])
    assert "'1' is no number between 0 and 1" in capsys.readouterr().err
