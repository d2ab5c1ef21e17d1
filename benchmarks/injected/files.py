"""Faults of files: damaged ones, a full disk, results that cannot be written to."""

import os
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import faults
from faults import Run, copy_of
from injected.study import SNAKEMAKE, STUDY, Faults, finish, of_targets, said
from workflow_project import Project

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
