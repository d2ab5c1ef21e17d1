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
    return Log(np.zeros((n, 2)), np.zeros(n), chosen, sent, sent, propensity, spent, correct, 0, 0)


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
    again = judge(told(pilot_log(0, 2500, **settings)), MARGIN, ERROR)
    assert pilot == again
    said = write_pilot(pilot, "large", MARGIN, ERROR)
    assert said.startswith(f"{verdict} (0.05), after {pilot.ended} requests, beside large") and "95%" in said


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
    assert (pilot.n_accuracy, pilot.n_cost) == (200, 300)
    log.correct[:] = np.nan
    pilot = judge(told(log), MARGIN, ERROR)
    assert pilot.n_accuracy == 0 and pilot.accuracy[1:] == (-2.0, 2.0)


def test_logs_that_are_of_no_pilot_are_refused():
    log = pilot_log(0, 50)
    for other in (
        replace(log, propensity=np.where(np.arange(50) < 25, 0.5, 0.4)),
        replace(log, propensity=np.ones(50)),
        replace(log, sent=np.full(50, 2)),
    ):
        with pytest.raises(UserError, match=r"log\.jsonl: the requests were not dealt out .* 'incumbent_share'"):
            told(other)
    with pytest.raises(UserError, match="there is nothing to compare yet"):
        told(pilot_log(0, 50, alike=1.0))
    with pytest.raises(UserError, match=r"an answer cost 5 USD: give at least that as --largest-cost"):
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
    assert ended.value.code == 3 and said.startswith(
        "end it: the router is less accurate by more than the margin (0.01)"
    )
    with pytest.raises(SystemExit):
        pilot_router.main([*given, "--largest-cost", "1e-5", "--margin", "1"])
    assert "'1' is no number between 0 and 1" in capsys.readouterr().err
