"""The examples of README.md, as it says to run them: own questions with own models, reduced, and logs, all of them."""

import json
import shutil

import pandas as pd
import pytest

from decided import decides_alike
from foretell.deployment.router import Router
from workflow_project import ROOT, copy_project, with_checkpoints


def run(project, *files):
    finished = project.snakemake("--cores", "2", "--configfile", *files)
    assert finished.returncode == 0, finished.stdout[-5000:]
    return finished.stdout


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return with_checkpoints(copy_project(tmp_path_factory.mktemp("examples") / "project"))


@pytest.fixture(scope="module")
def logs(project):
    """What the run says, and its results."""
    return run(project, "examples/logs.yaml", "tests/configs/logs.yaml"), project.folder / "results" / "logs"


@pytest.fixture(scope="module")
def questions(project):
    run(project, "examples/questions.yaml", "tests/configs/questions.yaml")
    return project.folder / "results" / "questions"


def test_logs_are_graded_as_the_tool_graded_them_but_for_an_accent(logs):
    for policy in ("smollm2", "gemma3"):
        lines = (ROOT / "examples" / f"samples_quiz_{policy}.jsonl").read_text(encoding="utf-8").splitlines()
        tool = {str(each["doc_id"]): bool(each["exact_match"]) for each in map(json.loads, lines)}
        outcomes = pd.read_parquet(logs[1] / "outcomes" / "quiz" / f"{policy}.parquet").set_index("problem_id")
        ours = outcomes.majority_correct.astype(bool)
        theirs = pd.Series(tool).loc[ours.index]
        assert len(ours) == 504 and 0.15 < ours.mean() < 0.85
        odd = ours.index[ours != theirs]
        assert len(odd) <= 1 and ours[odd].all(), "we take Bogotá for Bogota"


def test_logs_end_in_a_report_with_a_router_by_the_questions_words(logs):
    said, results = logs
    assert "all of it in results/logs/report.html" in said and (results / "report.html").stat().st_size > 1e5
    table = pd.read_csv(results / "tables" / "quiz" / "T4.csv")
    assert {"tfidf", "prompt_length", "metadata"} <= set(table.family.dropna())
    metrics = pd.read_csv(results / "tables" / "quiz" / "T2.csv")
    scores = metrics[(metrics.metric == "auroc") & (metrics.target == "majority_correct")]
    assert len(scores) and scores.value.notna().all(), "the example has enough of both classes"


def test_a_router_from_logs_is_taken_away_and_decides_as_the_study_did(logs, tmp_path):
    away = shutil.copytree(logs[1] / "routers" / "quiz", tmp_path / "away")
    router = Router.load(away)
    problems = pd.read_parquet(logs[1] / "problems" / "quiz.parquet").set_index("problem_id")
    questions = problems.question[problems.split == "test"]
    success, _ = router.predict(questions.tolist())
    decided = pd.read_parquet(logs[1] / "routing" / "quiz" / "decisions.parquet")
    decided = decided[decided.family.eq("tfidf") & decided.problem_id.isin(questions.index)]
    points, _ = decides_alike(router, decided, success, questions.index)
    assert points == 100 and len(questions) == 187
    assert problems.split.eq("pilot").sum() == 234 - 187, "which are kept for the pilot"


def test_a_pilot_is_replayed_on_the_questions_that_are_kept_for_it(logs):
    replayed = pd.read_csv(logs[1] / "tables" / "quiz" / "T14.csv")
    assert replayed.strategy.tolist() == ["utility", "cascade"] and replayed.n.eq(47).all()
    assert replayed.incumbent.eq("gemma3").all() and replayed.first_verdict.notna().any()


def test_a_router_that_cannot_be_taken_away_is_one_message(project, logs):
    own = project.folder / "by_length.yaml"
    own.write_text("probes: {families: [linear, prompt_length]}\n")
    files = ["--configfile", "examples/logs.yaml", "tests/configs/logs.yaml", str(own)]
    asked = project.snakemake("--dry-run", *files, "--", "results/logs/routers/quiz/manifest.json")
    assert asked.returncode == 1 and "MissingInput" not in asked.stdout
    why = "its queries are routed by prompt length; what can be taken away is a router by one of 'linear', 'tfidf'"
    assert f"pool 'quiz' has no router to take away: {why}" in asked.stdout


def test_snakemakes_own_report_stays_available(project, logs):
    files = ["examples/logs.yaml", "tests/configs/logs.yaml"]
    made = project.snakemake("--report", "snakemakes.html", "--configfile", *files)
    assert made.returncode == 0, made.stdout[-2000:]
    text = (project.folder / "snakemakes.html").read_text(encoding="utf-8")
    assert "T4.csv" in text and "F6.svg" in text


def test_own_questions_are_asked_graded_probed_and_routed(questions):
    assert (questions / "figures" / "quiz" / "F6.svg").is_file() and (questions / "report.html").is_file()
    problems = pd.read_parquet(questions / "problems" / "quiz.parquet")
    for policy in ("smollm2", "gemma3"):
        outcomes = pd.read_parquet(questions / "outcomes" / "quiz" / f"{policy}.parquet")
        assert len(outcomes) == len(problems) and 0.15 < outcomes.success_rate.mean() < 0.9
    table = pd.read_csv(questions / "tables" / "quiz" / "T2.csv")
    assert {"linear", "tfidf", "prompt_length", "metadata"} <= set(table.family.dropna())


def test_each_model_gets_the_worked_examples_in_its_own_form(questions):
    chat, plain = (
        pd.read_parquet(questions / "prompts" / "quiz" / f"{encoder}.parquet").prompt
        for encoder in ("smollm2-135m-instruct-chat", "gemma3-270m-completion")
    )
    assert chat.str.contains("<|im_start|>assistant\nAnswer: Yaren").all() and chat.str.endswith("\nAnswer:").all()
    assert plain.str.startswith("Question: What is the capital of Nauru?\nAnswer: Yaren\n").all()
