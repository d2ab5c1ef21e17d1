"""Logs of evaluation tools, as the tools wrote them: lm-evaluation-harness 0.4.13 and Inspect 0.3.285, trimmed."""

import json
import zipfile
from pathlib import Path

import pytest

from foretell.common.errors import UserError
from foretell.common.tables import Format, read
from foretell.completions.imported import TextSettings, import_completions, import_rollouts
from foretell.grading.mathematical import gold_answer
from foretell.problems.imported import import_problems

LOGS = Path(__file__).parent / "tool_logs"
GENERATED = LOGS / "samples_own_gen_2026-11-26T04-07-21.587007.jsonl"
CHOSEN = LOGS / "samples_own_mc_2026-11-26T04-07-21.587007.jsonl"
LM_EVAL, INSPECT = Format(format="lm_eval"), Format(format="inspect")


def texts(**how):
    return TextSettings(**{"table": Format(), "characters_per_token": None, **how})


def records(path=GENERATED):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


def written(path, given):
    path.write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in given), encoding="utf-8")
    return path


def sums():
    return json.loads((LOGS / "inspect_sums.json").read_text())


def inspect_log(path, log):
    path.write_text(json.dumps(log))
    return read(path, INSPECT, graded=True)


def test_line_separators_inside_texts_end_no_line():
    found = read(GENERATED, LM_EVAL)
    assert found.problem_id.tolist() == ["0", "1", "2", "3"]
    assert "\u2028" in found.question[1] and "\x85" in found.question[3]


def test_the_examples_in_a_prompt_are_no_part_of_the_question():
    found = read(GENERATED, LM_EVAL)
    assert found.question[2] == "What is 10-4?\nAnswer:"
    assert found.prompt[2].startswith("Question: Tom") and found.prompt[2].endswith(found.question[2])


def test_tokens_are_estimated_of_all_that_was_read(tmp_path):
    """Examples and earlier messages cost as much as the question."""
    found = read(GENERATED, LM_EVAL)
    problems = found[["problem_id", "question"]].assign(excluded_reason=None)
    priced = import_completions(found, problems, texts(characters_per_token=1.0))
    assert priced.prompt_tokens.tolist() == found.prompt.str.len().tolist() > found.question.str.len().tolist()
    told = [("system", [{"text": "s"}]), ("user", "ab?"), ("assistant", None), ("user", "de"), ("assistant", "c")]
    turns = [{"role": role, "content": content} for role, content in told]
    asked = {"gen_args_0": {"arg_0": json.dumps(turns), "arg_1": {}}}
    log = written(tmp_path / "samples_own.jsonl", [{**each, "arguments": asked} for each in records()])
    found = read(log, LM_EVAL)
    assert set(found.prompt) == {"de"} and set(found.prompt_characters) == {6}


def test_a_target_that_is_a_whole_solution_is_graded_by_its_answer():
    assert [gold_answer(answer) for answer in read(GENERATED, LM_EVAL).answer] == ["7", "12", "6", "15"]


def test_grades_of_several_filters_have_to_be_chosen(tmp_path):
    flexible = [{**each, "exact_match": float(each["filter"] == "flexible-extract")} for each in records()]
    path = written(tmp_path / GENERATED.name, flexible)
    with pytest.raises(
        UserError, match=r"filters strict-match, flexible-extract; .* where: \{filter: 'strict-match'\}"
    ):
        read(path, LM_EVAL, graded=True)
    for name, share in {"strict-match": 0, "flexible-extract": 1}.items():
        found = read(path, Format(format="lm_eval", where={"filter": name}), graded=True)
        assert import_rollouts(found, import_problems(found, "math", True), texts()).correct.mean() == share
    with pytest.raises(UserError, match="'filter' has flexible-extract, strict-match"):
        read(path, Format(format="lm_eval", where={"filter": "strict"}), graded=True)


def test_filters_that_a_log_does_not_name_are_numbered(tmp_path):
    old = [{key: value for key, value in each.items() if key not in ("filter", "metrics")} for each in records()]
    path = tmp_path / "samples_own_gen.jsonl"
    path.write_text(json.dumps(old))  # versions up to 0.4.2 write one list
    with pytest.raises(UserError, match=r"filters 0, 1; choose one, as in where: \{filter: '0'\}"):
        read(path, LM_EVAL, graded=True)
    assert read(path, Format(format="lm_eval", where={"filter": "1"}), graded=True).correct.tolist() == [0.0] * 4


def test_fractional_grades_need_a_threshold(tmp_path):
    scored = [{**each, "exact_match": score} for each, score in zip(records(), (0.9, 0.4, 1.0, 0.0), strict=False)]
    found = read(written(tmp_path / "samples_f1.jsonl", scored[:4]), LM_EVAL, graded=True)
    problems = import_problems(found, "math", True)
    with pytest.raises(UserError, match=r"'correct' is 0\.9; set 'threshold'"):
        import_rollouts(found, problems, texts())
    assert import_rollouts(found, problems, texts(threshold=0.5)).correct.tolist() == [True, False, True, False]


def test_likelihoods_import_as_grades_and_the_likeliest_answer():
    with pytest.raises(
        UserError, match=r"grades metrics\.acc, metrics\.acc_norm; .* columns: \{correct: metrics\.acc\}"
    ):
        read(CHOSEN, LM_EVAL, graded=True)
    found = read(CHOSEN, Format(format="lm_eval", columns={"correct": "metrics.acc"}), graded=True)
    rollouts = import_rollouts(found, import_problems(found, "math", True), texts())
    assert rollouts.completion.tolist() == ["Paris", "Bonn"] and rollouts.correct.tolist() == [True, False]
    assert found.answer.tolist() == ["Paris", "Rome"]


def test_ids_of_several_tasks_are_told_apart():
    chosen = Format(format="lm_eval", where={"filter": ["none", "strict-match"]}, columns={"correct": "metrics.acc"})
    found = read([GENERATED, CHOSEN], Format(format="lm_eval"))
    assert found.problem_id.tolist() == [f"own_gen/{i}" for i in range(4)] + ["own_mc/0", "own_mc/1"]
    assert read([CHOSEN], chosen).problem_id.tolist() == ["0", "1"]


@pytest.mark.parametrize("line", ['{"doc_id": 0}', "{", '{"doc_id": 0, "arguments": [], "resps": []}'])
def test_a_line_that_is_no_sample_is_named(tmp_path, line):
    (tmp_path / "s.jsonl").write_text(line)
    with pytest.raises(UserError, match=r"s\.jsonl, line 1: no "):
        read(tmp_path / "s.jsonl", LM_EVAL)


def test_inspect_epochs_are_samples_with_their_tokens_and_targets():
    found = read(LOGS / "inspect_sums.json", INSPECT)
    assert sorted(zip(found.problem_id, found["sample"], strict=True)) == [(i, e) for i in "123" for e in (0, 1)]
    assert found.answer[0] == '["4", "four"]' and found.answer[2] == "10"
    assert import_problems(found, "text", True).answer[0] == '["4", "four"]'
    assert (found.prompt_tokens[0], found.cached_tokens[0], found.completion_tokens[0]) == (111, 100, 5)


def test_a_sample_that_ended_in_an_error_costs_that_sample(tmp_path):
    log = sums()
    for sample in log["samples"]:
        sample["scores"] = {"match": sample["scores"]["match"]} if sample.get("scores") else None
    found = inspect_log(tmp_path / "log.json", log)
    problems = import_problems(found, "text", True)
    with pytest.raises(
        UserError, match="1 of 3 problems are missing, such as '2'; set the policy's 'missing' to leave_out"
    ):
        import_rollouts(found, problems, texts())
    rollouts = import_rollouts(found, problems, texts(missing="wrong", priced=True))
    added = rollouts[rollouts.missing]
    assert added.problem_id.tolist() == ["2", "2"] and not added.correct.any() and added.answer_class.isna().all()
    assert rollouts[~rollouts.missing].correct.tolist() == [True, False] * 2
    without = import_problems(found, "text", True, {"small": found})
    assert without.excluded_reason.dropna().tolist() == ["small lacks answers to it"]
    assert set(import_rollouts(found, without, texts(missing="leave_out")).problem_id) == {"1", "3"}


def test_one_epoch_that_failed_is_one_wrong_sample(tmp_path):
    log = sums()
    log["samples"] = [sample for sample in log["samples"] if sample["id"] != 2]
    log["samples"][0]["error"] = {"message": "timeout"}
    found = inspect_log_of_texts(tmp_path / "log.json", log)
    problems = import_problems(found, "text", True)
    with pytest.raises(UserError, match="1 of 2 problems have fewer samples than the 2 that most have, such as '1'"):
        import_completions(found, problems, texts())
    completions = import_completions(found, problems, texts(missing="wrong"))
    assert sorted(completions.completion[completions.problem_id == "1"]) == ["", "ANSWER: 4"]


def inspect_log_of_texts(path, log):
    path.write_text(json.dumps(log))
    return read(path, INSPECT)


@pytest.mark.parametrize(
    ("value", "grade"), [("C", 1), ("I", 0), ("P", 0.5), ("N", 0), (0.75, 0.75), ({"acc": 1}, 1), (True, True)]
)
def test_inspect_scores_of_every_form(tmp_path, value, grade):
    log = sums()
    for sample in log["samples"]:
        sample["scores"] = {"own": {"value": value}}
    assert (inspect_log(tmp_path / "log.json", log).correct == grade).all()


def test_scorers_that_differ_have_to_be_chosen_and_unscored_logs_give_texts(tmp_path):
    log = sums()
    with pytest.raises(
        UserError, match=r"grades scores\.match, scores\.includes; choose one, as in columns: \{correct: "
    ):
        inspect_log(tmp_path / "log.json", log)
    for sample in log["samples"]:
        del sample["scores"]
    with pytest.raises(UserError, match="no sample has a grade of its own; import the texts as 'completions'"):
        inspect_log(tmp_path / "log.json", log)
    assert inspect_log_of_texts(tmp_path / "log.json", log).completion[0] == "ANSWER: 4"


def test_older_inspect_logs_lack_the_completion_and_have_one_score(tmp_path):
    log = sums()
    for sample in log["samples"]:
        sample["output"].pop("completion", None)
        sample.pop("attachments", None)
        sample.pop("scores", None)
        sample["score"] = {"value": "C"}
    log["samples"][0]["output"]["choices"][0]["message"]["content"] = [
        {"type": "reasoning", "reasoning": "hm"},
        {"type": "text", "text": "4"},
    ]
    found = inspect_log(tmp_path / "log.json", log)
    assert found.completion.tolist()[:3] == ["4", "", "ANSWER: 4"] and (found.correct == 1).all()


def test_texts_that_a_log_keeps_apart_are_put_back(tmp_path):
    log = sums()
    log["samples"][0] |= {"input": [{"role": "user", "content": "attachment://a"}], "attachments": {"a": "2+2?"}}
    assert inspect_log_of_texts(tmp_path / "log.json", log).question[0] == "2+2?"


def test_eval_files_are_read_whatever_their_compression(tmp_path):
    """The archive in the repository is compressed with zstandard, as Inspect does it since 2026."""
    modern = read(LOGS / "inspect_mc.eval", INSPECT, graded=True)
    with zipfile.ZipFile(LOGS / "inspect_mc.eval") as archive:
        assert {member.compress_type for member in archive.infolist()} == {93}
    with zipfile.ZipFile(tmp_path / "log.eval", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("_journal/start.json", json.dumps({"eval": sums()["eval"]}))  # a run that was cut off
        for sample in sums()["samples"]:
            archive.writestr(f"samples/{sample['id']}_epoch_{sample['epoch']}.json", json.dumps(sample))
    assert len(read(tmp_path / "log.eval", INSPECT)) == 6
    assert modern.question[0] == "Capital of France?\nA) Paris\nB) Rome" and modern.answer.tolist() == ["A", "B"]
    assert modern.correct.tolist() == [1, 0]


@pytest.mark.parametrize(("name", "content"), [("log.eval", b"PK"), ("log.json", b"[]"), ("log.json", b"1")])
def test_what_is_no_log_of_inspect_is_named(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=rf"{name}: no log of Inspect"):
        read(tmp_path / name, INSPECT)
