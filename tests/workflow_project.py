"""A copy of the project in which tests run snakemake."""

import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import preloaded

ROOT = Path(__file__).parents[1]
RECORDS = ROOT.parent / "shared" / "data" / "paper_records"
SMALL = ["--configfile", "config/config.yaml", "tests/configs/small.yaml"]
NOT_COPIED = (".git", ".venv", ".venv-vllm", ".snakemake", ".chunks", ".checkpoints", ".answers", "results", "logs")
NOT_COPIED += ("__pycache__", ".mypy_cache", ".ruff_cache")


# Importing snakemake takes as long as planning does, so each test process does it once.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["pytest", "snakemake.cli", "snakemake_executor_plugin_slurm"])


class Project:
    """A copy of the project, as a fresh clone would be, in which snakemake can be run."""

    def __init__(self, folder):
        self.folder = Path(folder)

    @property
    def environment(self):
        """Environment variables in which `python` is the one that runs the tests."""
        return {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}

    @property
    def python(self):
        """The program that jobs are started with."""
        return preloaded.python(self.environment)

    def snakemake(self, *arguments):
        """Run snakemake; returns the finished process with its output as text."""
        with tempfile.NamedTemporaryFile() as output:
            given = (arguments, self.folder, self.environment, self.python, output.name)
            run = FORKS.Process(target=_snakemake, args=given)
            run.start()
            run.join()
            return subprocess.CompletedProcess(arguments, run.exitcode, output.read().decode())

    def planned(self, *arguments):
        """Number of jobs per rule that a dry run lists; empty if there is nothing to do."""
        run = self.snakemake("--dry-run", "--quiet", "rules", *arguments)
        assert run.returncode == 0, run.stdout
        jobs = {}
        for line in run.stdout.split("Job stats:")[-1].splitlines() if "Job stats:" in run.stdout else []:
            words = line.split()
            if len(words) == 2 and words[1].isdigit() and words[0] not in ("total", "all"):
                jobs[words[0]] = int(words[1])
        return jobs

    def edit(self, file, old, new):
        """Replace text in a file; the text must be there."""
        path = self.folder / file
        text = path.read_text()
        assert old in text, f"{old!r} is not in {file}"
        path.write_text(text.replace(old, new))


def _snakemake(arguments, folder, environment, python, output):
    """What `python -m snakemake` does in a folder, with its output in a file; `python` starts the jobs."""
    with open(output, "wb") as file:
        for descriptor in (1, 2):
            os.dup2(file.fileno(), descriptor)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.path[:] = [str(folder), *(path for path in sys.path if not Path(path).is_relative_to(ROOT / "scripts"))]
    sys.argv, sys.executable = ["snakemake", *arguments], python
    from snakemake.cli import main

    main()


def with_checkpoints(project):
    """Let a copy of the project use, and fill, the working tree's store of downloaded models."""
    store = ROOT / ".checkpoints"
    store.mkdir(exist_ok=True)
    (project.folder / ".checkpoints").symlink_to(store)
    return project


def copy_project(folder):
    """Copy the working tree without what runs leave behind."""
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*NOT_COPIED))
    return Project(folder)
