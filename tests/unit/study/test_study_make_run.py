"""scripts/run_study.py: what it hands on to snakemake, whom it names when the folder is taken, and Ctrl-C."""

import errno
import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import run_study
from foretell.common.errors import UserError
from foretell.study.folder_lock import LOCK, SNAKEMAKE_LOCKS, is_stale

# Stands for snakemake: writes what it was called with, holds a lock, and gives it back on Ctrl-C as told.
FAKE = """
import pathlib, signal, sys
with open("calls", "a") as calls:
    print(*sys.argv[1:], file=calls)
lock = pathlib.Path(".snakemake/locks/0.input.lock")
if "--unlock" in sys.argv:
    lock.unlink()
elif "--wait" in sys.argv:
    lock.parent.mkdir(parents=True)
    lock.touch()
    try:
        print("ready", flush=True)
        signal.pause()
    except KeyboardInterrupt:
        print("stopping jobs", flush=True)
        if "--tidy" in sys.argv:
            lock.unlink()
        sys.exit(1)
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder, in which a program that stands for snakemake is run."""
    monkeypatch.chdir(tmp_path)
    Path("fake.py").write_text(FAKE)
    monkeypatch.setattr(run_study, "SNAKEMAKE", [sys.executable, "fake.py"])
    return tmp_path


def make_run(*arguments):
    with pytest.raises(SystemExit) as end:
        run_study.main(arguments)
    return end.value.code, Path("calls").read_text().splitlines()


def stale_lock():
    SNAKEMAKE_LOCKS.mkdir(parents=True)
    (SNAKEMAKE_LOCKS / "0.input.lock").touch()


@pytest.fixture
def process(tmp_path):
    """Makes an entry of a process list: its command, and the folder that it works in."""

    def listed(number, command, works_in):
        entry = tmp_path / "proc" / str(number)
        entry.mkdir(parents=True)
        (entry / "cmdline").write_bytes(b"\0".join(word.encode() for word in command) + b"\0")
        (entry / "cwd").symlink_to(works_in)
        return tmp_path / "proc"

    return listed


def test_settings_for_snakemake_are_not_read_as_the_name_of_a_study(folder):
    assert make_run("--cores", "1", "--config", "seed=2") == (0, ["--cores 1 --config seed=2"])


def test_targets_may_stand_behind_two_dashes(folder):
    Path("study.yaml").write_text("study: x\n")
    expected = "--configfile study.yaml --cores 1 -- F6"
    assert make_run("--cores", "1", "--configfile", "study.yaml", "--", "F6") == (0, [expected])


def test_a_target_before_the_study_is_not_taken_for_its_file(folder):
    Path("study.yaml").write_text("study: x\n")
    expected = "--configfile study.yaml --cores 1 F6"
    assert make_run("--cores", "1", "F6", "--configfile", "study.yaml") == (0, [expected])


def test_a_folder_that_is_taken_names_the_process_that_has_it(folder):
    make_run("--cores", "1")
    with open(LOCK) as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(UserError, match=rf"\(process {os.getpid()}\)"):
            run_study.main(["--cores", "1"])
    assert len(Path("calls").read_text().splitlines()) == 1  # the first run alone


def test_the_lock_of_a_run_that_was_killed_is_removed(folder, capsys):
    stale_lock()
    code, calls = make_run("--cores", "1")
    assert code == 0 and calls == ["--quiet all --unlock", "--cores 1"]
    assert "its stale lock is removed" in capsys.readouterr().out


def test_the_lock_of_a_live_run_of_plain_snakemake_stays(folder):
    stale_lock()
    command = [sys.executable, "-c", "print('ready', flush=True); input()", "-m", "snakemake", "--cores", "1"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as alive:
        alive.stdout.readline()
        with pytest.raises(UserError, match=rf"snakemake is working in this folder \(process {alive.pid}\)"):
            run_study.main(["--cores", "1"])
        alive.communicate(b"\n")
    assert not Path("calls").exists()
    assert make_run("--cores", "1")[1][0] == "--quiet all --unlock", "it has ended"


def test_only_runs_of_snakemake_in_this_folder_keep_a_lock(folder, process):
    stale_lock()
    process("self", ["python"], "/")
    process(7, ["/bin/snakemake"], "/")
    process(8, ["vim", "snakemake.txt"], folder)
    (process(9, ["gone"], folder) / "9" / "cmdline").unlink()
    assert is_stale(processes=folder / "proc")
    process(10, ["/usr/bin/python", "/bin/snakemake", "--cores"], folder)
    with pytest.raises(UserError, match=r"process 10"):
        is_stale(processes=folder / "proc")


def test_where_processes_cannot_be_seen_a_lock_is_left_to_its_owner(folder):
    assert not is_stale(processes=folder / "nowhere"), "there is no lock"
    stale_lock()
    with pytest.raises(UserError, match=r"does not tell which runs are alive: .* `snakemake --unlock`"):
        is_stale(processes=folder / "nowhere")


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOTSUP])
def test_a_file_system_without_locks_is_told_and_the_run_goes_on(folder, monkeypatch, capsys, code):
    def flock(*_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", flock)
    assert make_run("--cores", "1") == (0, ["--cores 1"])
    assert f"has no locks ({os.strerror(code)}): start no second run" in capsys.readouterr().err


@pytest.mark.parametrize("tidy", [["--tidy"], []], ids=["lock given back", "lock left"])
def test_ctrl_c_waits_for_snakemake_and_leaves_no_lock(folder, tidy):
    program = (
        "import sys, run_study; from foretell.common.errors import run\n"
        "run_study.SNAKEMAKE = [sys.executable, 'fake.py']; run(run_study.main)"
    )
    command = [sys.executable, "-c", program, "--cores", "1", "--wait", *tidy]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # what runs in the background ignores it
    ) as running:
        assert running.stdout.readline() == "ready\n"
        os.killpg(running.pid, signal.SIGINT)  # as a terminal does
        out, err = running.communicate()
    assert running.returncode == 130 and out == "stopping jobs\n"
    assert err == "Interrupted: the same command goes on where this run stopped.\n"
    assert not any(SNAKEMAKE_LOCKS.glob("*"))


def test_a_study_that_cannot_be_read_is_told_before_snakemake_starts(folder):
    Path("study.yaml").write_bytes("title: café\n".encode("latin-1"))
    with pytest.raises(UserError, match=r"study\.yaml: not UTF-8 \(byte 11\)"):
        run_study.main(["--cores", "1", "--configfile", "study.yaml"])
    assert not Path("calls").exists()
