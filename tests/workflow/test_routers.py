"""The routers that a finished study ends with."""

import json

import pandas as pd
import pytest

from decided import decides_alike
from foretell.deployment.router import Router


@pytest.fixture(scope="module")
def router(results):
    return Router.load(results / "routers" / "tiny")


def test_an_exported_router_decides_on_the_whole_test_split_as_the_workflow_did(results, router):
    problems = pd.read_parquet(results / "problems" / "tiny_math.parquet").set_index("problem_id")
    questions = problems.question[problems.split == "test"]
    success, unlikeness = router.predict(questions.tolist())
    decided = pd.read_parquet(results / "routing" / "tiny" / "decisions.parquet")
    decided = decided[decided.family.eq("linear") & decided.problem_id.isin(questions.index)]
    points, _ = decides_alike(router, decided, success, questions.index)
    assert points == 22 and len(questions) == 200
    assert (unlikeness > router.description.unlike_above).mean() < 0.1


def test_it_uses_the_operating_point_that_the_study_chose(results, router):
    summary = pd.read_parquet(results / "routing" / "tiny" / "summary.parquet")
    reported = summary[(summary.strategy == "utility") & (summary.criterion == "match")].iloc[0]
    if pd.isna(reported.operating_point):
        assert router.chosen.policy == reported.best_single
    else:
        assert router.chosen.operating_point == reported.operating_point


def test_the_folder_says_what_it_was_made_from(results):
    folder = results / "routers" / "tiny"
    manifest = json.loads((folder / "manifest.json").read_text())
    assert {path.name for path in folder.iterdir()} == {*manifest["files"], "manifest.json"}
    assert "small-low/probe.safetensors" in manifest["made_from"]
