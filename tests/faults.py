"""Kills and damage at chosen points of a run, and whether anything is lost or stale after it."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from workflow_project import Project

# Differ between runs that make the same: times, machine, and Snakemake's statistics of the run.
NOT_COMPARED = ("provenance/", "report.html")


class Run:
    """A run of the workflow that goes on beside the test, in a process group of its own."""

    def __init__(self, project: Project, command: list[str]):
        self.folder = project.folder.resolve()
        # Not in the folder, whose disk may be full; removed with this object.
        self._log = tempfile.NamedTemporaryFile("w")  # noqa: SIM115
        with self._log.file as log:
            self.process = subprocess.Popen(
                command,
                cwd=self.folder,
                env=project.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.left_before = {*self.partial_files(), *self.chunks()}

    @property
    def output(self) -> str:
        return Path(self._log.name).read_text(errors="replace")

    def partial_files(self) -> Iterator[Path]:
        for place in ("results", ".chunks"):
            yield from (self.folder / place).rglob(".partial-*")

    def chunks(self) -> Iterator[Path]:
        yield from (self.folder / ".chunks").glob("*/[!.]*.parquet")

    def jobs(self) -> list[int]:
        """Processes that do a job's work."""
        return [process for process, words in self._here() if any(word.endswith("record_job.py") for word in words[:3])]

    def main_process(self) -> list[int]:
        return [
            process for process, words in self._here() if words[1:3] == ["-m", "snakemake"] and "--report" not in words
        ]

    def reach(self, moment: Callable[["Run"], bool]) -> bool:
        """Wait until a moment; False if the run ended before it."""
        while self.process.poll() is None:
            if moment(self):
                return True
            time.sleep(0.005)
        return False

    def kill(self, victim: str) -> bool:
        """`kill -9` a job, the main process or all; False if there was none. Then wait until what is left has ended."""
        if victim == "group":
            os.killpg(self.process.pid, signal.SIGKILL)
            killed = True
        else:
            processes = self.jobs()[:1] if victim == "job" else self.main_process()
            for process in processes:
                os.kill(process, signal.SIGKILL)
            killed = bool(processes)
        self.end()
        return killed

    def end(self) -> int:
        """Wait until the run and every process that works in its folder have ended; exit status of the run."""
        status = self.process.wait()
        while self._here():
            time.sleep(0.05)
        return status

    def _here(self) -> list[tuple[int, list[str]]]:
        """Processes that work in the folder; one that is ending has no words any more, and may still hold the lock."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                words = (entry / "cmdline").read_text(errors="replace").split("\0")
                if Path(os.readlink(entry / "cwd")) == self.folder:
                    found.append((int(entry.name), words))
            except OSError:  # it has ended
                continue
        return found


def starts(count: int) -> Callable[[Run], bool]:
    """A job is at work, and `count` were started before it."""
    return lambda run: len(re.findall(r"^Job \d+: ", run.output, re.MULTILINE)) > count and bool(run.jobs())


def ends(count: int) -> Callable[[Run], bool]:
    """So many jobs have ended."""
    return lambda run: run.output.count("Finished jobid") >= count


def writes(run: Run) -> bool:
    """A file is half-written."""
    return bool({*run.partial_files()} - run.left_before)


def keeps_a_chunk(run: Run) -> bool:
    """A chunk of a long job is done."""
    return bool({*run.chunks()} - run.left_before)


def truncate(file: Path) -> None:
    content = file.read_bytes()
    replace(file, content[: len(content) // 2])


def corrupt(file: Path) -> None:
    """Flip all bits of a byte in the middle."""
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    replace(file, bytes(content))


def replace(file: Path, content: bytes) -> None:
    """Another file in this one's place, so that a hard link elsewhere stays as it is."""
    file.unlink()
    file.write_bytes(content)


def contents(results: Path) -> dict[str, bytes]:
    """What a study's results must be after any fault."""
    files = {str(path.relative_to(results)): path for path in sorted(results.rglob("*")) if path.is_file()}
    return {name: path.read_bytes() for name, path in files.items() if not name.startswith(NOT_COMPARED)}


def lost_or_stale(project: Project, study: str, undisturbed: dict[str, bytes]) -> list[str]:
    """What is not as in a run that nothing disturbed, what it left, and what verify_results.py finds."""
    results = project.folder / "results" / study
    found = contents(results)
    differing = [name for name in {*found, *undisturbed} if found.get(name) != undisturbed.get(name)]
    left = [str(path) for path in results.rglob(".partial-*")]
    verified = subprocess.run(
        [sys.executable, "scripts/verify_results.py", f"results/{study}"],
        cwd=project.folder,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    return sorted({*differing, *left}) + (verified.stdout.splitlines() if verified.returncode else [])


def copy_of(project: Project, folder: Path) -> Project:
    """A project with all that its runs left, in a folder of its own; time stamps stay."""
    shutil.copytree(project.folder, folder, symlinks=True)
    return Project(folder)
