"""What a user finds after the whole study has run, and that it depends on nothing it should not depend on."""

import json

import numpy as np
import pandas as pd
import pytest
import yaml
from safetensors.numpy import load_file

from foretell.grading.inside.run_stack_programs import run
from foretell.grading.sandbox import why_unavailable
from workflow_project import SMALL, copy_project

POLICIES = [f"{model}-{effort}" for model in ("small", "medium", "large") for effort in ("low", "high")]
LABELS = {
    "tables/tiny_math/T2": ["csv", "md", "tex"],
    "tables/tiny/T4": ["csv", "md", "tex"],
    "figures/tiny_math/F3": ["pdf", "svg", "png", "csv"],
    "figures/tiny/F6": ["pdf", "svg", "png", "csv"],
} | {
    f"{kind}/{name}": suffixes
    for kind, names, suffixes in (
        ("tables", ["tiny_code/T3"], ["csv", "md", "tex"]),
        ("figures", [f"tiny_code/{label}" for label in ("F3", "F4", "F5", "F6")], ["pdf", "svg", "png", "csv"]),
    )
    for name in (names if why_unavailable() is None else [])
}


def test_the_run_ends_with_what_was_made_and_what_it_was_too_small_for(study, results):
    """In its last lines, not far up among those of single jobs."""
    made, *further = study.output[study.output.rindex("Made: ") :].splitlines()
    assert "all of it in results/tiny/report.html" in made
    kinds = {line.split(":")[0] for line in further}
    of_snakemake = {"Elapsed time", "Complete log(s)"}
    assert kinds <= {"Left out", "Small", *of_snakemake} and len(further) < 14
    assert any(line.startswith("Small: tiny_math: no AUROC of majority correct for") for line in further)
    for stem, suffixes in LABELS.items():
        for suffix in suffixes:
            assert (results / f"{stem}.{suffix}").stat().st_size > 100
    assert (results / "report.html").stat().st_size > 10_000


def test_a_job_is_told_by_its_rule_and_its_log_in_few_words(study):
    """Without messages, a run of 57 jobs printed 157 kB, most of it lists of files."""
    jobs = study.output.count("Finished jobid: ")
    assert jobs > 50 and len(study.output) < 400 * jobs
    assert "generate_completions, with its log in logs/tiny/completions/tiny_math/" in study.output


def test_every_problem_goes_through_every_stage(results):
    problems = pd.read_parquet(results / "problems" / "tiny_math.parquet")
    assert problems.split.value_counts().to_dict() == {"train": 150, "validation": 120, "test": 200}
    for policy in POLICIES:
        outcomes = pd.read_parquet(results / "outcomes" / "tiny_math" / f"{policy}.parquet")
        assert outcomes.problem_id.tolist() == problems.problem_id.tolist()
        assert (outcomes.k == 4).all() and outcomes.success_rate.between(0, 1).all()
        for target in ("success_rate", "majority_correct"):
            folder = results / "probes" / "tiny_math" / policy / target / "linear"
            predictions = pd.read_parquet(folder / "predictions.parquet")
            assert predictions.problem_id.tolist() == problems.problem_id.tolist()


def test_rollouts_are_graded_by_the_problems_own_answers(results):
    answers = pd.read_parquet(results / "problems" / "tiny_math.parquet").set_index("problem_id").answer
    for policy in POLICIES:
        rollouts = pd.concat(map(pd.read_parquet, (results / "rollouts" / "tiny_math" / policy).iterdir()))
        right = rollouts.completion.str[-1:] == rollouts.problem_id.map(answers)  # the answer is the last character
        assert rollouts.correct.tolist() == right.tolist()
        assert 0 < rollouts.correct.mean() < 1


def test_activations_are_described(results):
    shard = results / "activations" / "tiny_math" / "medium-low" / "000-of-001.safetensors"
    description = json.loads(shard.with_suffix(".json").read_text())
    assert description["position_tokens"] == ["<|end|>", "<|start|>", "<|assistant|>"]
    shapes = {name: tensor.shape for name, tensor in load_file(shard).items()}
    assert shapes == {f"layer_{layer:02d}": (470, 3, 64) for layer in range(4)}


def test_the_reported_operating_point_is_the_one_that_validation_chooses(results):
    """By hand: the cheapest lambda that is at least as accurate on validation as the best single policy there."""
    curves = pd.read_parquet(results / "routing" / "tiny" / "curves.parquet")
    validation = curves[curves.split == "validation"]
    singles = validation[(validation.strategy == "single") & (validation.samples == 4)]
    summary = pd.read_parquet(results / "routing" / "tiny" / "summary.parquet")
    reported = summary[summary.strategy == "utility"].iloc[0]
    sweep = validation[(validation.strategy == "utility") & (validation.family == reported.family)]
    matching = sweep[sweep.accuracy >= singles.accuracy.max()]
    if matching.empty:
        assert np.isnan(reported.operating_point)
        assert reported.best_single in set(singles.policy[singles.accuracy == singles.accuracy.max()])
    else:
        cheapest = matching[matching.cost == matching.cost.min()]
        assert reported.operating_point in set(cheapest.operating_point)


def test_every_score_has_an_interval_and_a_sample_size(results):
    scores = {
        "tables/tiny_math/T2": ["low", "value", "high"],
        "tables/tiny/T4": ["accuracy_low", "accuracy", "accuracy_high"],
    }
    for stem, columns in scores.items():
        table = pd.read_csv(results / f"{stem}.csv")
        known = table[table[columns[1]].notna()]
        low, value, high = (known[column] for column in columns)
        assert len(known) and (low <= value + 1e-9).all() and (value <= high + 1e-9).all()
        assert (table.n == 200).all()


def test_shards_and_cores_change_no_result(results, tmp_path_factory):
    """What lies in shards, and what is made from them."""
    project = copy_project(tmp_path_factory.mktemp("shards") / "project with a space")
    (project.folder / "shards.yaml").write_text(yaml.safe_dump({"shards": 2}))
    files = [
        "outcomes/tiny_math/small-low.parquet",
        "probes/tiny_math/small-low/majority_correct/linear/predictions.parquet",
    ]
    run = project.snakemake(*(f"results/tiny/{file}" for file in files), "--cores", "1", *SMALL, "shards.yaml")
    assert run.returncode == 0, run.stdout[-5000:]
    for file in files:
        assert (project.folder / "results" / "tiny" / file).read_bytes() == (results / file).read_bytes()


@pytest.mark.skipif(why_unavailable() is not None, reason=str(why_unavailable()))
def test_programs_are_right_if_they_compute_the_function(results):
    """By Python's own evaluation of the question, on values that the problem's tests do not have."""
    values = {"a": 101, "b": 211, "c": 307, "d": 401}
    rollouts = pd.concat(map(pd.read_parquet, (results / "rollouts" / "tiny_code" / "coder-small").iterdir()))
    computed = [run(program, values) for program in rollouts.completion]
    expected = [eval(question, {}, values) for question in rollouts.problem_id]  # noqa: S307
    assert rollouts.correct.tolist() == [a == b for a, b in zip(computed, expected, strict=True)]
    right = rollouts[rollouts.correct & (rollouts["sample"] >= 0)].groupby("problem_id")
    assert (right.extracted_answer.nunique() > 1).any(), "some problem has several right programs"
    assert (right.answer_class.nunique() == 1).all(), "and they vote together"


def test_without_a_sandbox_the_study_says_so_and_leaves_out_just_the_programs(tmp_path_factory):
    project = copy_project(tmp_path_factory.mktemp("bare") / "project")
    (project.folder / "scripts" / "foretell" / "grading" / "sandbox.py").write_text(
        "def why_unavailable():\n    return 'no bubblewrap'\n\n\nclass Sandbox:\n    pass\n"
    )
    run = project.snakemake("--dry-run", "--quiet", "rules", *SMALL)
    assert run.returncode == 0, run.stdout
    assert "problem set 'tiny_code' is left out: no bubblewrap" in run.stdout
    jobs = project.planned(*SMALL)
    assert jobs["train_tiny_model"] == 3 and jobs["generate_problems"] == 1 and "write_table_T3" not in jobs
