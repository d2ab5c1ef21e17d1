"""What docs/CLUSTER.md says about clusters without SLURM, with a stand-in for their scheduler's commands."""

import re
import subprocess
import sys

import yaml

from workflow_project import copy_project

TARGET = "results/cluster/problems/tiny_math.parquet"
CONFIG = ["--configfile", "tests/configs/cluster.yaml"]
# Starts what it is given, says a job's id, and keeps the options and how the job ended.
QSUB = """#!/bin/sh
job="$SPOOL/$$"
echo "$*" > "$job.options"
while [ $# -gt 1 ]; do shift; done
(bash "$1" > "$job.log" 2>&1; echo $? > "$job.partial"; mv "$job.partial" "$job.code") < /dev/null > /dev/null 2>&1 &
echo "$$"
"""
STATUS = """#!/bin/sh
test -f "$SPOOL/$1.code" || { echo running; exit; }
test "$(cat "$SPOOL/$1.code")" = 0 && echo success || echo failed
"""


def test_the_documented_lines_submit_a_job_with_what_its_rule_needs(tmp_path):
    project = copy_project(tmp_path / "project")
    programs, spool = tmp_path / "bin", tmp_path / "spool"
    for folder in (programs, spool):
        folder.mkdir()
    for place, text in (
        (programs / "qsub", QSUB),
        (programs / "qdel", "#!/bin/sh\n"),
        (project.folder / "status.sh", STATUS),
    ):
        place.write_text(text)
        place.chmod(0o755)
    documented = re.search(
        r"<!-- generic -->\s+```yaml\n(.*?)```", (project.folder / "docs" / "CLUSTER.md").read_text(), re.DOTALL
    )
    ours = yaml.safe_load((project.folder / "workflow" / "profiles" / "slurm" / "profile.yaml").read_text())
    profile = {key: value for key, value in ours.items() if "slurm" not in key} | yaml.safe_load(documented.group(1))
    (project.folder / "mine").mkdir()
    (project.folder / "mine" / "profile.yaml").write_text(yaml.safe_dump(profile | {"latency-wait": 2}))

    environment = {**project.environment, "SPOOL": str(spool)}
    environment["PATH"] = f"{programs}:{environment['PATH']}"
    command = [sys.executable, "-m", "snakemake", "--profile", "mine", *CONFIG, "--seconds-between-status-checks", "1"]
    run = subprocess.run(
        [*command, "--", TARGET], cwd=project.folder, env=environment, text=True, capture_output=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert (project.folder / TARGET).is_file()
    (options,) = (file.read_text() for file in spool.glob("*.options"))
    assert "-pe smp 1 -l h_vmem=2000M" in options
