"""Questions that stand in training and in test."""

import pandas as pd
import pytest

import exclude_duplicates as program
from foretell.common.errors import UserError
from foretell.problems.duplicates import exclude_duplicates, normalised


def problems(**questions):
    """Problems by split, with ids `SPLIT-PLACE`."""
    rows = [(f"{split}-{n}", split, text) for split, texts in questions.items() for n, text in enumerate(texts)]
    return pd.DataFrame(rows, columns=["problem_id", "split", "question"]).assign(
        excluded_reason=pd.Series(pd.NA, index=range(len(rows)), dtype="string")
    )


def reasons(frame):
    return dict(frame.set_index("problem_id").excluded_reason.dropna())


def test_train_loses_what_its_own_test_and_validation_ask():
    own = problems(
        train=["What is $3+1$?", "Another", "Third"], validation=["third.", "a"], test=["what is 3 + 1", "A"]
    )
    assert reasons(exclude_duplicates(own, {})) == {
        "train-0": "its question is that of test problem 'test-0'",
        "train-2": "its question is that of validation problem 'validation-0'",
        "validation-1": "its question is that of test problem 'test-1'",
    }


def test_questions_of_other_sets_tests_are_kept_out_and_the_reason_names_them():
    own, other = problems(train=["a", "b"], test=["b", "c"]), problems(train=["b"], test=["A", "c", "b"])
    assert reasons(exclude_duplicates(own, {"aime": other})) == {
        "train-0": "its question is that of test problem 'test-0' of aime",
        "train-1": "its question is that of test problem 'test-0'",
    }


def test_an_earlier_reason_stays_and_test_loses_nothing():
    own = problems(train=["a"], test=["a", "a"]).assign(excluded_reason=["old", None, None])
    assert reasons(exclude_duplicates(own, {"x": problems(test=["a"])})) == {"train-0": "old"}


def test_the_test_may_be_that_of_another_set():
    own = problems(train=["a", "b"])
    other = problems(train=["z"], test=["B"]).assign(year=2025)
    made = exclude_duplicates(own, {"later": other}, "later")
    assert made.split.tolist() == ["train", "train", "test"] and "year" not in made
    assert reasons(made) == {"train-1": "its question is that of test problem 'test-0'"}
    with pytest.raises(UserError, match="the problem 'test-0' is in this set and in the test of 'later'"):
        exclude_duplicates(own.assign(problem_id=["test-0", "x"]), {"later": other}, "later")


SAME = [
    ("Find $x$ if $x+1=2$.", "find x if  $x + 1 = 2$"),
    (r"Is $\dfrac{1}{2}$ larger?", r"Is $\frac12$ larger"),
    (r"$\left(a\right)\,b$", "$(a) b$"),
    ("The “answer”", 'The "answer"'),
]
DIFFERENT = [("3+1", "3-1"), ("1.5 m", "15 m"), ("1,080", "1080"), ("x^2", "x_2"), ("a < b", "a > b")]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_question_in_another_spelling_is_the_same(one, other):
    assert normalised(one) == normalised(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_another_question_is_another_one(one, other):
    assert normalised(one) != normalised(other)


def test_difficulties_from_responses_come_to_the_problems(tmp_path):
    asked = {name: str(tmp_path / f"{name}.parquet") for name in ("problems", "difficulties", "output")}
    problems(train=["a", "b"], test=["c"]).to_parquet(asked["problems"])
    known = {"problem_id": ["train-1", "test-0"], "difficulty": [0.5, -1.0], "difficulty_se": [0.1, 0.2]}
    pd.DataFrame(known).to_parquet(asked["difficulties"])
    program.main([*(word for name, file in asked.items() for word in (f"--{name}", file)), "--settings", "{}"])
    found = pd.read_parquet(asked["output"]).set_index("problem_id").reference_difficulty
    assert found.dropna().to_dict() == {"train-1": 0.5, "test-0": -1.0}
