"""Generated code does no harm, and passes no test that it does not solve."""

import json
import socket
import struct
import subprocess
import time
import tracemalloc

import pandas as pd
import pytest

from foretell.common.errors import UserError
from foretell.grading import sandbox
from foretell.grading.programs import grade
from foretell.grading.sandbox import MEMORY_EXCEEDED, Limits, Sandbox
from foretell.grading.seccomp import system_call_filter
from graded_programs import needs_sandbox, verdicts
from hostile_programs import ASSERTIONS, CHEATS, OUTSIDE, SECRET, SOURCES


@pytest.fixture(scope="module")
def runner():
    return Sandbox()


@needs_sandbox
def test_hostile_programs_are_held_and_pass_nothing(monkeypatch):
    monkeypatch.setenv(SECRET, "1")
    monkeypatch.setattr(sandbox.Sandbox.run, "__defaults__", (b"", Limits(seconds=1.0)))
    OUTSIDE.unlink(missing_ok=True)
    before = set(map(int, subprocess.run(["ps", "-eo", "pid"], capture_output=True, text=True).stdout.split()[1:]))
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.0)
        port = str(server.getsockname()[1])
        sources = [source.replace("PORT", port) for source in SOURCES.values()]
        started = time.monotonic()
        graded = verdicts({"entry_point": "f", "inputs": [[]], "outputs": [1]}, *sources)
        with pytest.raises(BlockingIOError):
            server.accept()
    assert not graded.correct.any(), list(SOURCES)[int(graded.correct.argmax())]
    assert time.monotonic() - started < 4 * len(SOURCES), "no program outlives its limit by much"
    assert not OUTSIDE.exists()
    left = subprocess.run(["ps", "-eo", "pid,user:20,args"], capture_output=True, text=True).stdout.splitlines()[1:]
    assert not [line for line in left if int(line.split()[0]) not in before and "candidate" in line]


@needs_sandbox
def test_no_cheat_forges_its_assertions():
    graded = verdicts(ASSERTIONS, *CHEATS.values(), "def f(x): return x * x")
    assert graded.correct.tolist() == [False] * len(CHEATS) + [True], list(CHEATS)[int(graded.correct.argmax())]


@needs_sandbox
def test_what_a_program_prints_is_not_kept():
    """A flood of words or lines cost 105 MB a test, and 3 s a megabyte."""
    flood = "import os, sys\nsys.stdout.write('ab ' * 1_300_000)\nos.write(3, b'\\n' * 1_000_000)\ndef f(): return 1"
    tracemalloc.start()
    for gold in ({"inputs": [""] * 4, "outputs": ["1"] * 4}, {"entry_point": "f", "inputs": [[]], "outputs": [1]}):
        assert not verdicts(gold, flood, workers=1).correct.any()
    assert tracemalloc.get_traced_memory()[1] < 40 * 2**20
    tracemalloc.stop()


@needs_sandbox
def test_a_program_whose_thread_outlives_it_is_right_and_not_timed_out():
    thread = "import threading, time\nthreading.Thread(target=time.sleep, args=(1e6,)).start()\ndef f(): return 1"
    graded = verdicts({"entry_point": "f", "inputs": [[]], "outputs": [1]}, thread)
    assert graded.correct.tolist() == [True] and graded.grading_error.isna().all()


def test_a_package_that_is_not_installed_is_named():
    with pytest.raises(UserError, match="'packages': 'no_such_package' is no package that is installed"):
        Sandbox(("no_such_package",))


@needs_sandbox
def test_programs_may_import_the_packages_that_a_study_names():
    gold = {"entry_point": "f", "inputs": [[[1, 2]]], "outputs": [3]}
    answers = pd.DataFrame(
        {
            "problem_id": ["p"],
            "extracted_answer": ["import yaml\ndef f(x): return sum(x)"],
            "answer": [json.dumps(gold)],
        }
    )
    assert grade(answers, 1).correct.tolist() == [False]
    assert grade(answers, 1, packages=("yaml",)).correct.tolist() == [True]


@needs_sandbox
@pytest.mark.parametrize("forked_by", ["go()", "t = threading.Thread(target=go)\nt.start()\nt.join()"])
def test_all_processes_of_a_program_together_have_a_limit_of_memory(runner, forked_by):
    source = f"""
import os, threading, time
def go():
    for _ in range(2): os.fork()
    x = bytearray(100 * 2**20)
    time.sleep(1e6)
{forked_by}"""
    limits = Limits(seconds=20.0, memory_in_all=300 * 2**20)
    assert runner.run({"p.py": source.encode()}, "p.py", limits=limits).status == MEMORY_EXCEEDED


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_of_system_calls_jumps_within_itself(machine):
    program = list(struct.iter_unpack("HBBI", system_call_filter(machine)))
    for index, (code, if_true, if_false, _) in enumerate(program):
        if code & 7 == 5:  # a jump
            assert index + 1 + max(if_true, if_false) < len(program)
    assert program[-1][0] == 6  # it ends by returning a verdict
    assert system_call_filter("vax") == b""


@needs_sandbox
def test_a_program_sees_nothing_of_the_machine(runner):
    listing = (
        b"import os\nprint(sorted(os.listdir('/')), os.getuid(), sorted(os.environ), os.listdir('/tmp'), os.getcwd())"
    )
    seen = runner.run({"p.py": listing}, "p.py").output.decode()
    assert "65534" in seen and "/tmp" in seen and "'[]'" not in seen
    for name in ("home", "root", "etc", "var", "work/main"):
        assert f"'{name}'" not in seen


@needs_sandbox
def test_limits_hold_whatever_the_program(runner):
    short = Limits(seconds=1.0, file_size=1000)
    assert runner.run({"p.py": b"while 1: pass"}, "p.py", limits=short).status is None
    assert len(runner.run({"p.py": b"while 1: print('x' * 100)"}, "p.py", limits=short).output) <= 1000
    assert b"MemoryError" in runner.run({"p.py": b"bytearray(10**9)"}, "p.py", limits=Limits(memory=2**28)).errors
    assert runner.run({"p.py": b"print(input())"}, "p.py", stdin=b"hello\n").output == b"hello\n"


@needs_sandbox
def test_a_program_that_hangs_is_counted(monkeypatch):
    monkeypatch.setattr(sandbox.Sandbox.run, "__defaults__", (b"", Limits(seconds=1.0)))
    graded = verdicts({"inputs": [""], "outputs": ["1"]}, "while True: pass")
    assert graded.grading_error.tolist() == ["timed out"]


@pytest.mark.parametrize("missing", ["bwrap", "prlimit"])
def test_without_a_sandbox_nothing_runs(monkeypatch, missing):
    found = sandbox.shutil.which
    monkeypatch.setattr(
        sandbox.shutil, "which", lambda tool: None if tool == missing else found(tool) or f"/bin/{tool}"
    )
    monkeypatch.setattr(sandbox.subprocess, "Popen", lambda *_, **__: pytest.fail("code ran bare"))
    with pytest.raises(UserError, match=f"only in a sandbox, and the program '{missing}' is not here: install"):
        verdicts({"inputs": [""], "outputs": ["1"]}, "print(1)")
