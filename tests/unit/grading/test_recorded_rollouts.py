"""Recorded rollouts are taken for just what they were made of."""

import json

import pandas as pd
import pytest

from foretell.common.errors import UserError
from foretell.grading.recorded import RolloutsSettings, read_recorded, write_recorded

PROBLEMS = pd.DataFrame(
    {"problem_id": ["a", "b"], "answer": ["1", "2"], "answer_kind": "integer", "excluded_reason": pd.NA}
)
ASKED = pd.DataFrame({"problem_id": ["a", "b"], "prompt": ["A?", "B?"], "token_ids": [[1, 2], [3]]})
ROLLOUTS = pd.DataFrame(
    {
        "problem_id": ["a", "a", "b", "b"],
        "sample": [0, -1, 0, -1],
        "completion": ["It is 1", "2", "", "2"],
        "completion_tokens": [3, 1, 0, 1],
        "extracted_answer": ["1", "2", None, "2"],
        "answer_place": ["marked", "marked", None, "marked"],
        "answer_class": ["1", "2", None, "2"],
        "correct": [True, False, False, True],
    }
)
SETTINGS = RolloutsSettings(
    sampling={"policy": "p", "decoding": {"samples": 1, "temperature": 0.7}, "seed": 1},
    grading={},
    model={"sha256": "f"},
)


@pytest.fixture
def files(tmp_path):
    path, record = tmp_path / "p.parquet", tmp_path / "p.json"
    write_recorded(ROLLOUTS, PROBLEMS, ASKED, [], SETTINGS, path, record)
    return path, record


def test_they_come_back_without_their_texts(files):
    read = read_recorded(*files, PROBLEMS, ASKED, [], SETTINGS)
    kept = ROLLOUTS.drop(columns="completion")
    pd.testing.assert_frame_equal(read[[*kept]], kept, check_dtype=False)
    assert (read.completion == "").all() and "It is" not in files[0].read_bytes().decode("latin-1")


def test_the_order_of_problems_and_other_columns_of_prompts_do_not_matter(files):
    assert len(read_recorded(*files, PROBLEMS[::-1], ASKED[["token_ids", "problem_id"]][::-1], [], SETTINGS)) == 4


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sampling": {**SETTINGS.sampling, "seed": 2}}, "was made with seed 1, not 2"),
        (
            {"sampling": {**SETTINGS.sampling, "decoding": {"samples": 1, "temperature": 1.0}}},
            "temperature 0.7, not 1.0",
        ),
        ({"model": {"sha256": "e"}}, "sha256 f, not e"),
        ({"grading": {"answer_pattern": "(.)"}}, r"answer_pattern None, not \(\.\)"),
    ],
)
def test_other_settings_are_refused_by_name(files, change, said):
    with pytest.raises(UserError, match=f"p.parquet was made with .*{said.removeprefix('was made with ')}.* anew"):
        read_recorded(*files, PROBLEMS, ASKED, [], SETTINGS.model_copy(update=change))


def test_other_prompts_problems_and_golds_are_refused(files):
    with pytest.raises(UserError, match="answers to other prompts"):
        read_recorded(*files, PROBLEMS, ASKED.assign(token_ids=[[1, 2], [4]]), [], SETTINGS)
    with pytest.raises(UserError, match="answers to other prompts"):
        read_recorded(*files, PROBLEMS, ASKED[:1], [], SETTINGS)
    with pytest.raises(UserError, match="grades for other problems or gold answers"):
        read_recorded(*files, PROBLEMS.assign(answer=["1", "3"]), ASKED, [], SETTINGS)


def test_what_is_missing_damaged_or_foreign_is_refused(files):
    path, record = files
    written = json.loads(record.read_text())
    record.write_text(json.dumps({**written, "sha256": "0" * 64}))
    with pytest.raises(UserError, match=r"is about other rollouts than p\.parquet beside it"):
        read_recorded(path, record, PROBLEMS, ASKED, [], SETTINGS)
    record.write_text("{")
    with pytest.raises(UserError, match=r"p\.json is no record of rollouts"):
        read_recorded(path, record, PROBLEMS, ASKED, [], SETTINGS)
    record.unlink()
    with pytest.raises(UserError, match=r"there is no .*p\.json; leave the key 'recorded_rollouts' empty"):
        read_recorded(path, record, PROBLEMS, ASKED, [], SETTINGS)


def test_other_weights_are_refused(tmp_path):
    training, path, record = (tmp_path / name for name in ("training.json", "p.parquet", "p.json"))
    training.write_text('{"sha256": "a"}')
    write_recorded(ROLLOUTS, PROBLEMS, ASKED, [training], SETTINGS, path, record)
    assert len(read_recorded(path, record, PROBLEMS, ASKED, [training], SETTINGS)) == 4
    training.write_text('{"sha256": "b"}')
    with pytest.raises(UserError, match="answers of a model with other weights than the study's"):
        read_recorded(path, record, PROBLEMS, ASKED, [training], SETTINGS)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (pd.concat([ROLLOUTS, ROLLOUTS[:1]]), "stand there more than once"),
        (ROLLOUTS[:2], "'b'"),
        (ROLLOUTS.drop(columns="correct"), "missing columns"),
    ],
)
def test_rows_that_repeat_or_lack_are_refused_whatever_the_record_says(tmp_path, rows, said):
    path, record = tmp_path / "p.parquet", tmp_path / "p.json"
    write_recorded(rows, PROBLEMS, ASKED, [], SETTINGS, path, record)
    with pytest.raises(UserError, match=said):
        read_recorded(path, record, PROBLEMS, ASKED, [], SETTINGS)
