"""What faults do to a study: kills, damaged files, a full disk, runs at once; a table of outcomes.

A reduced study is run once without disturbance. Each fault is then put to it, or to a copy of it of which a part is to
be made again, what the documentation says is done, and all files are compared with the undisturbed ones, byte by byte.
Names of faults as arguments run these alone.
"""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

import faults
from faults import Run, copy_of, lost_or_stale
from workflow_project import Project, copy_project

STUDY, CONFIG = "cluster", ["--configfile", "tests/configs/cluster.yaml"]
MAKE_RUN = [sys.executable, "scripts/run_study.py", "--cores", "2", *CONFIG]
SNAKEMAKE = [sys.executable, "-m", "snakemake", "--cores", "2", *CONFIG]
KILLS, PAIRS = 30, 8
MOMENTS: dict[str, Callable[[random.Random], Callable[[Run], bool]]] = {
    "a job starts": lambda rng: faults.starts(rng.randrange(3)),
    "a job ends": lambda rng: faults.ends(rng.randrange(1, 3)),
    "a file is half-written": lambda _: faults.writes,
    "a chunk is done": lambda _: faults.keeps_a_chunk,
}
# One file of every kind, with another of the same kind that takes its place as a foreign one.
PROBES = "probes/tiny_math"
KINDS = {
    "parquet": ("routing/tiny/decisions.parquet", "routing/tiny/curves.parquet"),
    "prompts": ("prompts/tiny_math/small-low.parquet", "problems/tiny_math.parquet"),
    "activations": ("activations/tiny_math/small-low/000-of-001.safetensors", "models/small/model.safetensors"),
    "weights": ("models/small/model.safetensors", "activations/tiny_math/small-low/000-of-001.safetensors"),
    "json": ("activations/tiny_math/small-low/000-of-001.json", "models/small/config.json"),
    "probe.safetensors": (
        f"{PROBES}/two/majority_correct/linear/probe.safetensors",
        f"{PROBES}/four/majority_correct/linear/probe.safetensors",
    ),
    "probe.json": (
        f"{PROBES}/two/majority_correct/linear/probe.json",
        f"{PROBES}/four/majority_correct/linear/probe.json",
    ),
    "csv": ("tables/tiny/T4.csv", "tables/tiny_math/T2.csv"),
    "claims": ("claims.csv", "tables/tiny/T4.csv"),
    "record": ("provenance/routing/tiny/decisions.parquet.json", "provenance/routing/tiny/curves.parquet.json"),
}
ALTERED = re.compile(r"^ *error: (\S+?): (?:is not what|this is no record).*; delete it( and the file)?", re.MULTILINE)


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
        """A copy of the finished study without some of its files."""
        project = copy_of(self.whole, self.folder() / "project")
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


def kills(study: Faults) -> None:
    """`kill -9` of a job, the main process or all, at seeded moments of one run, until it has been hit 30 times."""
    rng = random.Random(1)
    project = copy_project(study.folder() / "project")
    victims = Counter()
    while victims.total() < KILLS:
        victim, name = rng.choice(["job", "main", "group"]), rng.choice(list(MOMENTS))
        run = Run(project, MAKE_RUN)
        if run.reach(MOMENTS[name](rng)):
            if run.kill(victim):
                victims[f"{victim}, when {name}"] += 1
                print(f"kill of {victim} when {name}", file=sys.stderr, flush=True)
        elif run.end() == 0:  # the moment did not come before the end
            shutil.rmtree(project.folder / "results")
    outcome = finish(project, MAKE_RUN)
    wrong = lost_or_stale(project, STUDY, study.undisturbed)
    for fault, times in sorted(victims.items()):
        study.rows += [(f"kill -9 of {fault}", outcome, len(wrong))] * times


def damages(study: Faults) -> None:
    """A file of every kind truncated, corrupted, or another one in its place."""
    for kind, (name, other) in KINDS.items():
        for damage in ("truncated", "corrupted", "foreign"):
            project = study.copy()
            results = project.folder / "results" / STUDY
            if damage == "foreign":
                faults.replace(results / name, (results / other).read_bytes())
            else:
                {"truncated": faults.truncate, "corrupted": faults.corrupt}[damage](results / name)
            study.tell(f"{kind} {damage}", follow_messages(project, results / name), project)


def follow_messages(project: Project, damaged: Path) -> str:
    """Run, delete what the message names, and run again."""
    refused = Run(project, SNAKEMAKE)
    if refused.end() == 0:
        found = verify(project)
        if not found:
            return "recovered"
        damaged.unlink()
        if damaged.parts[-4:-3] == ("provenance",):  # a record: its file too is made again
            (project.folder / "results" / STUDY / damaged.relative_to(damaged.parents[2]).with_suffix("")).unlink()
        return f"verify_results.py: {found[0].split()[0]}; file deleted, {finish(project, SNAKEMAKE)}"
    named = ALTERED.search(refused.output)
    if named is None:
        return f"NO CLEAR MESSAGE: {said(refused.output)}"
    file = project.folder / named[1]
    file.unlink()
    if named[2]:
        made = Path(named[1].replace("/provenance/", "/", 1)).with_suffix("")
        (project.folder / made).unlink(missing_ok=True)
    return f"refused (altered: delete it), {finish(project, SNAKEMAKE)}"


def verify(project: Project) -> list[str]:
    command = [sys.executable, "scripts/verify_results.py", f"results/{STUDY}"]
    run = subprocess.run(command, cwd=project.folder, text=True, capture_output=True, check=False)
    return run.stdout.splitlines() if run.returncode else []


def chunks_damaged(study: Faults) -> None:
    """A kept chunk of an interrupted job truncated, corrupted, or of another place."""
    name = "completions/tiny_math/two/000-of-001.parquet"
    for damage in ("truncated", "corrupted", "foreign"):
        project = study.copy(name)
        command = of_targets(name)
        run = Run(project, command)
        if not (run.reach(faults.keeps_a_chunk) and run.kill("group")):
            sys.exit(f"no chunk was kept:\n{run.output}")
        chunk = next(run.chunks())
        if damage == "foreign":
            faults.replace(chunk, (project.folder / "results" / STUDY / "problems" / "tiny_math.parquet").read_bytes())
        else:
            {"truncated": faults.truncate, "corrupted": faults.corrupt}[damage](chunk)
        study.tell(f".chunks {damage}", finish(project, command), project)


@contextmanager
def mounted(place: Path, *options: str):
    subprocess.run(["mount", *options, place], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


def full_disk(study: Faults) -> None:
    """So many bytes left when activations, a table and a probe are to be written."""
    if os.geteuid() != 0:
        study.tell("full disk", "skipped: not root, so no small disk can be mounted")
        return
    removed = ["activations/tiny_math/small-low/000-of-001.safetensors", "tables/tiny/T4.csv"]
    for free in (0, 1 << 14, 1 << 17, 1 << 19):
        place = study.folder()
        with mounted(place, "-t", "tmpfs", "-o", "size=64m", "none"):
            project = copy_of(study.whole, place / "disk" / "project")
            for name in removed:
                (project.folder / "results" / STUDY / name).unlink()
            state = os.statvfs(place)
            ballast = place / "ballast"
            ballast.write_bytes(bytes(max(0, state.f_bavail * state.f_frsize - free)))
            run = Run(project, of_targets(*removed))
            failed = run.end()
            ballast.unlink()
            if not failed:
                outcome = "went through"
            elif "No space left" not in run.output:
                outcome = f"UNCLEAR: {said(run.output)}"
            else:  # Snakemake needs room for its lock before any job
                outcome = "Snakemake's own traceback" if "Traceback" in run.output else "one message"
            study.tell("full disk", f"{outcome}; room made, {finish(project, of_targets(*removed))}", project)


def read_only(study: Faults) -> None:
    """Results that cannot be written to."""
    if os.geteuid() != 0:
        study.tell("read-only results", "skipped: not root, so nothing can be mounted")
        return
    project = study.copy("tables/tiny/T4.csv")
    place = project.folder / "results"
    with mounted(place, "--bind", place):
        subprocess.run(["mount", "-o", "remount,ro,bind", place], check=True)
        run = Run(project, SNAKEMAKE)
        status = run.end()
    words = ("Read-only file system", "Write-protected output files")
    told = status and any(each in run.output for each in words) and "Traceback" not in run.output
    study.tell(
        "read-only results", f"{'one message' if told else said(run.output)}; {finish(project, SNAKEMAKE)}", project
    )


def two_runs(study: Faults) -> None:
    """A second run in the folder of a first one, of `make run` and plain snakemake."""
    for first, second in ((MAKE_RUN, SNAKEMAKE), (SNAKEMAKE, MAKE_RUN), (MAKE_RUN, MAKE_RUN), (SNAKEMAKE, SNAKEMAKE)):
        project = study.copy("routing/tiny/decisions.parquet")
        run = Run(project, first)
        if not run.reach(faults.starts(0)):
            sys.exit(f"no job was started:\n{run.output}")
        (job,) = run.jobs()
        os.kill(job, signal.SIGSTOP)  # it is at work for as long as the second run takes to see it
        beside = subprocess.run(second, cwd=project.folder, env=project.environment, text=True, capture_output=True)
        os.kill(job, signal.SIGCONT)
        status = run.end()
        refused = f"second refused: {said(beside.stdout + beside.stderr)[:60]}" if beside.returncode else "BOTH RAN"
        names = ["make run" if each is MAKE_RUN else "snakemake" for each in (first, second)]
        study.tell(f"{names[1]} beside {names[0]}", f"{refused}; first {'failed' if status else 'ends'}", project)


def completions(results: Path, output: str, samples: int, max_tokens: int) -> list[str]:
    """The command that samples the completions of policy `two`."""
    decoding = {"samples": samples, "temperature": 1.0, "max_tokens": max_tokens}
    settings = {"policy": "two", "seed": 1, "dtype": "float32", "decoding": decoding}
    inputs = ["--model", results / "models" / "small", "--prompts", results / "prompts/tiny_math/small-low.parquet"]
    given = [*inputs, "--settings", json.dumps(settings), "--output", output]
    return [sys.executable, "scripts/generate_completions.py", *map(str, given)]


def two_studies(study: Faults) -> None:
    """The same job of two studies at once, which share its chunks."""
    results = Path("results") / STUDY
    made = (study.whole.folder / results / "completions/tiny_math/two/000-of-001.parquet").read_bytes()
    for _ in range(PAIRS):
        project = study.copy()
        outputs = [project.folder / f"{name}.parquet" for name in ("one", "two")]
        inside = {"cwd": project.folder, "env": project.environment, "stderr": subprocess.PIPE, "text": True}
        both = [subprocess.Popen(completions(results, output.name, 2, 4), **inside) for output in outputs]
        told = [process.communicate()[1][-300:] for process in both]
        same = [output.is_file() and output.read_bytes() == made for output in outputs]
        left = list((project.folder / ".chunks").glob("*/*.parquet"))
        for output in outputs:
            output.unlink(missing_ok=True)
        study.tell("two studies at once", "both end alike" if all(same) and not left else f"FAILED: {told}", project)


def out_of_memory(study: Faults) -> None:
    """Completions of many samples, with so much memory and no more."""
    for megabytes in (1300, 1600, 1900):
        command = completions(Path("results") / STUDY, "one.parquet", samples=2000, max_tokens=24)
        run = subprocess.run(
            ["prlimit", f"--as={megabytes << 20}", *command],
            cwd=study.whole.folder,
            env=study.whole.environment,
            text=True,
            capture_output=True,
        )
        told = run.stderr.count("error: out of memory: lower the policy's 'samples'") == 1
        unclear = "Traceback" in run.stderr or not told
        study.tell(
            "out of memory", f"UNCLEAR: {run.stderr[-300:]}" if unclear else "one message with the keys that help"
        )
        shutil.rmtree(study.whole.folder / ".chunks", ignore_errors=True)


FAULTS = {
    each.__name__: each
    for each in (kills, damages, chunks_damaged, full_disk, read_only, two_runs, two_studies, out_of_memory)
}


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="faults-") as scratch:
        project = copy_project(Path(scratch) / "whole")
        run = Run(project, MAKE_RUN)
        if run.end():
            sys.exit(f"the undisturbed run failed:\n{run.output}")
        study = Faults(project)
        for name in sys.argv[1:] or FAULTS:
            FAULTS[name](study)
    print("\n| fault | tried | outcome | lost or stale files |\n|---|---|---|---|")
    counted = Counter((fault, outcome) for fault, outcome, _ in study.rows)
    for (fault, outcome), times in counted.items():
        wrong = sum(lost for each, what, lost in study.rows if (each, what) == (fault, outcome))
        print(f"| {fault} | {times} | {outcome} | {wrong} |")
    sys.exit(any(lost for *_, lost in study.rows))


if __name__ == "__main__":
    main()
