"""Data sets of the hub whose columns, dates and groups are not as one expects."""

import pytest

import hub_data
from foretell.common.errors import UserError
from foretell.common.storage import write_parquet
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
    with pytest.raises(UserError, match=r"none of the 1 problems in 'test' has an answer: correct the key"):
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
    with pytest.raises(UserError, match=r"the 20 problems of train are one group.*: name files of validation"):
        made(tmp_path, files, **settings)


@pytest.mark.parametrize(
    ("first", "later"), [("2023", 2024), ("2023-12", "2024-01"), ("2023-12-31", "2024-01-01T08:00:00")]
)
def test_dates_are_read_as_they_are_written(tmp_path, first, later):
    rows = {"q": [f"{n}?" for n in range(6)], "a": ["1"] * 6, "day": [str(first)] * 5 + [str(later)]}
    settings, files = two_files(rows, rows, date_split={"column": "day", "test_from": "2024-01-01"})
    settings = {**settings, "splits": None, "files": "t.parquet"}
    assert made(tmp_path, files, **settings).split.tolist()[-1] == "test"
    if isinstance(later, int):
        files = {"t.parquet": hub_data.parquet(rows | {"day": [int(first)] * 5 + [later]})}
        assert made(tmp_path, files, **settings).split.tolist()[-1] == "test"


@pytest.mark.parametrize("odd", ["03/04/2024", "1714521600", None])
def test_a_date_that_can_be_read_in_two_ways_is_refused(tmp_path, odd):
    rows = {"q": [f"{n}?" for n in range(6)], "a": ["1"] * 6, "day": ["2023-01-01"] * 5 + [odd]}
    settings, files = two_files(rows, rows, date_split={"column": "day", "test_from": "2024-01-01"})
    with pytest.raises(UserError, match="row 5 has no date in 'day' that begins with year, month and day"):
        made(tmp_path, files, **{**settings, "splits": None, "files": "t.parquet"})
