"""Recorded rollouts stand in for a study's models, and only for just these."""

import subprocess
import sys

import pandas as pd

from workflow_project import SMALL

RECORDED = "results/tiny/recorded/tiny_math/small-low.parquet"
ROLLOUTS = "results/tiny/rollouts/tiny_math/small-low/000-of-001.parquet"
OUTCOMES = "results/tiny/outcomes/tiny_math/small-low.parquet"


def test_recorded_rollouts_stand_in_for_a_models_own_and_give_the_same_outcomes(project):
    assert project.planned(*SMALL, "--", "record_all_rollouts")["record_rollouts"] == 8
    run = project.snakemake("--cores", "1", *SMALL, "--", "record_all_rollouts")
    assert run.returncode == 0, run.stdout
    assert not {"completion", "prompt"} & set(pd.read_parquet(project.folder / RECORDED).columns)
    verified = subprocess.run(
        [sys.executable, "scripts/verify_results.py", "results/tiny"],
        cwd=project.folder,
        capture_output=True,
        text=True,
    )
    assert verified.returncode == 0, verified.stdout
    (project.folder / "results" / "tiny" / "recorded").rename(project.folder / "kept")
    before = (project.folder / OUTCOMES).read_bytes()

    from_record = [*SMALL, "--config", "recorded_rollouts=kept"]
    planned = project.planned(*from_record)
    assert planned["import_recorded_rollouts"] == 8
    assert not {"generate_completions", "grade_rollouts"} & planned.keys()
    run = project.snakemake("--cores", "1", *from_record, "--", OUTCOMES)
    assert run.returncode == 0, run.stdout
    assert (pd.read_parquet(project.folder / ROLLOUTS).completion == "").all()
    assert (project.folder / OUTCOMES).read_bytes() == before

    project.edit("config/config.yaml", "temperature: 1.0", "temperature: 0.9")
    run = project.snakemake("--cores", "1", *from_record, "--", ROLLOUTS)
    assert run.returncode == 1
    assert "was made with temperature 1.0, not 0.9; leave the key 'recorded_rollouts' empty" in run.stdout
    run = project.snakemake("--dry-run", *SMALL, "--config", "recorded_rollouts=elsewhere")
    assert "key 'recorded_rollouts': there is no elsewhere/tiny_math/small-low.parquet; correct it" in run.stdout
