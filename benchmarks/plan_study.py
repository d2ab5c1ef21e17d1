"""Measure how long the workflow takes to plan a large study: `snakemake -n` in one checkout or several, in turns.

python benchmarks/plan_study.py . [OTHER_CHECKOUT ...] [--models 40] [--problem-sets 10] [--repeats 1]
generates a study in which every model answers every problem set at two efforts, and prints for each checkout the number
of jobs, seconds of the clock and of the processor, the peak of memory, and these as shares of the first checkout's.
"""

import argparse
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

SAMPLED = {"samples": 8, "temperature": 1.0}
PRICE = {"input": 0.01, "output": 0.01}
FAMILIES = ["linear", "prompt_length", "tfidf", "token_gbm", "permuted_labels", "untrained"]
FIGURES = ["T2", "T4", "T5", "T6", "T7", "F3", "F4", "F5", "F6", "F7", "F8", "F9"]
EFFORTS = {"low": 4, "high": 24}  # with the most tokens of an answer


def generated(models: int, problem_sets: int) -> dict:
    """A study's configuration."""
    sets = [f"set-{number}" for number in range(problem_sets)]
    names = [f"model-{number}" for number in range(models)]
    policies = {
        f"{name}-{effort}": {"model": name, "effort": effort, "max_tokens": tokens, **SAMPLED}
        for name in names
        for effort, tokens in EFFORTS.items()
    }
    expressions = {
        "source": "expressions",
        "operators": "+-*",
        "modulus": 6,
        "trained_operations": [1, 6],
        "evaluated_operations": [2, 6],
        "evaluated_shares": [0.08, 0.23, 0.23, 0.23, 0.23],
        "sizes": {"train": 1000, "validation": 1000, "test": 3000},
        "answer_pattern": r"([0-5])\Z",
    }
    tiny = {"source": "tiny", "problem_set": sets[0], "layers": 2, "width": 32, "steps": 850, "learning_rate": 0.004}
    return {
        "study": "planned",
        "title": f"{models} models on {problem_sets} problem sets",
        "evidence": "analogue",
        "problem_sets": dict.fromkeys(sets, expressions),
        "models": {name: {**tiny, "seed": seed, "price": PRICE} for seed, name in enumerate(names)},
        "policies": policies,
        "probes": {"families": FAMILIES},
        "pools": {f"pool-{name}": {"problem_set": name, "policies": [*policies]} for name in sets},
        "figures": FIGURES,
    }


def plan(checkout: Path, config: Path) -> tuple[int, float, float, float]:
    """Number of jobs, seconds of the clock and of the processor, and peak of memory in MB."""
    command = [sys.executable, "-m", "snakemake", "-n", "--quiet", "rules", "--configfile", str(config)]
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    with subprocess.Popen(command, cwd=checkout, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as run:
        printed = run.stdout.read()
        _, status, used = os.wait4(run.pid, 0)
        run.returncode = os.waitstatus_to_exitcode(status)
    seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if run.returncode:
        sys.exit(f"{checkout}: {printed}")
    jobs = int(re.findall(r"^total +(\d+)", printed, re.MULTILINE)[-1])
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return jobs, seconds, processor, used.ru_maxrss / 1024


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkouts", type=Path, nargs="+")
    parser.add_argument("--models", type=int, default=40)
    parser.add_argument("--problem-sets", type=int, default=10)
    parser.add_argument("--repeats", type=int, default=1)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "planned.yaml"
        config.write_text(yaml.safe_dump(generated(args.models, args.problem_sets), sort_keys=False))
        rounds = [[plan(checkout, config) for checkout in args.checkouts] for _ in range(args.repeats)]
    first = _best(rounds, 0)
    for place, checkout in enumerate(args.checkouts):
        best = _best(rounds, place)
        seconds, processor, memory = (f"{value:.1f} ({value / of:.2f})" for value, of in zip(best, first, strict=True))
        jobs = rounds[0][place][0]
        print(f"{checkout}: {jobs} jobs, {seconds} s, {processor} s of processor, {memory} MB")


def _best(rounds: list, place: int) -> list[float]:
    """The least seconds, seconds of the processor and memory of one checkout."""
    return [min(column) for column in zip(*(each[place][1:] for each in rounds), strict=True)]


if __name__ == "__main__":
    main()
