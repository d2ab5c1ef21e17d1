"""Users' own files: what is read, estimated and refused."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import import_problems as import_problems_script
from foretell.common.errors import UserError
from foretell.common.tables import Format, read
from foretell.completions.imported import TextSettings, import_completions, import_rollouts, write_shards
from foretell.outcomes.imported import import_outcomes
from foretell.outcomes.summary import summarise
from foretell.probes.imported import import_predictions, scaled
from foretell.problems.imported import import_problems

LOGS = Path(__file__).parent / "tool_logs"
PROBLEMS = import_problems(
    pd.DataFrame({"problem_id": ["a", "b"], "question": ["1+1?", "2+1?"], "answer": ["2", "3"]}), "math", True
)


def texts(per_token=None, **how):
    return TextSettings(table=Format(), characters_per_token=per_token, **how)


def table(path, **columns):
    return read(path, Format(columns=columns))


def completions(**columns):
    return pd.DataFrame({"problem_id": ["a", "b", "a", "b"], "completion": ["2", "3", "four", "3"], **columns})


def test_every_format_of_table_reads_the_same(tmp_path):
    frame = pd.DataFrame({"id": ["007", "8"], "text": ["nan", "x, y"], "level": ["1", "2"]})
    frame.to_csv(tmp_path / "t.csv", index=False)
    frame.to_parquet(tmp_path / "t.parquet")
    frame.to_json(tmp_path / "t.jsonl", orient="records", lines=True)
    frame.to_json(tmp_path / "t.json", orient="records")
    for suffix in ("csv", "parquet", "jsonl", "json"):
        how = Format(columns={"problem_id": "id", "question": "text"}, where={"level": ["1", "2"]})
        found = read(tmp_path / f"t.{suffix}", how)
        assert found[["problem_id", "question"]].values.tolist() == [["007", "nan"], ["8", "x, y"]], suffix


def test_nested_json_is_named_by_dots(tmp_path):
    (tmp_path / "t.jsonl").write_text('{"meta": {"id": 1}, "q": "?"}\n\n{"meta": {"id": 2}, "q": "!"}\n')
    assert table(tmp_path / "t.jsonl", problem_id="meta.id").problem_id.tolist() == ["1", "2"]


def test_byte_order_marks_are_no_part_of_a_file_and_other_encodings_are_named(tmp_path):
    for name, content in {
        "t.csv": "id,text\n1,é\n",
        "t.jsonl": '{"id": 1, "text": "é"}',
        "t.json": '[{"id": 1, "text": "é"}]',
    }.items():
        (tmp_path / name).write_text(content, encoding="utf-8-sig")
        assert table(tmp_path / name, problem_id="id").text.tolist() == ["é"]
        (tmp_path / name).write_text(content, encoding="latin1")
        with pytest.raises(UserError, match=rf"{name}: it is not in UTF-8 .* iconv -f latin1 -t utf-8"):
            table(tmp_path / name, problem_id="id")


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("t.txt", "x", "must end in one of .parquet, .csv, .jsonl, .json"),
        ("t.jsonl", "{", "cannot be read as jsonl"),
        ("t.json", "{}", "cannot be read as json: it holds no list"),
        ("t.parquet", "x", "cannot be read as parquet"),
        ("t.csv", "id;text\n1;x\n", "separated by semicolons; save it with commas"),
        ("t.csv", "a\n1\n", r"missing columns \['id'\]; there are \['a'\]"),
        ("t.csv", "id\n", "no row is left"),
        ("t.csv", "id,b\n,1\n", "1 rows have no problem_id"),
    ],
)
def test_a_file_that_is_no_such_table_is_named(tmp_path, name, content, expected):
    (tmp_path / name).write_text(content)
    with pytest.raises(UserError, match=rf"{name}.*{expected}"):
        table(tmp_path / name, problem_id="id")


def test_lm_evaluation_harness_samples_are_read_once_per_repeat_not_per_filter():
    found = read(LOGS / "samples_lm_eval.jsonl", Format(format="lm_eval", columns={"question": "doc.question"}))
    assert found[["problem_id", "sample"]].values.tolist() == [[p, s] for p in "01" for s in range(3)]
    assert found.question.tolist()[::3] == ["1+1?", "2+1?"] and found.completion[0] == "1+1 is 2"
    problems = import_problems(found, "math", cross_fitted=True)
    assert problems[["problem_id", "answer"]].values.tolist() == [["0", "2"], ["1", "3"]]
    assert len(import_completions(found, problems, texts())) == 6
    with pytest.raises(UserError, match="no sample has a grade of its own"):
        read(LOGS / "samples_lm_eval.jsonl", Format(format="lm_eval", where={"filter": "first"}), graded=True)


def test_a_split_that_has_excluded_problems_alone_is_refused():
    frame = pd.DataFrame({"problem_id": list("abcd"), "question": list("abcd"), "answer": ["1", "1", "", None]})
    frame["split"] = ["train", "validation", "test", "test"]
    with pytest.raises(
        UserError, match=r"all 2 problems of split 'test' are excluded, such as 'c': no answer to grade"
    ):
        import_problems(frame, "math", False)


def test_problems_get_a_validation_fifth_and_empty_answers_are_excluded():
    ids = [f"p{i}" for i in range(50)]
    frame = pd.DataFrame({"problem_id": ids, "question": ids, "answer": ["", None, *["1"] * 48], "split": "train"})
    frame = pd.concat([frame, frame.tail(1).assign(problem_id="t", question="t", split="test")], ignore_index=True)
    problems = import_problems(frame, "math", cross_fitted=False)
    assert problems.split.value_counts().to_dict() == {"train": 40, "validation": 10, "test": 1}
    assert problems.split.tolist() == import_problems(frame[::-1], "math", cross_fitted=False).split.tolist()[::-1]
    assert problems.excluded_reason.notna().tolist()[:3] == [True, True, False]


def test_an_empty_answer_in_a_csv_excludes_its_problem(tmp_path):
    (tmp_path / "t.csv").write_text("problem_id,question,answer\na,1+1?,2\nb,2+1?,\n")
    problems = import_problems(table(tmp_path / "t.csv"), "math", cross_fitted=True)
    assert problems.excluded_reason.notna().tolist() == [False, True] and problems.answer.tolist() == ["2", ""]


def test_problems_whose_answers_come_graded_need_no_answer_to_grade_by():
    frame = pd.DataFrame({"problem_id": ["a", "b"], "question": ["1+1?", "2+1?"]})
    problems = import_problems(frame, "text", cross_fitted=True, graded=True)
    assert problems.answer.tolist() == ["", ""] and problems.excluded_reason.isna().all()
    some = import_problems(frame.assign(answer=["2", None]), "text", cross_fitted=True, graded=True)
    assert some.answer.tolist() == ["2", ""] and some.excluded_reason.isna().all()
    with pytest.raises(UserError, match=r"missing columns \['answer'\]"):
        import_problems(frame, "text", cross_fitted=True)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"question": ["x", None, "z"]}, "1 problems have no question, such as 'b'"),
        ({"question": ["x", " ", "z"]}, "1 problems have no question, such as 'b'"),
        ({"split": ["test", "test", "validation"]}, "no problem is in the split 'train'; there are test, validation"),
        ({"split": "train"}, "no problem is in the split 'test'; there are train"),
        (
            {"question": ["x", "y", "x"]},
            r"1 questions stand in several splits, such as that of 'a' \(train\) and 'c' \(test",
        ),
    ],
)
def test_problems_that_nothing_can_be_learnt_from_are_named(columns, expected):
    frame = pd.DataFrame(
        {"problem_id": list("abc"), "question": list("xyz"), "answer": "1", "split": ["train"] * 2 + ["test"]}
    )
    with pytest.raises(UserError, match=expected):
        import_problems(frame.assign(**columns), "math", cross_fitted=False)


def test_a_question_that_train_has_twice_stays_on_one_side():
    ids = [f"p{i}" for i in range(40)]
    questions = [str(i // 2) for i in range(40)]
    frame = pd.DataFrame({"problem_id": ids, "question": questions, "answer": "1", "split": "train"})
    frame = pd.concat([frame, pd.DataFrame([{"problem_id": "t", "question": "t", "answer": "1", "split": "test"}])])
    problems = import_problems(frame, "math", cross_fitted=False)
    assert problems.groupby("question").split.nunique().eq(1).all() and problems.split.eq("validation").sum() == 8


def test_problems_that_do_not_fit_are_named():
    frame = pd.DataFrame({"problem_id": ["a", "a"], "question": ["x", "y"], "answer": ["1", "2"], "split": "dev"})
    with pytest.raises(UserError, match="1 problems stand there twice with different contents, such as 'a'"):
        import_problems(frame, "math", cross_fitted=True)
    with pytest.raises(UserError, match=r"column 'split' has \['dev'\]; known are train, validation, test"):
        import_problems(frame.head(1), "math", cross_fitted=False)
    with pytest.raises(UserError, match="no column 'split': map one under 'columns', or set 'test_share', or"):
        import_problems(frame.drop(columns="split").head(1), "math", cross_fitted=False)


def test_samples_are_numbered_and_tokens_estimated_only_if_asked_for():
    found = import_completions(completions(), PROBLEMS, texts(4))
    assert found["sample"].tolist() == [0, 0, 1, 1]
    assert found.completion_tokens.tolist() == [1, 1, 1, 1] and found.prompt_tokens.tolist() == [1] * 4
    assert import_completions(completions(), PROBLEMS, texts()).completion_tokens.isna().all()
    assert (
        import_completions(completions(completion_tokens=9), PROBLEMS, texts(4)).completion_tokens.tolist() == [9] * 4
    )


def test_completions_that_do_not_fit_are_named():
    with pytest.raises(UserError, match=r"2 \(problem, sample\) pairs stand there more than once, such as \('a', 0\)"):
        import_completions(completions(sample=0), PROBLEMS, texts())
    with pytest.raises(UserError, match="1 of 2 problems are missing, such as 'b'"):
        import_completions(completions().iloc[::2], PROBLEMS, texts())
    with pytest.raises(UserError, match="1 problems are not in the problem set, such as 'z'"):
        import_completions(completions(problem_id=["a", "b", "z", "b"]), PROBLEMS, texts())


def test_an_empty_completion_is_a_completion():
    found = import_completions(completions(completion=["2", None, "", "3"]), PROBLEMS, texts(4))
    assert found.completion.tolist() == ["2", "", "", "3"] and found.completion_tokens.tolist() == [1, 0, 0, 1]


def test_what_is_no_number_is_named():
    for column in ("sample", "prompt_tokens"):
        with pytest.raises(UserError, match=f"column '{column}' must hold numbers"):
            import_completions(completions(**{column: ["0", "1", "x", "2"]}), PROBLEMS, texts())


def test_tokens_are_counts_and_are_there_where_there_is_a_price():
    with pytest.raises(UserError, match="column 'completion_tokens': problem 'b' has -2 tokens"):
        import_completions(completions(prompt_tokens=1, completion_tokens=[1, -2, 1, 1]), PROBLEMS, texts())
    with pytest.raises(UserError, match=r"4 of 4 completions have no prompt_tokens, .* set 'characters_per_token'"):
        import_completions(completions(), PROBLEMS, texts(priced=True))
    import_completions(completions(), PROBLEMS, texts(4, priced=True))
    outcomes = pd.DataFrame({"problem_id": ["a", "b"], "majority_correct": True})
    with pytest.raises(UserError, match="outcomes: problems have no prompt_tokens, which the price needs"):
        import_outcomes(outcomes, PROBLEMS, priced=True)
    with pytest.raises(UserError, match="column 'completion_tokens': problem 'a' has -1 tokens"):
        import_outcomes(outcomes.assign(completion_tokens=[-1, 2]), PROBLEMS)


def test_outcomes_of_missing_problems_are_wrong_and_extra_ones_are_passed_over():
    given = pd.DataFrame({"problem_id": ["a", "z"], "majority_correct": True, "success_rate": 0.5, "k": 2})
    with pytest.raises(UserError, match="1 problems are not in the problem set, such as 'z'"):
        import_outcomes(given, PROBLEMS)
    found = import_outcomes(given, PROBLEMS, missing="wrong")
    assert found.majority_correct.tolist() == [True, False] and found.success_rate.tolist() == [0.5, 0.0]
    assert found.missing.tolist() == [0, 1] and found.k.tolist() == [2, 2]
    assert found.unknown_problems.tolist() == [1, 1]


@pytest.mark.parametrize("missing", ["wrong", "leave_out"])
def test_problems_of_a_log_that_are_passed_over_are_counted_up_to_the_outcomes(missing):
    given = pd.concat([completions(correct=True), completions(correct=True).assign(problem_id=["y", "y", "z", "z"])])
    rollouts = import_rollouts(given, PROBLEMS, texts(missing=missing))
    outcomes = summarise(rollouts, PROBLEMS)
    assert outcomes.unknown_problems.tolist() == [2, 2] and outcomes.k.tolist() == [2, 2]


def test_a_grade_that_lacks_is_told_from_one_that_cannot_be_read_and_a_column_from_its_key():
    with pytest.raises(UserError, match="there is no grade; set the policy"):
        import_rollouts(completions(correct=["true", None, "1", "0"]), PROBLEMS, texts())
    with pytest.raises(UserError, match="must be true or false, and is 'maybe'"):
        import_rollouts(completions(correct=["true", "maybe", "1", "0"]), PROBLEMS, texts())
    with pytest.raises(UserError, match=r"under 'rollouts', whose columns its key 'columns' maps: missing .*correct"):
        import_rollouts(completions(), PROBLEMS, texts())


def test_grades_stay_as_they_are_and_right_answers_vote_together():
    found = import_rollouts(completions(correct=["true", "False", "1", "0"]), PROBLEMS, texts())
    assert found.correct.tolist() == [True, False, True, False]
    assert found.answer_class.tolist() == ["right", "wrong 0", "right", "wrong 1"]


def test_shards_hold_whole_problems(tmp_path):
    found = import_completions(completions(), PROBLEMS, texts())
    paths = [tmp_path / "0.parquet", tmp_path / "1.parquet"]
    write_shards(found, paths)
    assert [set(pd.read_parquet(path).problem_id) for path in paths] == [{"a"}, {"b"}]


def test_outcomes_may_lack_all_but_the_label():
    found = import_outcomes(pd.DataFrame({"problem_id": ["b", "a"], "majority_correct": ["true", "0"]}), PROBLEMS)
    assert found.problem_id.tolist() == ["a", "b"] and found.majority_correct.tolist() == [False, True]
    assert found[["k", "success_rate", "completion_tokens"]].isna().all(axis=None)
    with pytest.raises(UserError, match="majority_correct must be true or false"):
        import_outcomes(pd.DataFrame({"problem_id": ["b", "a"], "majority_correct": ["yes", "no"]}), PROBLEMS)
    with pytest.raises(UserError, match=r"success_rate must lie in \[0, 1\]"):
        import_outcomes(
            pd.DataFrame({"problem_id": ["a", "b"], "majority_correct": True, "success_rate": 50.0}), PROBLEMS
        )


def test_a_column_that_the_problem_set_names_is_missed_at_once(tmp_path):
    PROBLEMS.assign(subject="algebra").to_csv(tmp_path / "p.csv", index=False)
    files = ["--table", str(tmp_path / "p.csv"), "--output", str(tmp_path / "p.parquet")]
    import_problems_script.main([*files, "--settings", '{"cross_fitted": true, "metadata": ["subject"]}'])
    with pytest.raises(UserError, match=r"no column 'level', which the problem set's key 'metadata' names; .*subject"):
        import_problems_script.main([*files, "--settings", '{"cross_fitted": true, "metadata": ["subject", "level"]}'])


def test_predictions_are_probabilities():
    outcomes = PROBLEMS[["problem_id", "split"]]
    found = import_predictions(pd.DataFrame({"problem_id": ["b", "a"], "probability": ["0.5", "1"]}), outcomes)
    assert found.probability.tolist() == [1.0, 0.5] and np.isfinite(found.score).all() and found.score[1] == 0
    with pytest.raises(UserError, match=r"probability of problem 'a' is none: it must lie in \[0, 1\]"):
        import_predictions(pd.DataFrame({"problem_id": ["a", "b"], "probability": [3.1, 0.2]}), outcomes)


def test_probabilities_are_scaled_only_where_that_is_asked_for():
    n = 400
    truth = np.random.default_rng(1).uniform(size=n)
    outcomes = pd.DataFrame({"problem_id": map(str, range(n)), "split": ["validation", "test"] * (n // 2)})
    labels = (np.random.default_rng(2).uniform(size=n) < truth).astype(float)
    found = import_predictions(outcomes.assign(probability=truth**3), outcomes)  # promises too little
    recalibrated, platt = scaled(found, labels)
    test = outcomes.split.eq("test").to_numpy()
    assert abs(found.probability[test].mean() - labels[test].mean()) > 0.15
    assert abs(recalibrated.probability[test].mean() - labels[test].mean()) < 0.06 and platt.slope > 0
    with pytest.raises(UserError, match="all problems of validation are of one class"):
        scaled(found, np.ones(n))
