"""Users' own files: what is read, estimated and refused. The logs were written by the tools themselves."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import save_file

import import_problems as import_problems_script
from foretell.activations.imported import read_activations
from foretell.common.errors import UserError
from foretell.common.tables import Format, read
from foretell.completions.imported import import_completions, import_rollouts, write_shards
from foretell.outcomes.imported import import_outcomes
from foretell.probes.imported import import_predictions
from foretell.problems.imported import import_problems

LOGS = Path(__file__).parent / "tool_logs"
PROBLEMS = import_problems(
    pd.DataFrame({"problem_id": ["a", "b"], "question": ["1+1?", "2+1?"], "answer": ["2", "3"]}), "math", True
)


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


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("t.txt", "x", "must end in one of .parquet, .csv, .jsonl, .json"),
        ("t.jsonl", "{", "cannot be read as jsonl"),
        ("t.json", "{}", "cannot be read as json: it holds no list"),
        ("t.parquet", "x", "cannot be read as parquet"),
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
    assert len(import_completions(found, problems, None)) == 6
    with pytest.raises(UserError, match="one grade stands for several samples"):
        import_rollouts(found, problems, None)


def test_inspect_epochs_are_samples_with_their_tokens_and_grades():
    found = read(LOGS / "inspect.json", Format(format="inspect"))
    assert sorted(zip(found.problem_id, found["sample"], strict=True)) == [
        (f"q{i}", e) for i in (1, 2, 3) for e in (0, 1)
    ]
    rollouts = import_rollouts(found, import_problems(found, "math", cross_fitted=True), None)
    first = rollouts[(rollouts.problem_id == "q1") & (rollouts["sample"] == 0)].iloc[0]
    assert (first.completion, first.correct, first.prompt_tokens, first.completion_tokens) == ("ANSWER: 4", True, 11, 5)
    assert (rollouts.finish_reason == "stop").all()


def test_a_log_that_is_none_says_what_to_do(tmp_path):
    (tmp_path / "log.eval").write_bytes(b"PK")
    with pytest.raises(UserError, match=r"inspect log convert log\.eval --to json"):
        read(tmp_path / "log.eval", Format(format="inspect"))
    failed = json.loads((LOGS / "inspect.json").read_text())
    failed["samples"][0]["error"] = {"message": "timeout"}
    (tmp_path / "log.json").write_text(json.dumps(failed))
    with pytest.raises(UserError, match="1 samples ended in an error, the first is 'q1'"):
        read(tmp_path / "log.json", Format(format="inspect"))
    (tmp_path / "s.jsonl").write_text('{"doc_id": 0, "resps": [[[-1.5, true]]], "filter": "none"}\n')
    with pytest.raises(UserError, match=r"s.jsonl, line 1: no sample of an lm-evaluation-harness task that generates"):
        read(tmp_path / "s.jsonl", Format(format="lm_eval"))


def test_problems_get_a_validation_fifth_and_empty_answers_are_excluded():
    ids = [f"p{i}" for i in range(50)]
    frame = pd.DataFrame({"problem_id": ids, "question": "?", "answer": ["", None, *["1"] * 48], "split": "train"})
    problems = import_problems(frame, "math", cross_fitted=False)
    assert problems.split.value_counts().to_dict() == {"train": 40, "validation": 10}
    assert problems.split.tolist() == import_problems(frame[::-1], "math", cross_fitted=False).split.tolist()[::-1]
    assert problems.excluded_reason.notna().tolist()[:3] == [True, True, False]


def test_problems_that_do_not_fit_are_named():
    frame = pd.DataFrame({"problem_id": ["a", "a"], "question": ["x", "y"], "answer": ["1", "2"], "split": "dev"})
    with pytest.raises(UserError, match="1 problems stand there twice with different contents, such as 'a'"):
        import_problems(frame, "math", cross_fitted=True)
    with pytest.raises(UserError, match=r"column 'split' has \['dev'\]; known are train, validation, test"):
        import_problems(frame.head(1), "math", cross_fitted=False)
    with pytest.raises(UserError, match="no column 'split': map one under 'columns', or set 'cross_fit'"):
        import_problems(frame.drop(columns="split").head(1), "math", cross_fitted=False)


def test_samples_are_numbered_and_tokens_estimated_only_if_asked_for():
    found = import_completions(completions(), PROBLEMS, 4)
    assert found["sample"].tolist() == [0, 0, 1, 1]
    assert found.completion_tokens.tolist() == [1, 1, 1, 1] and found.prompt_tokens.tolist() == [1] * 4
    assert import_completions(completions(), PROBLEMS, None).completion_tokens.isna().all()
    assert import_completions(completions(completion_tokens=9), PROBLEMS, 4).completion_tokens.tolist() == [9] * 4


def test_completions_that_do_not_fit_are_named():
    with pytest.raises(UserError, match=r"2 \(problem, sample\) pairs stand there more than once, such as \('a', 0\)"):
        import_completions(completions(sample=0), PROBLEMS, None)
    with pytest.raises(UserError, match="1 of 2 problems are missing, such as 'b'"):
        import_completions(completions().iloc[::2], PROBLEMS, None)
    with pytest.raises(UserError, match="1 problems are not in the problem set, such as 'z'"):
        import_completions(completions(problem_id=["a", "b", "z", "b"]), PROBLEMS, None)


def test_an_empty_completion_is_a_completion():
    found = import_completions(completions(completion=["2", None, "", "3"]), PROBLEMS, 4)
    assert found.completion.tolist() == ["2", "", "", "3"] and found.completion_tokens.tolist() == [1, 0, 0, 1]


def test_what_is_no_number_is_named():
    for column in ("sample", "prompt_tokens"):
        with pytest.raises(UserError, match=f"column '{column}' must hold numbers"):
            import_completions(completions(**{column: ["0", "1", "x", "2"]}), PROBLEMS, None)


def test_grades_stay_as_they_are_and_right_answers_vote_together():
    found = import_rollouts(completions(correct=["true", "False", "1", "0"]), PROBLEMS, None)
    assert found.correct.tolist() == [True, False, True, False]
    assert found.answer_class.tolist() == ["right", "wrong 0", "right", "wrong 1"]


def test_shards_hold_whole_problems(tmp_path):
    found = import_completions(completions(), PROBLEMS, None)
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


def test_activations_of_both_forms_are_the_same(tmp_path):
    layers = {f"layer_{i:02d}": np.random.default_rng(i).normal(size=(2, 3, 4)).astype("float32") for i in range(2)}
    save_file(layers, tmp_path / "a.safetensors")
    (tmp_path / "a.json").write_text(json.dumps({"problem_ids": ["a", "b"], "positions": [-3, -2, -1]}))
    np.savez(tmp_path / "a.npz", problem_ids=np.array(["a", "b"]), **layers)
    for given in ([tmp_path / "a.safetensors", tmp_path / "a.json"], [tmp_path / "a.npz"]):
        found, ids, positions = read_activations(*given)
        assert (ids, positions) == (["a", "b"], [-3, -2, -1])
        assert all((found[layer] == layers[layer]).all() for layer in layers)
    np.savez(tmp_path / "last.npz", problem_ids=np.array(["a", "b"]), layer_05=layers["layer_00"][:, 0])
    found, _, positions = read_activations(tmp_path / "last.npz")
    assert found["layer_05"].shape == (2, 1, 4) and positions == [-1]


def test_activations_that_do_not_fit_are_named(tmp_path):
    layer = np.zeros((2, 1, 4))
    cases = {
        "no_ids.npz": ({"layer_00": layer}, "the array problem_ids is missing"),
        "names.npz": ({"problem_ids": np.array(["a"]), "h": layer}, "layers are called layer_00, layer_01"),
        "rows.npz": ({"problem_ids": np.array(["a"]), "layer_00": layer}, "1 problem_ids, and layers of the shapes"),
        "pickle.npz": ({"problem_ids": np.array([{}], dtype=object)}, "no npz file of plain arrays"),
    }
    for name, (arrays, expected) in cases.items():
        np.savez(tmp_path / name, **arrays)
        with pytest.raises(UserError, match=f"{name}: {expected}"):
            read_activations(tmp_path / name)
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(UserError, match=r"bad\.json: not valid JSON"):
        read_activations(tmp_path / "bad.safetensors", tmp_path / "bad.json")
    with pytest.raises(UserError, match=r"alone\.safetensors: a \.json must be given with it"):
        read_activations(tmp_path / "alone.safetensors")
    with pytest.raises(UserError, match=r"must end in \.safetensors or \.npz"):
        read_activations(tmp_path / "a.pt")
