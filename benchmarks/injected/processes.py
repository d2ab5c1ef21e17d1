"""Faults of processes: kills, runs and studies at once, too little memory."""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import faults
from faults import Run, lost_or_stale
from injected.study import MAKE_RUN, SNAKEMAKE, STUDY, Faults, finish, said
from workflow_project import copy_project

KILLS, PAIRS = 30, 8
MOMENTS: dict[str, Callable[[random.Random], Callable[[Run], bool]]] = {
    "a job starts": lambda rng: faults.starts(rng.randrange(3)),
    "a job ends": lambda rng: faults.ends(rng.randrange(1, 3)),
    "a file is half-written": lambda _: faults.writes,
    "a chunk is done": lambda _: faults.keeps_a_chunk,
}


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
    """Completions of many samples, with so much more memory than the program takes before it begins, and no more."""
    loads = "import generate_completions, foretell.completions.engines.transformers; print(*open('/proc/self/status'))"
    inside = {"cwd": study.whole.folder / "scripts", "env": study.whole.environment, "text": True}
    told = subprocess.run([sys.executable, "-c", loads], **inside, check=True, capture_output=True).stdout
    loaded = int(re.search(r"VmPeak:\s*(\d+) kB", told)[1]) >> 10
    for megabytes in (loaded + more for more in (200, 500, 800)):
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
