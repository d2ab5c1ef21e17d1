"""scripts/run_study.py: what it hands on to snakemake, and whom it names when the folder is taken."""

import fcntl
import os
import runpy
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

SCRIPT = Path(__file__).parents[3] / "scripts" / "run_study.py"
LOCK = Path(".snakemake") / "run_study.lock"


@pytest.fixture
def make_run(tmp_path, monkeypatch):
    """Runs the script in an empty folder; returns the commands it would have started."""
    monkeypatch.chdir(tmp_path)
    started = []
    monkeypatch.setattr(
        subprocess, "run", lambda command, **_: started.append(command) or SimpleNamespace(returncode=0)
    )

    def run(*arguments):
        with pytest.raises(SystemExit) as end:
            runpy.run_path(str(SCRIPT))["main"](arguments)
        return end.value.code, started

    return run


def test_settings_for_snakemake_are_not_read_as_the_name_of_a_study(make_run):
    code, started = make_run("--cores", "1", "--config", "seed=2")
    assert code == 0
    assert [command[3:] for command in started] == [["--config", "seed=2", "--cores", "1"]]


def test_a_folder_that_is_taken_names_the_process_that_has_it(make_run):
    make_run("--cores", "1")
    with open(LOCK) as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        message, started = make_run("--cores", "1")
    assert f"(process {os.getpid()})" in message
    assert len(started) == 1  # the first run alone
