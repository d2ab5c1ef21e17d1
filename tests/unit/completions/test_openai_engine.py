"""A model on a server: what is asked, what is made of the answers, and what happens where there are none."""

import json
import threading
from pathlib import Path

import pytest

from asking import Asking, failed, failing, number_of, well
from foretell.common.provenance import fingerprint
from foretell.completions.engines.answers import split
from foretell.completions.samples import GREEDY
from openai_server import KEY, Failure, answer

pytestmark = pytest.mark.usefixtures("folder")


def test_samples_of_a_problem_are_one_request_and_the_greedy_one_another():
    asking = Asking(well)
    table = asking(stop=["\n"], top_p=0.9)
    assert table.problem_id.tolist() == ["a"] * 3 + ["b"] * 3
    assert table["sample"].tolist() == [0, 1, GREEDY] * 2
    assert table.completion.tolist() == ["s0", "s1", "greedy0"] * 2
    assert table.prompt_tokens.eq(7).all() and table.completion_tokens.tolist() == [2, 2, 7] * 2
    assert [(path, headers["Authorization"]) for path, headers, _ in asking.asked] == [
        ("/v1/chat/completions", f"Bearer {KEY}")
    ] * 4
    sampled, greedy = asking.bodies[0], asking.bodies[-1]
    seed = sampled.pop("seed")
    assert sampled == {
        "model": "wise",
        "messages": [{"role": "user", "content": "a?"}],
        "max_tokens": 9,
        "temperature": 0.7,
        "top_p": 0.9,
        "stop": ["\n"],
        "n": 2,
    }
    assert greedy.keys() == {"model", "messages", "max_tokens", "temperature", "stop"} and greedy["temperature"] == 0
    assert seed != asking.bodies[1]["seed"]


def test_a_body_adds_to_requests_and_takes_from_them():
    asking = Asking(well)
    body = {"seed": None, "reasoning_effort": "low"}
    asking(["a"], server={"body": body, "token_limit": "max_completion_tokens"})
    assert asking.bodies[0]["reasoning_effort"] == "low" and asking.bodies[0]["max_completion_tokens"] == 9
    assert all("seed" not in each and "max_tokens" not in each for each in asking.bodies)


def test_a_model_that_takes_no_temperature_has_no_greedy_sample():
    asking = Asking(lambda body, _: answer(["4"] * number_of(body)))
    table = asking(["a"], server={"body": {"temperature": None}}, temperature=1.0)
    assert table["sample"].tolist() == [0, 1] and len(asking.asked) == 1 and "temperature" not in asking.bodies[0]


def test_the_endpoint_for_completions_is_sent_tokens():
    asking = Asking(lambda body, _: {**answer([]), "choices": [{"text": "4", "finish_reason": "length"}]})
    table = asking(["a"], server={"endpoint": "completions"}, samples=1)
    assert asking.asked[0][0] == "/v1/completions" and asking.bodies[0]["prompt"] == [1, 2]
    assert table.completion.tolist() == ["4", "4"] and table.finish_reason.eq("length").all()


def test_at_temperature_zero_one_request_is_both_samples():
    asking = Asking(well)
    table = asking(["a"], samples=1, temperature=0.0)
    assert len(asking.asked) == 1 and table["sample"].tolist() == [0, GREEDY]


@pytest.mark.parametrize("limit", [None, 2])
def test_samples_that_a_request_does_not_give_are_asked_for_in_others(limit):
    """The server gives one choice whatever it is asked for, or it is known to give two at most."""
    asking = Asking(
        lambda body, number: answer([f"{number}-{i}" for i in range(1 if limit is None else number_of(body))])
    )
    table = asking(["a"], server={"samples_per_request": limit}, samples=5)
    assert len(table) == 6 and table.completion.nunique() == 6
    sampled = [body for body in asking.bodies if body["temperature"] > 0]
    assert [number_of(body) for body in sampled] == ([5, 4, 3, 2, 1] if limit is None else [2, 2, 1])
    assert len({body["seed"] for body in sampled}) == len(sampled)


def test_tokens_of_a_request_are_shared_out_and_what_else_is_told_is_kept():
    details = {"prompt_tokens_details": {"cached_tokens": 4}, "completion_tokens_details": {"reasoning_tokens": 9}}
    asking = Asking(
        lambda body, _: answer(["long text", "no"][: number_of(body)], completion_tokens=23, cost=0.5, **details)
    )
    table = asking(["a"])
    assert table.completion_tokens.tolist() == [19, 4, 23] and table.thinking_tokens.tolist() == [7, 2, 9]
    assert table.cached_tokens.eq(4).all() and table.charged.tolist() == [0.25, 0.25, 0.5]
    assert split(7, [0, 0]) == [4, 3] and split(0, [3]) == [0]


def test_a_text_may_come_in_parts_and_without_an_index():
    parts = [{"type": "thinking", "text": "hm"}, {"type": "text", "text": "4"}]
    parts.append("!")
    choice = {"index": None, "finish_reason": "stop", "message": {"content": [*parts, {"type": "text", "text": "2"}]}}
    said = {"choices": [choice], "usage": answer(["42"])["usage"], "model": ["m"]}
    table = Asking(lambda *_: said)(["a"], samples=1)
    assert table.completion.tolist() == ["4!2", "4!2"] and table.answered_by.isna().all()


@pytest.mark.parametrize(("total", "tokens"), [(None, 5), (12, 5), (12.5, 5), (111, 104)])
def test_thinking_that_a_server_counts_beside_the_answer_is_counted(total, tokens):
    details = {"completion_tokens_details": {"reasoning_tokens": 99}, "total_tokens": total}
    table = Asking(lambda body, _: answer(["s"] * number_of(body), completion_tokens=5, **details))(["a"], samples=1)
    assert table.completion_tokens.eq(tokens).all()


def test_which_model_answered_is_kept_and_said_where_it_is_another(capsys):
    asking = Asking(lambda body, number: {**well(body, number), "model": "m-2026-11"})
    assert asking(["a", "b"]).answered_by.eq("m-2026-11").all()
    assert asking.again().answered_by.eq("m-2026-11").all()
    assert capsys.readouterr().err == "wise was asked, m-2026-11 answered\n", "it is said once"
    asking = Asking(lambda body, number: {**well(body, number), "model": body["model"]})
    assert asking(["a"]).answered_by.eq("wise").all() and Asking(well)(["a"]).answered_by.isna().all()
    assert capsys.readouterr().err == ""


def test_a_model_that_only_thought_has_written_nothing():
    silent = {"choices": [{"finish_reason": "length", "message": {"content": None}}], "usage": answer([])["usage"]}
    assert Asking(lambda *_: silent)(["a"], samples=1).completion.tolist() == ["", ""]


@pytest.mark.parametrize("given, waited", [("7", 7.0), ("Thu, 26 Nov 2026 08:00:30 GMT", 30.0)])
def test_a_server_that_says_when_to_come_back_is_obeyed(given, waited):
    asking = Asking(failing(Failure(429, {"error": {"message": "slow down"}}, Retry_After=given)))
    assert asking(["a"]).completion.tolist() == ["s0", "s1", "greedy0"]
    assert asking.waited == [waited]


@pytest.mark.parametrize(
    "failure",
    [
        Failure(500, b"oops"),
        Failure(529),
        Failure(content=b"{not json"),
        Failure(content=b'{"error": {"message": "upstream"}}'),
        Failure(content=json.dumps(answer(["s0"])).encode(), cut=20),
        Failure(content={**answer(["s0"]), "choices": [{}]}),
    ],
    ids=["500", "overloaded", "no JSON", "no answer", "cut off", "no text"],
)
def test_a_failure_that_passes_changes_nothing(failure):
    asking = Asking(failing(failure, failure))
    assert asking(["a"]).equals(Asking(well)(["a"]))
    assert 0 < asking.waited[0] < asking.waited[1] <= 60


def test_a_failure_that_stays_is_one_message_and_what_was_answered_is_kept():
    asking = Asking(lambda body, number: well(body, number) if number <= 3 else Failure(500, {"error": "no room"}))
    message = failed(asking, ["a", "b", "c"])
    assert "no answer after 3 attempts" in message and "500" in message and "no room" in message
    assert "3 of 6 answers are there and kept" in message
    before = len(asking.asked)
    asking.respond = well
    assert asking(["a", "b", "c"]).equals(Asking(well)(["a", "b", "c"]))
    assert len(asking.asked) == before + 3, "only what was not answered is asked again"


def test_a_run_that_is_stopped_asks_nothing_more(monkeypatch):
    def interrupted(jobs):
        raise KeyboardInterrupt

    monkeypatch.setattr("foretell.completions.engines.openai.wait", interrupted)
    asking = Asking(well)
    with pytest.raises(KeyboardInterrupt):
        asking([f"p{number}" for number in range(40)])
    assert len(asking.asked) < 40 and len(list(Path(".answers").rglob("*.json"))) == len(asking.asked)


def test_more_samples_and_more_problems_are_asked_for_alone():
    asking = Asking(well)
    asking(["a"], samples=2)
    table = asking(["a", "b"], samples=3)
    assert table["sample"].tolist() == [0, 1, 2, GREEDY] * 2
    assert [number_of(body) for body in asking.bodies] == [2, 1, 1, 3, 1]


def test_a_damaged_answer_is_asked_for_again(folder):
    asking = Asking(well)
    table = asking(["a"])
    for kept in (folder / ".answers").rglob("*.json"):
        kept.write_text(kept.read_text().replace("s1", "s7").replace("greedy0", "gree"))
    assert asking(["a"]).equals(table) and len(asking.asked) == 4


@pytest.mark.parametrize(
    "status, named", [(404, "'url'"), (405, "'url'"), (301, "'url'"), (400, "'body'"), (402, "402")]
)
def test_a_request_that_is_refused_is_not_sent_again(status, named):
    asking = Asking(lambda *_: Failure(status, {"error": {"message": "no such thing"}}))
    message = failed(asking)
    assert named in message and "no such thing" in message and len(asking.asked) == 1
    assert ("'body'" in message) == (status == 400), "no remedy that is none"


def test_answers_without_token_counts_are_refused():
    assert "'usage'" in failed(Asking(lambda *_: {"choices": [{"message": {"content": "4"}}]}))


@pytest.mark.parametrize(
    "usage",
    [
        {"completion_tokens": -500},
        {"completion_tokens": 10**30},
        {"prompt_tokens": -1},
        {"cost": -3.0},
        {"cost": "nan"},
    ],
)
def test_counts_and_costs_that_none_can_have_are_no_answer_and_not_kept(folder, usage):
    asking = Asking(lambda *_: answer(["4"], **usage))
    assert "an answer that is none" in failed(asking, ["a"])
    asking.respond = well
    assert asking(["a"]).completion_tokens.ge(0).all(), "a server that is mended is asked again"


def test_a_server_that_says_nothing_is_given_up():
    silent = threading.Event()
    try:
        message = failed(Asking(lambda *_: Failure(silent=silent)), ["a"], connection={"timeout": 0.02, "attempts": 2})
    finally:
        silent.set()
    assert "2 attempts" in message and "'timeout'" in message


def test_what_was_kept_and_is_no_answer_is_asked_for_again(folder):
    asking = Asking(well)
    asking(["a"])
    for path in Path(folder).rglob("*.json"):
        kept = json.loads(path.read_text())
        kept["answers"][0]["usage"]["prompt_tokens"] = -1
        path.write_text(json.dumps({**kept, "sum": fingerprint(answers=kept["answers"])}))
    assert asking(["a"]).prompt_tokens.ge(0).all() and len(asking.asked) == 4


def test_a_completion_that_ended_in_an_error_is_asked_for_again():
    broken = answer(["half"])
    broken["choices"][0]["finish_reason"] = "error"
    asking = Asking(failing(broken))
    assert "half" not in asking(["a"], samples=1).completion.tolist()


def test_half_a_letter_at_a_cut_is_no_failure():
    asking = Asking(lambda body, _: answer(["4 \ud83d"] * number_of(body)))
    assert asking(["a"]).completion.tolist() == ["4 ?"] * 3


def test_problems_that_ask_the_same_at_once_pay_once():
    asking = Asking(well)
    problems = list("abcdefgh")
    table = asking(problems, question="the same", samples=1, temperature=0.0, connection={"concurrency": 8})
    assert len(asking.asked) == 1 and table.problem_id.unique().tolist() == problems


def test_a_server_may_ask_for_an_hour_at_most():
    asking = Asking(failing(Failure(429, Retry_After="1e12"), Failure(429, Retry_After="inf")))
    asking(["a"], samples=1, temperature=0.0)
    assert asking.waited[0] == 3600 and asking.waited[1] <= 61
