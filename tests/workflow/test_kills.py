"""What `kill -9` leaves of a run is gone on with, and nothing is lost, stale or left over: `make faults` in small."""

import shutil
import sys

from faults import Run, ends, keeps_a_chunk, starts
from workflow_project import SMALL, Project

CHAIN = [f"{stage}/tiny_math/small-low" for stage in ("completions", "rollouts", "outcomes")]
KILLS = [
    ("job", keeps_a_chunk),
    ("main", keeps_a_chunk),
    ("group", starts(0)),
    ("group", ends(1)),
    ("job", starts(0)),
]


def test_after_five_kills_a_run_ends_with_what_an_undisturbed_one_makes(study, results, tmp_path):
    kept = shutil.ignore_patterns(".chunks")  # else no chunk is computed
    shutil.copytree(study.folder, tmp_path / "project", symlinks=True, ignore=kept)
    project = Project(tmp_path / "project")
    killed = project.folder / "results" / "tiny"
    for stem in CHAIN:
        shutil.rmtree(killed / stem, ignore_errors=True)
        (killed / f"{stem}.parquet").unlink(missing_ok=True)
    target = f"results/tiny/{CHAIN[-1]}.parquet"
    command = [sys.executable, "scripts/run_study.py", "--cores", "1", target, *SMALL]
    for victim, moment in KILLS:
        run = Run(project, command)
        assert run.reach(moment), run.output
        assert run.kill(victim), run.output
        assert run.process.returncode != 0
        if victim == "job":
            assert "    error: killed, as the system does where memory runs out" in run.output
    last = Run(project, command)
    assert last.end() == 0, last.output
    undisturbed = {path.relative_to(results): path for path in results.rglob("*") if path.is_file()}
    found = {path.relative_to(killed): path for path in killed.rglob("*") if path.is_file()}
    assert found.keys() == undisturbed.keys()
    for name, path in found.items():
        if name.parts[0] != "provenance":
            assert path.read_bytes() == undisturbed[name].read_bytes(), name
    assert not list((project.folder / ".chunks").rglob("*.parquet"))
