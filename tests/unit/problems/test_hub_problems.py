"""Problems of the hub's data sets, from miniatures of their layouts."""

import json
import re

import pandas as pd
import pytest

import download_problems
import hub_data
from foretell.common.errors import UserError
from foretell.common.yaml_files import read_yaml
from foretell.problems.golds import shuffled
from foretell.problems.hub_settings import HubProblems
from foretell.problems.imported import NO_ANSWER
from problems_of_files import made, sizes


def test_math_has_the_last_box_and_its_level(tmp_path):
    problems = made(tmp_path, hub_data.math(), **hub_data.MATH)
    assert sizes(problems) == {"train": 16, "validation": 4, "test": 10}
    first = problems.iloc[0]
    assert (first.question, first.answer, first.answer_kind) == ("What is $0+1$, modulo 3?", "1", "math")
    assert (first.level, first.subject, first.reference_difficulty) == ("Level 1", "Algebra", 1.0)
    assert problems.problem_id.is_unique and problems.group.equals(problems.problem_id)
    assert problems.excluded_reason.isna().all()


def test_gsm8k_has_what_stands_after_the_hashes(tmp_path):
    problems = made(tmp_path, hub_data.gsm8k(), **hub_data.GSM8K)
    assert problems.answer.tolist() == [*(f"{n},000" for n in range(10)), "7", "8"]
    assert sizes(problems) == {"train": 8, "validation": 2, "test": 2}


def test_a_share_of_test_is_kept_for_a_pilot(tmp_path):
    problems, whole = (made(tmp_path, hub_data.math(), **hub_data.MATH, **more) for more in ({"pilot_share": 0.3}, {}))
    assert sizes(problems) == {"train": 16, "validation": 4, "test": 7, "pilot": 3}
    assert problems.split.replace("pilot", "test").equals(whole.split)
    translated = made(tmp_path, hub_data.polymath(), **hub_data.POLYMATH, pilot_share=0.5)
    assert (translated.groupby("group").split.nunique() == 1).all() and translated.split.eq("pilot").any()


def test_the_options_of_a_choice_are_shuffled_the_same_way_each_time(tmp_path):
    problems = made(tmp_path, hub_data.gpqa(), **hub_data.GPQA)
    for row in problems.itertuples():
        question, _, options = row.question.partition("\n\n")
        number = question.removeprefix("Which is ").rstrip("?")
        by_letter = dict(line.split(") ") for line in options.splitlines())
        assert list(by_letter) == ["A", "B", "C", "D"] and by_letter[row.answer] == number
    assert set(problems.answer) == {"A", "B", "C", "D"}
    assert made(tmp_path, hub_data.gpqa(), **hub_data.GPQA).equals(problems)


def test_the_order_of_options_does_not_depend_on_which_is_right(tmp_path):
    swapped = {**hub_data.GPQA["choices"], "correct": "Incorrect Answer 1"}
    swapped["incorrect"] = ["Correct Answer", "Incorrect Answer 2", "Incorrect Answer 3"]
    problems = made(tmp_path, hub_data.gpqa(), **hub_data.GPQA)
    others = made(tmp_path, hub_data.gpqa(), **{**hub_data.GPQA, "choices": swapped})
    assert others.question.equals(problems.question) and (others.answer != problems.answer).all()


def test_a_train_file_that_has_test_too_gives_the_difference(tmp_path):
    problems = made(tmp_path, hub_data.gpqa(), **hub_data.GPQA)
    assert problems.problem_id.is_unique and sizes(problems)["test"] == 8
    assert set(problems.problem_id[problems.split == "test"]) == {f"rec{n}" for n in range(1, 9)}


def test_translations_of_a_problem_are_one_group_on_one_side(tmp_path):
    problems = made(tmp_path, hub_data.polymath(), **hub_data.POLYMATH)
    assert problems.groupby("group").size().eq(3).all() and problems.groupby("group").split.nunique().eq(1).all()
    assert sizes(problems)["test"] == 12 and set(problems.language) == {"de", "en", "zh"}
    assert set(problems.split) == {"train", "validation", "test"}
    assert problems.groupby("language").split.value_counts().unstack().nunique().eq(1).all()
    assert set(problems.reference_difficulty) == {1.0, 2.0}
    alone = {**hub_data.POLYMATH, "files": "en/*.parquet", "rows": {}}
    english = made(tmp_path, hub_data.polymath(), **alone).set_index("problem_id").split
    assert (english == "test").equals(problems.set_index("problem_id").split.loc[english.index] == "test")


def test_problems_are_divided_by_date_and_have_their_tests(tmp_path):
    problems = made(tmp_path, hub_data.livecodebench(), **hub_data.LIVECODEBENCH).set_index("problem_id")
    assert set(problems.index[problems.split == "test"]) == {"q6", "q7", "q8"}
    called, piped = (json.loads(problems.answer[name]) for name in ("q0", "q1"))
    assert called == {"entry_point": "add", "inputs": [[[1, 2], 3]] * 2, "outputs": [6, 6]}
    assert piped == {"inputs": ["1 2\n"] * 3, "outputs": ["3\n"] * 3}
    assert "def add(self" in problems.question["q0"] and "standard input" in problems.question["q1"]
    assert problems["group"]["q0"] == "leetcode c0" and problems.reference_difficulty["q2"] == 3.0
    assert "date" not in problems and set(problems.columns) & {"private_test_cases", "tests"} == set()


def test_a_problem_without_an_answer_is_excluded_with_the_reason(tmp_path):
    files = {
        **hub_data.gsm8k(),
        "main/test-0.parquet": hub_data.parquet({"question": ["a?", "b?"], "answer": ["5", "#### 1"]}),
    }
    problems = made(tmp_path, files, **hub_data.GSM8K)
    assert problems.excluded_reason[problems.split == "test"].tolist()[0] == NO_ANSWER
    assert problems.excluded_reason.notna().sum() == 1


def test_numbers_as_answers_and_ids_are_written_as_people_do(tmp_path):
    train = {"n": [1.0, 2.0, None, 4, 5], "q": list("abcef"), "a": [7.0, 0.5, 3.0, 1, 2]}
    settings = {**hub_data.GSM8K, "columns": {"question": "q", "answer": "a"}, "gold": "column", "group": ["n", "q"]}
    settings |= {"splits": {"train": "t.parquet", "test": "t2.parquet"}}
    files = {"t.parquet": hub_data.parquet(train), "t2.parquet": hub_data.parquet({"n": [1.0], "q": ["d"], "a": [8.0]})}
    problems = made(tmp_path, files, **settings)
    assert problems.answer.tolist() == ["7", "0.5", "3", "1", "2", "8"]
    assert problems.group.tolist() == ["1 a", "2 b", "c", "4 e", "5 f", "1 d"]


def test_lists_of_answers_are_written_as_in_a_file_of_ones_own(tmp_path):
    train = {"q": list("abcde"), "a": [["Paris", "paris"], ["Rome"], [], ["Oslo"], ["Bern"]]}
    settings = {**hub_data.GSM8K, "columns": {"question": "q", "answer": "a"}, "gold": "column"}
    settings |= {"splits": {"train": "t.parquet", "test": "t2.parquet"}}
    test = {"q": ["f"], "a": [["Lima"]]}
    problems = made(tmp_path, {"t.parquet": hub_data.parquet(train), "t2.parquet": hub_data.parquet(test)}, **settings)
    assert problems.answer.tolist()[:2] == ['["Paris", "paris"]', '["Rome"]'] and problems.answer.iloc[-1] == '["Lima"]'
    settings["columns"] = {"question": "a", "answer": "q"}
    with pytest.raises(UserError, match=r"the question of row 0 is no text.*correct the key 'columns.question'"):
        made(tmp_path, {"t.parquet": hub_data.parquet(train), "t2.parquet": hub_data.parquet(test)}, **settings)


def test_too_few_problems_for_a_validation_are_told_before_any_model_runs(tmp_path):
    settings = {**hub_data.GSM8K, "columns": {"question": "q", "answer": "a"}, "gold": "column"}
    settings |= {"splits": {"train": "t.parquet", "test": "t2.parquet"}}
    files = {name: hub_data.parquet({"q": [name, "b"], "a": ["1", "2"]}) for name in ("t.parquet", "t2.parquet")}
    with pytest.raises(UserError, match="2 problems are in train, of which a fifth would be for validation"):
        made(tmp_path, files, **settings)


def test_a_right_option_that_is_no_choice_is_no_gold():
    questions = pd.Series(["Which?"] * 3)
    options = pd.DataFrame([["1", "1", "2"], ["2", None, None], ["3", "4", None]])
    _, letters = shuffled(questions, options)
    assert letters.isna().tolist() == [True, True, False]


def edited(column, values):
    """GSM8K's miniature with another column in its test."""
    rows = {
        "question": ["7 pears?", "8 pears?"],
        "answer": ["#### 7", "#### 8"],
        **({column: values} if values else {}),
    }
    if not values:
        del rows[column]
    return {**hub_data.gsm8k(), "main/test-0.parquet": hub_data.parquet(rows)}


BAD_DATA = [
    (
        edited("question", None),
        {},
        "main/test-0.parquet has no column 'question', which the key 'columns.question' names",
    ),
    (edited("question", ["7?", " "]), {}, "1 of 2 rows have no question in 'question', the first is row 1"),
    (edited("question", ["7?", None]), {}, "1 of 2 rows have no question in 'question', the first is row 1"),
    (edited("answer", ["7", "8"]), {}, "no row of 'answer' has a ####: correct the key 'gold'"),
    ({}, {"rows": {"train": 9}}, "someone/gsm8k at .* has 10 problems in 'train', the key 'rows.train' says 9"),
    ({}, {"rows": {"validation": 2}}, "has 0 problems in 'validation'"),
    ({}, {"group": ["year"]}, "has no column 'year', which the key 'group' names; there are question, answer"),
    (
        {},
        {"extract": {"x": {"column": "question", "pattern": "(z)"}}},
        "the pattern of the key 'extract.x' fits no value of 'question', such as '0 apples[?]'",
    ),
    (
        edited("id", ["1", "1"]),
        {
            "splits": {"test": "main/test-*"},
            "columns": {"problem_id": "id", "question": "question", "answer": "answer"},
        },
        r"1 ids stand there more than once, such as '1' in test: correct the key 'columns.problem_id' \('id'\)",
    ),
    (
        edited("level", ["easy", "odd"]),
        {
            "splits": {"test": "main/test-*"},
            "columns": {"question": "question", "answer": "answer", "reference_difficulty": "level"},
            "difficulty_order": ["easy", "hard"],
        },
        "the reference difficulty has odd: add it to 'difficulty_order'",
    ),
]


@pytest.mark.parametrize(("files", "wrong", "expected"), BAD_DATA, ids=[expected[:40] for _, _, expected in BAD_DATA])
def test_data_that_does_not_fit_the_entry_is_one_message(tmp_path, files, wrong, expected):
    with pytest.raises(UserError, match=expected):
        made(tmp_path, files or hub_data.gsm8k(), **{**hub_data.GSM8K, **wrong})


def test_a_test_that_train_has_too_names_the_key_that_subtracts_it(tmp_path):
    with pytest.raises(
        UserError, match=r"8 ids stand there more than once, such as 'rec1' in test and train.*'train_contains_test'"
    ):
        made(tmp_path, hub_data.gpqa(), **{**hub_data.GPQA, "train_contains_test": False, "rows": {}})


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        ("2026-01-01", "no problem is in 'test'; dates are from 2024-04-01 to"),
        ("2020-01-01", "no problem is in 'train'"),
    ],
)
def test_a_date_that_leaves_a_split_empty_is_one_message(tmp_path, first, expected):
    wrong = {"date_split": {"column": "contest_date", "test_from": first}}
    with pytest.raises(UserError, match=expected):
        made(tmp_path, hub_data.livecodebench(), **{**hub_data.LIVECODEBENCH, **wrong})


@pytest.mark.parametrize("name", ["math", "gsm8k", "aime", "aime2025", "e2h_amc", "gpqa", "livecodebench", "polymath"])
def test_the_papers_entries_read_the_layouts_of_their_data_sets(tmp_path, pytestconfig, name):
    entry = read_yaml(pytestconfig.rootpath / "config" / "paper.yaml")["problem_sets"][name]
    settings = {key: value for key, value in entry.items() if key in HubProblems.model_fields}
    problems = made(tmp_path, hub_data.PAPER[entry["id"]](), **{**settings, "rows": {}})
    assert problems.answer.ne("").all() and problems.excluded_reason.isna().all() and problems.question.ne("").all()
    assert set(entry["columns"]) | {"answer"} <= set(problems.columns)
    assert problems.reference_difficulty.notna().any() == ("reference_difficulty" in entry["columns"])
    assert set(problems.split) <= {"train", "validation", "test"} and problems.problem_id.is_unique
    if "group" in entry:
        assert problems.group.nunique() < len(problems)


def test_contests_of_people_come_with_ratings_and_their_errors(tmp_path, pytestconfig):
    entry = read_yaml(pytestconfig.rootpath / "config" / "paper.yaml")["problem_sets"]["e2h_amc"]
    settings = {key: value for key, value in entry.items() if key in HubProblems.model_fields and key != "rows"}
    problems = made(tmp_path, hub_data.e2h_amc(), **settings)
    assert problems.reference_difficulty.tolist() == [100.0 * n for n in range(50)]
    assert problems.reference_difficulty_se.tolist() == [10.0 + n for n in range(50)]
    assert problems.group.iloc[0] == "AMC 10 A 2000" and len(problems) == 50


DEALT = {
    **{key: value for key, value in hub_data.GSM8K.items() if key != "splits"},
    "files": "main/*.parquet",
    "sizes": {"train": 6, "validation": 2, "test": 4},
}


def test_files_are_dealt_to_splits_of_given_sizes_by_content(tmp_path):
    problems = made(tmp_path, hub_data.gsm8k(), **DEALT)
    assert sizes(problems) == DEALT["sizes"]
    files = hub_data.gsm8k()
    turned = {"main/a.parquet": files["main/train-0.parquet"], "main/b.parquet": files["main/test-0.parquet"]}
    again = made(tmp_path / "turned", turned, **DEALT)  # the other file first
    assert dict(zip(problems.question, problems.split, strict=True)) == dict(
        zip(again.question, again.split, strict=True)
    )
    with pytest.raises(UserError, match=r"there are 12 problems, and the key 'sizes' says 6 \+ 2 \+ 5"):
        made(tmp_path, hub_data.gsm8k(), **{**DEALT, "sizes": {"train": 6, "validation": 2, "test": 5}})


def test_problems_come_from_the_hub_and_else_from_their_mirror(tmp_path, hub, capsys):
    """The same problems, told by one sum."""
    hub.add("dataset", "someone/gsm8k", hub_data.gsm8k())
    whole = made(tmp_path / "files", hub_data.gsm8k(), **DEALT)
    in_order = sorted(whole.problem_id, key=lambda problem: int(problem.removeprefix("all-")))
    rows = whole.set_index("problem_id").loc[in_order, ["question", "answer"]].rename(columns={"answer": "gold"})
    (mirror := tmp_path / "mine.csv").write_text(rows.to_csv(index=False))

    def fetched(name, **settings):
        how = {**DEALT, "mirror": {"columns": {"answer": "gold"}}, **settings}
        out = [tmp_path / f"{name}.parquet", tmp_path / f"{name}.json"]
        options = ["--problems", str(out[0]), "--source", str(out[1]), "--mirror", str(mirror)]
        download_problems.main(["--settings", json.dumps(how), *options])
        return pd.read_parquet(out[0]), json.loads(out[1].read_text())["served_by"]

    with pytest.raises(UserError, match=r"have the SHA-256 ([0-9a-f]{64}), the key") as error:
        fetched("wrong", sha256="0" * 64)
    total = re.search(r"SHA-256 (\w+),", str(error.value)).group(1)
    problems, served = fetched("hub", sha256=total)
    assert served == "hub" and problems.equals(whole)
    other = {"revision": "f" * 40, "sha256": total}  # a commit that the hub does not have
    problems, served = fetched("mirror", **other)
    assert served == "mirror" and problems.equals(whole) and "Its mirror is taken" in capsys.readouterr().err
    mirror.write_text(mirror.read_text().replace("7 pears?", "9 pears?"))
    with pytest.raises(UserError, match="ids, questions and answers have the SHA-256"):
        fetched("altered", **other)
