"""A log of a router says what has drifted, and what the router is worth, no more often wrongly than it claims."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from scipy.stats import binom

import monitor_router
from foretell.common.errors import UserError
from foretell.deployment.decision_log import CHAT, ROUTE, Entry
from foretell.deployment.drift import compare_calibration, find_drift, holm
from foretell.deployment.folder import router_id
from foretell.deployment.observed import observe
from foretell.deployment.realised import Weighted, compare_accuracy, compare_cost
from foretell.deployment.reference import Reference
from router_logs import POLICIES, PRICE, choose, log_of, prompts, write_log, write_router


def alarms(seed, level, n, problems, **drift):
    """Tests that raise an alarm on a log that is compared with a test split of its own."""
    rng = np.random.default_rng(seed)
    reference = Reference(*prompts(rng, problems))
    log = log_of(rng, n, **drift)
    tests = find_drift(log, reference, choose(reference.probability), POLICIES, [False, False], 2.5)
    adjusted = holm([test.p for test in tests])
    return {(test.kind, test.policy) for test, p in zip(tests, adjusted, strict=True) if p <= level}


def test_batches_without_drift_raise_alarms_no_more_often_than_stated():
    raised = sum(bool(alarms(seed, 0.05, n=120, problems=150)) for seed in range(500))
    assert raised <= binom.ppf(0.99, 500, 0.05)


@pytest.mark.parametrize(("drift", "kind"), [({"shift": 0.3}, "scores"), ({"broken": 0.1}, "calibration")])
def test_planted_drift_is_found_and_called_what_it_is(drift, kind):
    for seed in range(20):
        found = {name for name, _ in alarms(seed, 0.01, n=2000, problems=3000, **drift)}
        assert kind in found and (kind == "scores" or "scores" not in found)


def test_foreign_prompts_are_counted_against_those_of_test():
    rng = np.random.default_rng(0)
    reference, log = Reference(*prompts(rng, 1000)), log_of(rng, 300)
    log.unlikeness[:20] = 9.0
    tests = find_drift(log, reference, choose(reference.probability), POLICIES, [False, True], 2.5)
    found = next(test for test in tests if test.kind == "foreign prompts")
    assert found.p < 1e-3 and found.seen == np.mean(log.unlikeness > 2.5)
    assert [test.policy for test in tests if test.kind == "scores"] == ["small"], "the other one is constant"


def test_z_of_calibration_is_that_of_the_closed_form():
    half, test_half = np.full(100, 0.5), np.full(400, 0.5)
    labels, test_labels = np.repeat([1.0, 0.0], [40, 60]), np.repeat([1.0, 0.0], [220, 180])
    few = (np.ones(19), np.full(19, 0.5), np.ones(19), np.full(19, 0.5), np.ones(19))
    found = compare_calibration("small", [(labels, half, test_labels, test_half, np.ones(400)), few])
    # residuals -.1 and .05 of variances .25: the sampled ones, .2424 and .2481, are smaller
    assert found.statistic == pytest.approx(-0.15 / np.sqrt(0.25 / 100 + 0.25 / 400))
    assert (found.n, found.n_test, found.seen, found.expected) == (100, 400, 0.4, pytest.approx(0.55))
    assert found.p == pytest.approx(0.00729, abs=1e-5)
    assert compare_calibration("small", [few]) is None


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]).tolist() == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_a_mean_under_another_policy_by_hand():
    found = Weighted.of(np.array([1.0, 0.0, 1.0]), np.array([True, True, False]), np.array([0.5, 0.25, 0.1]))
    assert found.value == pytest.approx(2 / 6) and found.effective == pytest.approx(36 / 20)
    assert found.influence.tolist() == pytest.approx([2 * (2 / 3) / 6, 4 * (-1 / 3) / 6, 0])


def test_intervals_of_router_and_incumbent_hold_what_is_true():
    probability, labels, _ = prompts(np.random.default_rng(0), 400_000)
    chosen = choose(probability)
    routed = labels[np.arange(len(chosen)), chosen].mean()
    truth = routed - labels[:, 1].mean(), 1 - (1 + 3 * chosen.mean() + 0.1) / 4
    held = np.zeros(2)
    for seed in range(300):
        log = log_of(np.random.default_rng(seed), 1500)
        for place, found in enumerate((compare_accuracy(log, 1), compare_cost(log, 1, probing=0.1))):
            held[place] += found.difference.low <= truth[place] <= found.difference.high
    assert (held >= binom.ppf(0.01, 300, 0.95)).all() and (held <= binom.ppf(0.99, 300, 0.95)).any()


def test_few_answers_that_are_all_right_are_not_certain():
    log = log_of(np.random.default_rng(0), 300, exploration=0.5)
    log.correct[:] = 1.0
    found = compare_accuracy(log, 1)
    assert found.incumbent.high == pytest.approx(1) and found.incumbent.low == pytest.approx(
        1 / (1 + 1.96**2 / found.effective), rel=1e-3
    )
    assert found.difference.low < -0.01 < 0.01 < found.difference.high


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("router")
    write_router(made)
    return made


def logged(folder, tmp_path, n=600, **settings):
    return write_log(folder, tmp_path, log_of(np.random.default_rng(3), n, **settings))


def monitor(folder, file, *more):
    monitor_router.main(["--router", str(folder), "--log", str(file), *map(str, more)])


def test_a_log_without_drift_ends_without_alarm_and_says_what_the_router_is_worth(folder, tmp_path, capsys):
    file, outcomes = logged(folder, tmp_path)
    with file.open("a") as lines:
        failed = Entry(id="f", endpoint=CHAT, policy="large", failure="routing: timeout", served_by="large")
        lines.write(json.dumps({"router": router_id(folder), **asdict(failed)}) + "\n")
    monitor(folder, file, "--outcomes", outcomes)
    said = capsys.readouterr().out
    assert "600 decisions, 600 with exploration, 1 failures of routing, 600 outcomes" in said
    assert "no alarm (5 tests, together wrong with a probability of at most 0.01)" in said
    assert "accuracy of large alone" in said and "not known" not in said
    log = log_of(np.random.default_rng(3), 600)
    weights = (log.sent == log.chosen) / log.propensity
    cost = (weights @ log.cost / weights.sum()) * 1e-6 + 1e-6  # every token is a millionth of a dollar; reading
    row = next(line for line in said.splitlines() if line.startswith("USD per request of the router"))
    assert f"{cost:.3g}" in row


def test_answers_of_what_was_charged_are_not_left_out_of_the_cost(tmp_path, capsys):
    """They have no prices of tokens; the mean over the others alone would be that of the cheap policy."""
    write_router(tmp_path, (PRICE, {"encoder": "m", "charged": True}))
    file, _ = logged(tmp_path, tmp_path)
    monitor(tmp_path, file)
    said = capsys.readouterr().out
    sent = log_of(np.random.default_rng(3), 600).sent
    row = next(line for line in said.splitlines() if line.startswith("USD per request as served"))
    assert f"{np.where(sent == 1, 4.0, 1e-6).mean():.3g}" in row and row.split()[-1] == "600"
    assert "answers of large counted at the mean cost per problem, as there are no prices of tokens" in said


def test_decisions_alone_and_failures_of_upstreams_are_no_answers_of_the_policy_decided_on(folder, tmp_path, capsys):
    file, _ = logged(folder, tmp_path, n=100)
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    for number, line in enumerate(lines):
        line |= {"policy": "small", "chosen": "small", "propensity": 1.0, "served_by": "small"}
        if number < 10:
            line |= {"endpoint": ROUTE, "served_by": None}
        elif number < 30:
            line |= {"served_by": "large", "failure": "upstream: small: silent"}
        elif number < 35:
            line |= {"served_by": None, "failure": "upstream: small: silent; upstream: large: silent"}
        line["probabilities"] |= {"large": line["probabilities"]["small"]}  # so that small is chosen
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with pytest.raises(SystemExit):  # for the scores of large have drifted
        monitor(folder, file)
    said = capsys.readouterr().out
    rows = {line.split()[0]: line.split() for line in said.splitlines() if line.startswith(("small", "large"))}
    assert rows["small"][2:] == ["1.000", "1.000", "0.765"] and rows["large"][2:] == ["0.000", "0.000", "0.235"]
    assert (
        "Of these requests 10 asked for a decision alone, 65 were answered by the policy that they were sent to, "
        "20 by the fallback in its place, 5 by nobody." in said
    )


def test_an_alarm_is_named_and_told_by_the_exit_status(folder, tmp_path, capsys):
    file, outcomes = logged(folder, tmp_path, n=2000, broken=0.15)
    with pytest.raises(SystemExit) as ended:
        monitor(folder, file, "--outcomes", outcomes)
    assert ended.value.code == 3 and "ALARM: calibration of " in capsys.readouterr().out
    monitor(folder, file)
    said = capsys.readouterr().out
    assert "No outcome is known" in said and "no alarm (3 tests" in said


def test_what_exploration_alone_can_tell_is_said_to_be_unknown_without_it(folder, tmp_path, capsys):
    file, outcomes = logged(folder, tmp_path, exploration=0.0)
    monitor(folder, file, "--outcomes", outcomes, "--incumbent", "small")
    said = capsys.readouterr().out
    assert "No request was explored: what small alone would have done cannot be estimated" in said
    assert said.count("not known") == 6, "accuracy and cost as served are known"


def test_lines_of_route_py_are_a_log_too(folder, tmp_path, capsys):
    file = tmp_path / "routed.jsonl"
    probability, _, unlikeness = prompts(np.random.default_rng(4), 100)
    routed = zip(probability, choose(probability), unlikeness, strict=True)
    lines = [
        {"router": router_id(folder), "policy": POLICIES[column], "unlikeness": far}
        | {"probabilities": dict(zip(POLICIES, row, strict=True)), "expected_cost": 1.0, "unlike": False}
        for row, column, far in routed
    ]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    monitor(folder, file)
    said = capsys.readouterr().out
    assert "100 decisions, 0 with exploration, 0 failures of routing, 0 outcomes" in said
    assert "Of these requests 100 asked for a decision alone" in said
    lines[7]["policy"] = next(policy for policy in POLICIES if policy != lines[7]["policy"])
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with pytest.raises(
        UserError, match=r"1 of 100 decisions are not those of the operating point that the study chose"
    ):
        monitor(folder, file)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"router": "other"}, r"line 2: key 'router' is 'other', but this router is '\w{64}': give the log of this"),
        ({"router": None}, r"line 2: key 'router': .*: mend or remove the line"),
        ({"policy": "huge"}, r"line 2: 'huge' is no policy of the router"),
        ({"propensity": 0.0}, r"line 2: key 'propensity': Input should be greater than 0"),
        ({"probabilities": {"small": 0.5}}, r"line 2: lacks a policy's probability"),
        ({"probabilities": {"small": 0.5, "large": 1.5}}, r"line 2: key 'probabilities.large'"),
        ({"id": "r0"}, r"line 2: id 'r0' stands twice"),
        ({"prompt_tokens": 10**400}, r"line 2: key 'prompt_tokens': Input should be less than or equal to"),
        (None, r"line 2: Invalid JSON: .*: mend or remove the line"),
    ],
)
def test_a_line_that_is_not_what_it_should_be_is_named(folder, tmp_path, change, message):
    file, outcomes = logged(folder, tmp_path, n=3)
    lines = file.read_text().splitlines()
    lines[1] = lines[1][:50] if change is None else json.dumps({**json.loads(lines[1]), **change})
    file.write_text("\n".join(lines))
    with pytest.raises(UserError, match=rf"log\.jsonl: {message}"):
        monitor(folder, file, "--outcomes", outcomes)


def test_other_input_that_cannot_be_used_is_named(folder, tmp_path):
    file, outcomes = logged(folder, tmp_path, n=3)
    with pytest.raises(UserError, match=r"--incumbent 'huge' is no policy .*: it has small, large"):
        monitor(folder, file, "--incumbent", "huge")
    outcomes.write_text('{"id": "r0", "correct": 1}\n')
    with pytest.raises(UserError, match=r"outcomes\.jsonl: line 1: key 'correct': Input should be a valid boolean"):
        monitor(folder, file, "--outcomes", outcomes)
    outcomes.write_text('{"id": "r0", "corr')
    with pytest.raises(UserError, match=r"outcomes\.jsonl: line 1: is half written"):
        monitor(folder, file, "--outcomes", outcomes)
    outcomes.write_text('{"id": "r0", "correct": true}\n' * 2)
    with pytest.raises(UserError, match=r"outcomes\.jsonl: line 2: id 'r0' stands twice"):
        monitor(folder, file, "--outcomes", outcomes)
    file.write_text("\n")
    with pytest.raises(UserError, match=r"log\.jsonl: has no decision"):
        monitor(folder, file)


def test_a_log_that_is_given_twice_is_refused_with_and_without_outcomes(folder, tmp_path):
    file, outcomes = logged(folder, tmp_path, n=3)
    file.write_text(file.read_text() * 2)
    for more in ([], ["--outcomes", outcomes]):
        with pytest.raises(UserError, match=r"log\.jsonl: line 4: id 'r0' stands twice: give every request once"):
            monitor(folder, file, *more)


def test_a_last_line_that_is_still_being_written_is_left_out_and_said(folder, tmp_path, capsys):
    file, outcomes = logged(folder, tmp_path, n=200)
    file.write_text(file.read_text()[:-30])
    monitor(folder, file, "--outcomes", outcomes)
    said = capsys.readouterr().out.splitlines()[0]
    assert "199 decisions" in said and said.endswith(
        "1 outcomes of requests that the log lacks, the log's last line is half written and left out"
    )
    with file.open("a") as lines:
        lines.write("\n")
    with pytest.raises(UserError, match=r"line 200: Invalid JSON"):
        monitor(folder, file)


def test_files_may_begin_with_a_byte_order_mark(folder, tmp_path, capsys):
    file, outcomes = logged(folder, tmp_path, n=200)
    for each in (file, outcomes):
        each.write_text(each.read_text(), encoding="utf-8-sig")
    monitor(folder, file, "--outcomes", outcomes)
    assert "200 decisions, 200 with exploration, 0 failures of routing, 200 outcomes" in capsys.readouterr().out


def test_requests_are_read_in_the_order_in_which_they_came(folder, tmp_path):
    file, _ = logged(folder, tmp_path, n=4)
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    ended, took = ["10:00:09", "10:00:05", "10:00:07", None], [8.0, 1.0, 2.0, 0.0]  # 10:00:01, :04, :05, not known
    for place, line in enumerate(lines):
        line |= {"time": ended[place] and f"2026-01-01T{ended[place]}+00:00", "seconds": took[place]}
    file.write_text("".join(json.dumps(lines[place]) + "\n" for place in (1, 0, 3, 2)))
    found = observe(folder, file, None).log.unlikeness
    assert found.tolist() == [lines[place]["unlikeness"] for place in (3, 0, 1, 2)]
