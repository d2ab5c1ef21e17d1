import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHECKS = ["ruff check", "ruff format --check", "snakefmt --check workflow", "snakemake --lint"]


@pytest.mark.parametrize("check", CHECKS)
def test_the_project_is_clean(check):
    program, *arguments = check.split()
    command = [Path(sys.executable).parent / program, *arguments]
    run = subprocess.run(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert run.returncode == 0, run.stdout
