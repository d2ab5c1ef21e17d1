"""The paper's study on a hub on loopback: miniatures of its data sets in their layouts, models with random weights."""

import json

import pandas as pd
import pytest
import yaml

import hub_data
import hub_models
from foretell.common.yaml_files import read_yaml
from hub_server import environment, serve
from workflow_project import ROOT, copy_project

CONFIGS = ["paper.yaml", "tests/configs/paper.yaml"]
POLICIES = ["qwen2.5-math-1.5b", "qwen2.5-math-7b"]
NOT_OF_THESE = ("T3", "T7", "F9")  # of programs, of every encoder, of several efforts
SETS = {"DigitalLearningGmbH/MATH-lighteval": lambda: hub_data.math(train=120, test=80)}


@pytest.fixture(scope="module")
def reduced():
    """The paper's entries of data sets and models, two policies, and the one pool of MATH."""
    config = read_yaml(ROOT / "config" / "paper.yaml")
    config["policies"] = {name: {**config["policies"][name], "max_tokens": 3, "samples": 3} for name in POLICIES}
    config["pools"] = {"math": {**config["pools"]["math"], "policies": POLICIES}}
    for entry in config["problem_sets"].values():
        entry.pop("policies", None)
    for entry in config["models"].values():
        del entry["engine"]  # vLLM, which has an environment of its own
    config["figures"] = [label for label in config["figures"] if label not in NOT_OF_THESE]
    return config


@pytest.fixture(scope="module")
def hub(reduced):
    with serve() as served:
        for entry in reduced["problem_sets"].values():
            files = SETS.get(entry["id"], hub_data.PAPER[entry["id"]])()
            served.add("dataset", entry["id"], files, entry["revision"])
        for seed, policy in enumerate(POLICIES):
            entry = reduced["models"][reduced["policies"][policy]["model"]]
            served.add("model", entry["id"], hub_models.qwen2(["x", *range(1, 4)], seed), entry["revision"])
        yield served


@pytest.fixture(scope="module")
def study(hub, reduced, tmp_path_factory):
    folder = tmp_path_factory.mktemp("paper")
    project = copy_project(folder / "project")
    (project.folder / "paper.yaml").write_text(yaml.safe_dump(reduced, sort_keys=False))
    with pytest.MonkeyPatch.context() as variables:
        for name, value in environment(hub, folder / "home").items():
            variables.setenv(name, value)
        run = project.snakemake("--cores", "2", "--configfile", *CONFIGS)
        assert run.returncode == 0, run.stdout[-5000:]
        yield project


@pytest.fixture(scope="module")
def results(study):
    return study.folder / "results" / "paper"


def test_every_figure_and_table_is_there(results, reduced):
    for label in reduced["figures"]:
        folder, suffixes = ("tables", ["csv", "md", "tex"]) if label[0] == "T" else ("figures", ["pdf", "svg", "csv"])
        for suffix in suffixes:
            assert (results / folder / "math" / f"{label}.{suffix}").stat().st_size > 0
    assert (results / "report.html").stat().st_size > 0


def test_what_was_fetched_is_recorded(results, reduced, hub):
    entry = reduced["problem_sets"]["math"]
    record = json.loads((results / "downloads" / "math.json").read_text())
    assert (record["id"], record["revision"]) == (entry["id"], entry["revision"])
    assert set(record["sums"]) == {"data/train-0.parquet", "data/test-0.parquet"}
    provenance = json.loads((results / "provenance" / "downloads" / "math.parquet.json").read_text())
    assert provenance["settings"]["revision"] == entry["revision"]
    assert "README.md" not in hub.fetched()


def test_a_duplicate_is_left_out_of_training_from_prompts_to_probes(results):
    problems = pd.read_parquet(results / "problems" / "math.parquet")
    excluded = problems[problems.excluded_reason.notna()]
    assert excluded.problem_id.tolist() == ["train-3"]
    assert excluded.excluded_reason.item() == "its question is that of test problem 'test-0'"
    for policy in POLICIES:
        outcomes = pd.read_parquet(results / "outcomes" / "math" / f"{policy}.parquet")
        assert set(outcomes.problem_id) == set(problems.problem_id) - {"train-3"}
    prompts = pd.read_parquet(next((results / "prompts" / "math").glob("*.parquet")))
    asked = "What is $0+1$, modulo 3?\nLet's think step by step and output the final answer within \\boxed{}."
    assert f"<|im_start|>user\n{asked}<|im_end|>" in prompts.prompt[0]


def test_answers_are_graded_by_the_last_box_of_the_solution(results):
    problems = pd.read_parquet(results / "problems" / "math.parquet").set_index("problem_id").answer
    rollouts = pd.concat(map(pd.read_parquet, (results / "rollouts" / "math" / POLICIES[0]).glob("*.parquet")))
    marked = rollouts[rollouts.extracted_answer.notna()]
    assert marked.correct.any() and not marked.correct.all()
    right = [
        text.strip() == problems[name] for text, name in zip(marked.extracted_answer, marked.problem_id, strict=True)
    ]
    assert (marked.correct == right).all()


def test_nothing_is_made_twice(study):
    assert study.planned("--configfile", *CONFIGS) == {}
