"""Which Python runs a rule's script."""

import os
import subprocess
import sys

from workflow_project import copy_project

TARGET = "results/cluster/problems/tiny_math.parquet"


def test_jobs_need_no_activated_environment_and_one_that_is_provided_wins(tmp_path):
    """Called by its path, snakemake is not followed by the `python` that happens to stand first in PATH."""
    project = copy_project(tmp_path / "project")
    others = tmp_path / "bin"
    others.mkdir()
    (others / "python").write_text("#!/bin/sh\necho another python >&2\nexit 1\n")
    (others / "python").chmod(0o755)

    def snakemake(*options):
        command = [sys.executable, "-m", "snakemake", "--cores", "1", TARGET, *options]
        environment = {**os.environ, "PATH": f"{others}{os.pathsep}/usr/bin{os.pathsep}/bin"}
        config = ["--configfile", "tests/configs/cluster.yaml"]
        return subprocess.run(
            [*command, *config], cwd=project.folder, env=environment, text=True, capture_output=True, check=False
        )

    made = snakemake()
    assert made.returncode == 0, made.stderr
    assert (project.folder / TARGET).is_file()
    moved = snakemake("--dry-run", "--sdm", "env-modules")
    assert "Nothing to be done" in moved.stdout + moved.stderr, "which Python it is reruns nothing"
    provided = snakemake("--dry-run", "--printshellcmds", "--forceall", "--sdm", "env-modules")
    assert "Shell command: python " in provided.stdout + provided.stderr
