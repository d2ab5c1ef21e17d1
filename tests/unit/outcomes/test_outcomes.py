import pandas as pd
import pytest

from foretell.common.errors import UserError
from foretell.outcomes.summary import summarise
from foretell.probes.targets import TARGETS


def problems(*ids):
    return pd.DataFrame(
        {
            "problem_id": ids,
            "split": "test",
            "group": ids,
            "reference_difficulty": 1.0,
            "excluded_reason": [None] * len(ids),
        }
    )


def rollouts(answers, gold="1", greedy=None, problem="p", reasons=None):
    """One row per answer; None is a rollout without an answer."""
    samples = list(range(len(answers))) + ([-1] if greedy is not None else [])
    given = list(answers) + ([greedy] if greedy is not None else [])
    return pd.DataFrame(
        {
            "problem_id": problem,
            "sample": samples,
            "answer_class": pd.array(given, dtype="string"),
            "extracted_answer": pd.array(given, dtype="string"),
            "correct": [answer == gold for answer in given],
            "prompt_tokens": 10,
            "completion_tokens": [2] * len(answers) + ([90] if greedy is not None else []),
            "finish_reason": reasons or "stop",
        }
    )


def outcome(*args, **kwargs):
    return summarise(rollouts(*args, **kwargs), problems("p")).iloc[0]


def test_greedy_rollouts_count_neither_towards_the_success_rate_nor_the_vote_nor_the_cost():
    result = outcome(["1", "2"], greedy="2")
    assert (result.k, result.success_rate, result.completion_tokens) == (2, 0.5, 4)
    assert result.majority_answer == "1" and result.majority_correct and not result.greedy_correct


def test_thinking_tokens_are_summed_over_the_samples_where_all_are_known():
    given = rollouts(["1", "2"], greedy="2")
    known, unknown = (
        given.assign(thinking_tokens=pd.array(each, dtype="Int64")) for each in ([3, 4, 90], [3, None, 90])
    )
    assert summarise(known, problems("p")).thinking_tokens.tolist() == [7]
    assert summarise(unknown, problems("p")).thinking_tokens.isna().all()
    assert "thinking_tokens" not in summarise(given, problems("p"))


def test_the_most_frequent_answer_wins_also_when_it_came_late_or_is_wrong():
    right, wrong = outcome(["2", "1", "1"]), outcome(["1", "2", "2", "3"])
    assert (right.majority_answer, right.majority_correct) == ("1", True)
    assert (wrong.majority_answer, wrong.majority_correct) == ("2", False)


def test_no_answer_never_wins_a_vote():
    result = outcome([None, None, None, "1"])
    assert result.majority_answer == "1" and result.majority_correct and result.success_rate == 0.25


def test_shares_of_samples_without_an_answer_and_with_a_guess_leave_the_greedy_one_out():
    frame = rollouts(["1", None, "2", "2"], greedy="1")
    graded = frame.assign(answer_place=pd.array(["guess", None, "box", "guess", "guess"], dtype="string"))
    result = summarise(graded, problems("p")).iloc[0]
    assert (result.no_answer_share, result.guessed_share) == (0.25, 0.5)
    result = summarise(frame, problems("p")).iloc[0]
    assert result.no_answer_share == 0.25 and pd.isna(result.guessed_share), "imported grades tell no place"
    result = summarise(frame.assign(extracted_answer=pd.NA), problems("p")).iloc[0]
    assert pd.isna(result.no_answer_share), "imported grades without answers do not tell which lack one"


def test_without_any_answer_the_vote_is_lost():
    result = outcome([None, None])
    assert pd.isna(result.majority_answer) and not result.majority_correct and not result.pass_at_k


def test_any_right_sample_solves_a_problem_for_the_target_pass_at_k():
    frame = pd.concat([outcome(["2", "2", "1"]).to_frame().T, outcome(["2", "2", "2"]).to_frame().T])
    assert TARGETS["pass_at_k"].labels(frame).tolist() == [1.0, 0.0]
    assert TARGETS["majority_correct"].labels(frame).tolist() == [0.0, 0.0]


def test_of_equally_frequent_answers_the_first_given_wins_whatever_the_order_of_rows():
    frame = rollouts(["2", "1", "1", "2"])
    for order in (frame, frame[::-1]):
        assert summarise(order, problems("p")).majority_answer[0] == "2"


def test_truncation_is_counted_apart_from_failure():
    result = outcome(["1", "2", None, "1"], reasons=["length", "stop", "length", "stop"])
    assert result.truncated_share == 0.5 and result.success_rate == 0.5


def test_outcomes_come_in_the_problems_order_and_leave_excluded_ones_out():
    frame = pd.concat([rollouts(["1"], problem=p) for p in ("c", "a", "b")])
    listed = problems("a", "b", "c").assign(excluded_reason=[None, "duplicate of a test question", None])
    assert summarise(frame, listed).problem_id.tolist() == ["a", "c"]


def test_a_problem_without_samples_and_one_with_fewer_are_named():
    with pytest.raises(UserError, match="1 problems have no sampled rollout, the first is 'q'"):
        summarise(rollouts(["1"]), problems("p", "q"))
    uneven = pd.concat([rollouts(["1", "1"], problem=p) for p in "ab"] + [rollouts(["1"], problem="c")])
    with pytest.raises(UserError, match="problem 'c' has 1 samples, most others have 2"):
        summarise(uneven, problems("a", "b", "c"))
