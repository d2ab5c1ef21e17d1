"""The SLURM profile on a real SLURM, and what docs/CLUSTER.md says about it."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import yaml

from slurm_cluster import PROFILE
from workflow_project import ROOT, copy_project

STUDY = ["--configfile", "tests/configs/cluster.yaml"]
TABLES = [f"results/cluster/tables/{place}.csv" for place in ("tiny_math/T2", "tiny/T4")]
HERE = Path(__file__).parent


def test_a_study_on_the_cluster_gives_the_tables_of_a_local_run(project, tmp_path):
    local = copy_project(tmp_path / "local")
    with ThreadPoolExecutor(1) as beside:
        here = beside.submit(local.snakemake, *TABLES, "--cores", "1", *STUDY)
        run = project.on_cluster(*TABLES, *STUDY, "--jobs", "4", wait=6)
    assert run.returncode == 0, run.stdout[-5000:]
    assert here.result().returncode == 0, here.result().stdout[-5000:]
    for table in TABLES:
        assert (project.folder / table).read_bytes() == (local.folder / table).read_bytes()
    submitted = project.cluster.run("squeue", "--states=all", "--noheader", "--format=%k %C %m").splitlines()
    assert len(submitted) < 16 and any("figures" in job for job in submitted), "small jobs go together"
    asked = {job.split("_wildcards")[0].removeprefix("rule_"): job.split()[-2:] for job in submitted}
    assert asked["train_probes"] == ["1", "16000M"] and asked["evaluate_probes"] == ["4", "8000M"]


def test_jobs_that_fail_or_exceed_memory_or_time_are_started_again_with_more(project):
    shutil.copy(HERE / "retries.smk", project.folder)
    run = project.on_cluster("--snakefile", "retries.smk", "all", "hopeless.txt", "--retries", "1")
    assert run.returncode == 1, "a job that fails every time ends the run; the others go on"
    written = {name: (project.folder / f"{name}.txt").read_text().strip() for name in ("flaky", "long", "large", "gpu")}
    assert written == {"flaky": "4000", "long": "10", "large": "1400", "gpu": written["gpu"]}
    assert written["gpu"] in {"0", "1", "2", "3"}, "the job sees one of the GPUs"
    assert run.stdout.count("Error in rule hopeless") == 2 and "the reason stands here" in run.stdout
    assert "TIMEOUT" in run.stdout


def test_after_the_main_process_is_killed_the_documented_steps_go_on_without_orphans(project):
    shutil.copy(HERE / "stuck.smk", project.folder / "workflow" / "Snakefile")
    folder, cluster = project.folder, project.cluster
    started = folder / "started.txt"
    asking = ["--slurm-init-seconds-before-status-checks", "2"]
    with _running([sys.executable, "-m", "snakemake", *PROFILE, *asking, "written.txt"], project):
        _wait(started.exists)  # then it is killed
    orphan = started.read_text().split()[0]
    assert cluster.states("--jobs", orphan) == ["RUNNING"]

    steps = re.search(r"<!-- recovery -->\n+```sh\n(.*?)```", (ROOT / "docs" / "CLUSTER.md").read_text(), re.DOTALL)[1]
    with _running(["bash", "-euo", "pipefail", "-c", steps], project) as again:
        _wait(lambda: len(started.read_text().split()) == 2)
        assert cluster.states("--jobs", orphan) == ["CANCELLED"]
        (folder / "go").touch()
        assert again.wait() == 0
    writers = (folder / "written.txt").read_text().split()
    assert writers == [started.read_text().split()[1]], "only the new job wrote"


@contextmanager
def _running(command, project):
    """A process that is killed in the end with those that it started, and with the tests."""
    process = subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", *command],
        cwd=project.folder,
        env=project.environment,
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait(condition):
    """Until something holds, for at most two minutes."""
    end = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < end, "it did not happen in two minutes"
        time.sleep(0.2)


def test_the_profile_names_rules_that_there_are_and_groups_every_figure():
    profile = yaml.safe_load((ROOT / "workflow" / "profiles" / "slurm" / "profile.yaml").read_text())
    written = "".join(path.read_text() for path in (ROOT / "workflow" / "rules").glob("*.smk"))
    rules = set(re.findall(r"^(?:use )?rule (?:\w+ as )?(\w+)(?::| with:)$", written, re.MULTILINE))
    rules |= {"train_probes", "train_joint_probes", "cross_fit_predictors"}  # made by names of their own
    labels = yaml.safe_load((ROOT / "config" / "figures.yaml").read_text())
    figures = {f"{'plot_figure' if label.startswith('F') else 'write_table'}_{label}" for label in labels}
    named = profile["set-resources"].keys() | profile["set-threads"].keys() | profile["groups"].keys()
    assert named - rules - figures == set()
    assert {rule for rule, group in profile["groups"].items() if group == "figures"} == figures
