"""Studies that begin with a user's own files, at grading, probes or routing; made from the default study's results."""

import json
import os
import shutil

import pandas as pd
import pytest
import yaml

from workflow_project import Project, copy_project

PRICE = {"input": 0.1, "output": 0.2}
SETTINGS = {"strengths": [0.01, 1.0, 100.0], "folds": 3, "permutations": 2}  # of the reduced default study


@pytest.fixture(scope="module")
def imported(results, tmp_path_factory):
    """One study with a problem set for each place to begin at."""
    project = copy_project(tmp_path_factory.mktemp("imports") / "project")
    data = project.folder / "data"
    data.mkdir()
    problems = pd.read_parquet(results / "problems" / "tiny_math.parquet")
    problems[["problem_id", "question", "answer", "split"]].to_csv(data / "problems.csv", index=False)
    policies = {}
    for model in ("small", "medium"):
        shard = results / "activations" / "tiny_math" / f"{model}-low" / "000-of-001.safetensors"
        shutil.copy(shard, data / f"{model}.safetensors")
        shutil.copy(shard.with_suffix(".json"), data / f"{model}.json")
        outcomes = pd.read_parquet(results / "outcomes" / "tiny_math" / f"{model}-low.parquet")
        outcomes.drop(columns=["split", "group"]).to_parquet(data / f"{model}-outcomes.parquet")
        probes = results / "probes" / "tiny_math" / f"{model}-low" / "majority_correct" / "linear"
        predictions = pd.read_parquet(probes / "predictions.parquet").rename(
            columns={"probability": "p", "problem_id": "id"}
        )
        predictions[["id", "p"]].to_json(data / f"{model}-predictions.jsonl", orient="records", lines=True)
        completions = pd.read_parquet(results / "completions" / "tiny_math" / f"{model}-low" / "000-of-001.parquet")
        completions.rename(columns={"completion": "text"}).to_parquet(data / f"{model}-completions.parquet")
        graded = {"completions": {"file": f"{model}-completions.parquet", "columns": {"completion": "text"}}}
        known = {"outcomes": {"file": f"{model}-outcomes.parquet"}}
        guessed = {"file": f"{model}-predictions.jsonl", "columns": {"problem_id": "id", "probability": "p"}}
        policies[f"{model}-graded"] = {**graded, "price": PRICE}
        policies[f"{model}-probed"] = {**known, "activations": f"{model}.safetensors", "price": PRICE}
        policies[f"{model}-routed"] = {
            **known,
            "predictions": guessed,
            "assumed_cost": len(model),
            "assumption": "none",
        }
    entry = {"source": "file", "problems": {"file": "problems.csv"}, "answer_kind": "integer"}
    sets = {begin: {**entry} for begin in ("graded", "probed", "routed")}
    sets["graded"]["answer_pattern"] = "([0-5])\\Z"
    config = {
        "study": "mine",
        "title": "Imports",
        "evidence": "analogue",
        "records": "data",
        "problem_sets": sets,
        "policies": policies,
        "pools": {
            begin: {"problem_set": begin, "policies": [f"small-{begin}", f"medium-{begin}"]}
            for begin in ("graded", "probed", "routed")
        },
        "probes": SETTINGS,
        "routing": {"lambdas": 11, "thresholds": 11},
        "statistics": {"resamples": 200},
        "figures": ["T2", "T4", "T6", "F3", "F4", "F6"],
    }
    (project.folder / "mine.yaml").write_text(yaml.safe_dump(config))
    run = project.snakemake("--cores", "2", "--configfile", "mine.yaml")
    assert run.returncode == 0, run.stdout[-5000:]
    return project.folder / "results" / "mine"


@pytest.mark.parametrize("model", ["small", "medium"])
def test_probes_on_imported_activations_are_the_same_to_the_last_digit(results, imported, model):
    own = results / "probes" / "tiny_math" / f"{model}-low"
    theirs = imported / "probes" / "probed" / f"{model}-probed"
    for target in ("success_rate", "majority_correct", "greedy_correct"):
        for family in ("linear", "tfidf", "permuted_labels"):
            read = [json.loads((folder / target / family / "probe.json").read_text()) for folder in (own, theirs)]
            assert read[0] == read[1]
            frames = [pd.read_parquet(folder / target / family / "predictions.parquet") for folder in (own, theirs)]
            pd.testing.assert_frame_equal(*frames, check_exact=True)


@pytest.mark.parametrize("model", ["small", "medium"])
def test_imported_completions_are_graded_like_our_own(results, imported, model):
    own = pd.read_parquet(results / "outcomes" / "tiny_math" / f"{model}-low.parquet")
    theirs = pd.read_parquet(imported / "outcomes" / "graded" / f"{model}-graded.parquet")
    pd.testing.assert_frame_equal(own, theirs, check_dtype=False)
    families = {
        path.name for path in (imported / "probes" / "graded" / f"{model}-graded" / "majority_correct").iterdir()
    }
    assert families == {"prompt_length", "tfidf"}, "there is nothing but the questions to predict from"


def test_imported_probabilities_route_as_they_are(results, imported):
    theirs = pd.read_parquet(imported / "routing" / "routed" / "probabilities.parquet")
    for model in ("small", "medium"):
        folder = results / "probes" / "tiny_math" / f"{model}-low" / "majority_correct" / "linear"
        own = pd.read_parquet(folder / "predictions.parquet").set_index("problem_id").probability
        found = theirs[theirs.policy == f"{model}-routed"].set_index("problem_id").probability
        pd.testing.assert_series_equal(found, own.loc[found.index], rtol=1e-9)
    summary = pd.read_csv(imported / "tables" / "routed" / "T4.csv")
    assert (summary.cost_basis == "assumed").all()
    assert "elsewhere" in summary.calibrated_on.tolist()


def test_a_file_in_the_place_of_another_is_seen_though_it_is_older(imported):
    project = Project(imported.parents[1])
    other, own = (project.folder / "data" / f"{model}-outcomes.parquet" for model in ("medium", "small"))
    before, made = own.read_bytes(), own.stat()
    own.touch()
    assert project.planned("--configfile", "mine.yaml") == {}, "the same content"
    own.write_bytes(other.read_bytes())
    os.utime(own, ns=(0, 0))
    try:
        assert project.planned("--configfile", "mine.yaml").keys() >= {"import_outcomes", "evaluate_routing"}
    finally:
        own.write_bytes(before)
        os.utime(own, ns=(made.st_atime_ns, made.st_mtime_ns))


def test_each_problem_set_shows_what_it_can(imported):
    shown = {path.relative_to(imported / "figures").as_posix() for path in (imported / "figures").rglob("*.png")}
    assert shown == {f"{name}/{label}.png" for name in ("graded", "probed", "routed") for label in ("F4", "F6")} | {
        "probed/F3.png"
    }
    assert len(list((imported / "tables").rglob("T2.csv"))) == 3
