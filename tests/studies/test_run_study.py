"""`make run` after a kill, beside another run, and again."""

import fcntl
import os
import signal
import subprocess
import sys
from itertools import islice

import pytest

from workflow_project import SMALL, copy_project


@pytest.fixture
def project(tmp_path):
    return copy_project(tmp_path / "project")


def command(*targets):
    return [sys.executable, "scripts/run_study.py", "--cores", "1", *targets, *SMALL]


def inside(project):
    """How a process is started in the project, with its output as one text."""
    output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return {"cwd": project.folder, "env": project.environment, **output}


def run(project, *targets):
    return subprocess.run(command(*targets), **inside(project))


def test_a_killed_run_is_gone_on_with_and_finished_jobs_are_not_repeated(project):
    target = [f"results/tiny/models/{model}/model.safetensors" for model in ("small", "medium")]
    killed = subprocess.Popen(command(*target), start_new_session=True, **inside(project))
    started = (line for line in killed.stdout if ": train_tiny_model, with its log" in line)
    assert len(list(islice(started, 2))) == 2  # one model is trained, the other is being trained
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate()
    trained = list((project.folder / "results" / "tiny" / "models").glob("*/model.safetensors"))
    assert len(trained) == 1
    before = trained[0].stat().st_mtime_ns

    again = run(project, *target)
    assert again.returncode == 0, again.stdout
    assert "stale lock is removed" in again.stdout
    assert trained[0].stat().st_mtime_ns == before
    assert all((project.folder / each).exists() for each in target)
    assert not list((project.folder / "results").rglob(".partial-*"))


def test_a_study_that_is_not_there_is_named(project):
    command = [sys.executable, "scripts/run_study.py", "--cores", "1", "--configfile", "config/other.yaml"]
    run = subprocess.run(command, cwd=project.folder, text=True, capture_output=True)
    assert run.returncode != 0 and not run.stdout
    assert run.stderr == "error: --configfile: there is no file config/other.yaml; the studies stand in config/\n"


def test_a_second_run_beside_the_first_is_refused_with_a_reason(project):
    lock = project.folder / ".snakemake" / "run_study.lock"
    lock.parent.mkdir()
    with open(lock, "w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        refused = run(project)
    assert refused.returncode == 1
    assert "a run is working in this folder" in refused.stdout and "Traceback" not in refused.stdout
    assert not (project.folder / "results").exists()


def test_a_failing_job_ends_the_run_with_its_log_and_no_half_written_output(project):
    project.edit(
        "scripts/foretell/problems/generated.py",
        "    fewest, most = evaluated",
        '    raise UserError("broken")\n    fewest, most = evaluated',
    )
    failed = run(project, "results/tiny/problems/tiny_math.parquet")
    assert failed.returncode != 0
    end = failed.stdout[failed.stdout.rindex("Failed: ") :]
    assert end.startswith("Failed: generate_problems, log logs/tiny/problems/tiny_math.log\n    error: broken\n")
    assert not list((project.folder / "results").rglob("*.parquet"))
