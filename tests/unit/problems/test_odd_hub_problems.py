"""Data sets of the hub whose columns, dates and groups are not as one expects."""

import numpy as np
import pandas as pd
import pytest

import hub_data
from foretell.common.errors import UserError
from foretell.common.storage import write_parquet
from foretell.problems.validation import with_validation
from problems_of_files import made, sizes


def two_files(train, test, **settings):
    """Settings and files of a data set with a file of train and one of test, with questions `q` and answers `a`."""
    settings = {"columns": {"question": "q", "answer": "a"}, "gold": "column", **settings}
    files = {"t.parquet": hub_data.parquet(train), "t2.parquet": hub_data.parquet(test)}
    return {**hub_data.GSM8K, "splits": {"train": "t.parquet", "test": "t2.parquet"}, **settings}, files


TRAIN = {"q": list("abcde"), "a": list("12345")}


def test_texts_that_are_bytes_are_read_or_refused(tmp_path):
    settings, files = two_files(TRAIN, {"q": [b"caf\xc3\xa9?"], "a": [b"6"]})
    problems = made(tmp_path, files, **settings)
    assert problems.question.iloc[-1] == "café?" and problems.answer.iloc[-1] == "6"
    settings, files = two_files(TRAIN, {"q": ["f"], "a": [b"\xff"]})
    with pytest.raises(UserError, match=r"t2.parquet: column 'a' has bytes that are no text in UTF-8"):
        made(tmp_path, files, **settings)


def test_options_that_are_bytes_are_read(tmp_path):
    rows = {"q": list("abcdef"), "right": [b"4"] * 6, "wrong": [b"5"] * 6}
    choices = {"choices": {"correct": "right", "incorrect": ["wrong"]}, "columns": {"question": "q"}}
    settings, files = two_files(rows, rows | {"q": list("ghijkl")}, answer_kind="choice", **choices)
    problems = made(tmp_path, files, **settings)
    assert problems.question.str.contains(r"\) 4$|\) 4\n").all() and not problems.question.str.contains("b'").any()


def test_ids_and_other_numbers_keep_their_digits_whatever_the_types_of_the_files(tmp_path):
    columns = {"question": "q", "answer": "a", "problem_id": "id", "year": "year"}
    train = TRAIN | {"id": [2**53 + n for n in range(5)], "year": [None] * 5}
    other = {"q": ["f"], "a": ["6"], "id": np.array([2**63 + 1], dtype="uint64"), "year": [2**53 + 1]}
    settings, files = two_files(train, other, columns=columns)
    problems = made(tmp_path, files, **settings)
    assert problems.problem_id.tolist() == [*(str(2**53 + n) for n in range(5)), str(2**63 + 1)]
    assert problems.year.iloc[-1] == 2**53 + 1


def test_an_order_of_difficulties_may_be_of_numbers(tmp_path):
    columns = {"question": "q", "answer": "a", "reference_difficulty": "level"}
    train, test = TRAIN | {"level": [1, 2, 3, 2, 1]}, {"q": ["f"], "a": ["6"], "level": [3]}
    settings, files = two_files(train, test, columns=columns, difficulty_order=["1", "2", "3"])
    assert made(tmp_path, files, **settings).reference_difficulty.tolist() == [1, 2, 3, 2, 1, 3]


def test_a_column_that_the_entry_does_not_name_may_be_anything(tmp_path):
    settings, files = two_files(TRAIN | {"problem_id": ["a", None, "c", "d", "e"]}, {"q": ["f"], "a": ["6"]})
    assert made(tmp_path, files, **settings).problem_id.is_unique


def test_a_validation_without_any_answer_is_told(tmp_path):
    rows = {"q": [f"{n}?" for n in range(20)], "a": ["1"] * 16 + [None] * 4, "g": ["a"] * 16 + ["v"] * 4}
    settings, files = two_files(rows, {"q": ["f"], "a": ["6"], "g": ["x"]}, group=["g"])
    with pytest.raises(UserError, match=r"all 4 problems of split 'validation' are excluded, such as '.*': no answer"):
        made(tmp_path, files, **settings)


@pytest.mark.parametrize(
    ("groups", "left"),
    [
        ((60, 39, 1), (60, 40)),
        ((90, *[1] * 10), (90, 10)),
        ((50, 50), (50, 50)),
        ([5] * 20, (80, 20)),
        ((95, 5), (95, 5)),
    ],
)
def test_about_a_fifth_is_validation_however_large_groups_are(groups, left):
    keys = pd.Series([f"g{place}" for place, size in enumerate(groups) for _ in range(size)])
    split = with_validation(pd.Series("train", index=keys.index), keys, "divide them")
    assert (split.eq("train").sum(), split.eq("validation").sum()) == left
    assert split.groupby(keys).nunique().eq(1).all()


def test_a_column_that_is_a_number_in_one_file_and_a_text_in_another_is_text(tmp_path):
    columns = {"question": "q", "answer": "a", "topic": "topic"}
    settings, files = two_files(
        TRAIN | {"topic": [1] * 5}, {"q": ["f"], "a": ["6"], "topic": ["sets"]}, columns=columns
    )
    problems = made(tmp_path, files, **settings)
    write_parquet(problems, tmp_path / "problems.parquet")
    assert problems.topic.tolist() == ["1"] * 5 + ["sets"]


def test_a_split_without_any_answer_is_told_at_once(tmp_path):
    settings, files = two_files(TRAIN, {"q": ["f"], "a": [None]})
    with pytest.raises(UserError, match=r"all 1 problems of split 'test' are excluded, such as 'test-0': no answer"):
        made(tmp_path, files, **settings)


def test_a_group_that_is_most_of_train_stays_there(tmp_path):
    rows = {"q": [f"{n}?" for n in range(20)], "a": ["1"] * 20, "g": ["large"] * 15 + ["b", "c", "d", "e", "f"]}
    settings, files = two_files(rows, {"q": ["f"], "a": ["6"], "g": ["x"]}, group=["g"])
    problems = made(tmp_path, files, **settings)
    assert sizes(problems) == {"train": 16, "validation": 4, "test": 1}
    assert set(problems.split[problems.group == "large"]) == {"train"}
    settings, files = two_files(
        {**rows, "g": ["large"] * 12 + ["other"] * 8}, {"q": ["f"], "a": ["6"], "g": ["x"]}, group=["g"]
    )
    assert sizes(made(tmp_path, files, **settings)) == {"train": 12, "validation": 8, "test": 1}
    settings, files = two_files({**rows, "g": ["one"] * 20}, {"q": ["f"], "a": ["6"], "g": ["x"]}, group=["g"])
    with pytest.raises(UserError, match=r"the 20 problems in train are one group.*: name files of validation"):
        made(tmp_path, files, **settings)


@pytest.mark.parametrize(
    ("first", "later"),
    [
        ("2023", 2024),
        ("2023-12", "2024-01"),
        ("2023-12-31", "2024-01-01T08:00:00"),
        ("2023-12-31 10:00:00 UTC", " 2024-Jan-01 "),
        ("2023/12/31", "2024/01/01 11:00 PM"),
        ("20231231", "2024-01-01T00:30:00+00:00"),
    ],
)
def test_dates_are_read_as_they_are_written(tmp_path, first, later):
    rows = {"q": [f"{n}?" for n in range(6)], "a": ["1"] * 6, "day": [str(first)] * 5 + [str(later)]}
    settings, files = two_files(rows, rows, date_split={"column": "day", "test_from": "2024-01-01"})
    settings = {**settings, "splits": None, "files": "t.parquet"}
    assert made(tmp_path, files, **settings).split.tolist()[-1] == "test"
    if isinstance(later, int):
        files = {"t.parquet": hub_data.parquet(rows | {"day": [int(first)] * 5 + [later]})}
        assert made(tmp_path, files, **settings).split.tolist()[-1] == "test"


@pytest.mark.parametrize("odd", ["03/04/2024", "1714521600", "now", "-2024", "2024-123", None])
def test_what_is_no_date_that_begins_with_the_year_is_refused(tmp_path, odd):
    rows = {"q": [f"{n}?" for n in range(6)], "a": ["1"] * 6, "day": ["2023-01-01"] * 5 + [odd]}
    settings, files = two_files(rows, rows, date_split={"column": "day", "test_from": "2024-01-01"})
    with pytest.raises(UserError, match=r"row 5 has .* in 'day', which is no date that begins with the year"):
        made(tmp_path, files, **{**settings, "splits": None, "files": "t.parquet"})
