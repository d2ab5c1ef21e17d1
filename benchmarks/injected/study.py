"""The reduced study that faults are put to, how it is run, and what came of them."""

import re
import shutil
import sys
import tempfile
from pathlib import Path

import faults
from faults import Run, copy_of, lost_or_stale
from workflow_project import Project

STUDY, CONFIG = "cluster", ["--configfile", "tests/configs/cluster.yaml"]
MAKE_RUN = [sys.executable, "scripts/run_study.py", "--cores", "2", *CONFIG]
SNAKEMAKE = [sys.executable, "-m", "snakemake", "--cores", "2", *CONFIG]


class Faults:
    """The study, and what came of the faults that were put to it.

    Attributes:
        whole: the study as an undisturbed run made it.
        undisturbed: content of its files by name.
        rows: of the table: fault, outcome and number of files that were lost or stale.
    """

    def __init__(self, whole: Project):
        self.whole = whole
        self.undisturbed = faults.contents(whole.folder / "results" / STUDY)
        self.rows: list[tuple[str, str, int]] = []

    def folder(self) -> Path:
        """A new folder beside the finished study."""
        return Path(tempfile.mkdtemp(dir=self.whole.folder.parent))

    def copy(self, *removed: str) -> Project:
        """A copy of the finished study without some of its files, and without the chunks that are kept of them."""
        project = copy_of(self.whole, self.folder() / "project")
        shutil.rmtree(project.folder / ".chunks", ignore_errors=True)
        for name in removed:
            (project.folder / "results" / STUDY / name).unlink()
        return project

    def tell(self, fault: str, outcome: str, project: Project | None = None) -> None:
        """Add what came of a fault, after comparing the study that it was put to; the project is removed."""
        wrong = [] if project is None else lost_or_stale(project, STUDY, self.undisturbed)
        self.rows.append((fault, outcome, len(wrong)))
        print(f"{fault}: {outcome}; lost or stale: {wrong or 0}", file=sys.stderr, flush=True)
        if project is not None:
            shutil.rmtree(project.folder.parent)


def finish(project: Project, command: list[str]) -> str:
    """Run until the end; says how it ended."""
    run = Run(project, command)
    return "recovered" if run.end() == 0 else f"NOT RECOVERED: {said(run.output)}"


def of_targets(*names: str) -> list[str]:
    """The command that makes some of the study's files alone."""
    return [*MAKE_RUN[: -len(CONFIG)], *(f"results/{STUDY}/{name}" for name in names), *CONFIG]


def said(output: str) -> str:
    """The message of a run that was refused."""
    words = [line.strip() for line in output.splitlines() if re.match(r" *(error:|LockException|Error: )", line)]
    return words[-1] if words else f"(no message) {output[-300:]}"
