"""The workflow as a module of another one: with a prefix, a configuration of its own, and one rule overridden."""

import pandas as pd
import pytest
import yaml

from workflow_project import Project, copy_project

SNAKEFILE = """
module foretell:
    snakefile: "foretell/workflow/Snakefile"
    config: config["foretell"]
    prefix: "sub"

use rule * from foretell as foretell_*

use rule evaluate_routing from foretell as foretell_evaluate_routing with:
    log: "logs/overridden/{study}/{pool}.log"

rule everything:
    input: rules.foretell_all.input
    default_target: True
"""


@pytest.fixture(scope="module")
def outer(tmp_path_factory):
    """Another workflow that runs a study on files of its own."""
    folder = tmp_path_factory.mktemp("outer")
    copy_project(folder / "foretell")
    problems = pd.DataFrame({"problem_id": [f"p{i:03d}" for i in range(240)]})
    problems["question"] = "What is " + problems.problem_id + "?"
    problems = problems.assign(answer="1", split=(["train", "validation", "test"] * 80))
    problems.to_csv(folder / "problems.csv", index=False)
    for place, policy in enumerate(("cheap", "dear")):
        right = [(i + place) % 3 > 0 for i in range(240)]
        frame = problems[["problem_id"]].assign(majority_correct=right, k=1, probability=[0.2 + 0.5 * r for r in right])
        frame.to_csv(folder / f"{policy}.csv", index=False)
    study = {
        "study": "mine",
        "title": "Imports",
        "evidence": "analogue",
        "records": str(folder),
        "problem_sets": {"own": {"source": "file", "problems": {"file": "problems.csv"}}},
        "policies": {
            policy: {
                "outcomes": {"file": f"{policy}.csv"},
                "predictions": {"file": f"{policy}.csv"},
                "assumed_cost": cost,
                "assumption": "none",
            }
            for policy, cost in (("cheap", 1), ("dear", 3))
        },
        "pools": {"own": {"problem_set": "own", "policies": ["cheap", "dear"]}},
        "routing": {"lambdas": 5, "thresholds": 5},
        "statistics": {"resamples": 100},
        "figures": ["T4", "T6", "F4", "F8"],
    }
    (folder / "Snakefile").write_text(SNAKEFILE)
    (folder / "outer.yaml").write_text(yaml.safe_dump({"foretell": study}))
    project = Project(folder)
    run = project.snakemake("--cores", "2", "--configfile", "outer.yaml")
    assert run.returncode == 0, run.stdout[-5000:]
    return project


def test_results_and_logs_lie_under_the_prefix(outer):
    results = outer.folder / "sub" / "results" / "mine"
    for file in ("tables/own/T4.csv", "tables/own/T6.csv", "figures/own/F4.svg", "figures/own/F8.svg", "claims.csv"):
        assert (results / file).stat().st_size > 100
    assert not (outer.folder / "results").exists()


def test_one_rule_can_be_overridden(outer):
    assert (outer.folder / "logs" / "overridden" / "mine" / "own.log").exists()


def test_nothing_is_left_to_do(outer):
    assert outer.planned("--configfile", "outer.yaml") == {}
