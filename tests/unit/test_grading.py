import pandas as pd
import pytest

from foretell.errors import UserError
from foretell.grading.rollouts import grade

PROBLEMS = pd.DataFrame({"problem_id": ["a", "b"], "answer": ["4", "0"], "answer_kind": "integer"})
PATTERN = r"([0-5])\Z"


def completions(*texts, problem="a"):
    return pd.DataFrame({"problem_id": problem, "sample": range(len(texts)), "completion": texts})


def test_the_answer_is_where_the_pattern_says():
    graded = grade(completions("4", "+31*24", "45", "", "+4", "9"), PROBLEMS, PATTERN)
    assert graded.extracted_answer.fillna("none").tolist() == ["4", "4", "5", "none", "4", "none"]
    assert graded.correct.tolist() == [True, True, False, False, True, False]


def test_no_answer_is_wrong_and_null():
    graded = grade(completions("+", "\x00\xff", "x" * 100_000), PROBLEMS, PATTERN)
    assert graded.extracted_answer.isna().all() and not graded.correct.any()


def test_the_last_of_several_answers_counts():
    graded = grade(completions("answer 1, no, answer 4"), PROBLEMS, r"answer ([0-5])")
    assert graded.extracted_answer[0] == "4" and graded.correct[0]


def test_a_repeated_sample_and_an_unknown_problem_are_named():
    twice = pd.concat([completions("4"), completions("3")])
    with pytest.raises(UserError, match="problem 'a' has sample 0 more than once"):
        grade(twice, PROBLEMS, PATTERN)
    with pytest.raises(UserError, match="belong to no problem, the first to 'z'"):
        grade(completions("4", problem="z"), PROBLEMS, PATTERN)
