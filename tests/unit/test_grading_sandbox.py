"""Generated code does no harm, and passes no test that it does not solve."""

import gzip
import json
import socket
import subprocess
import time

import pandas as pd
import pytest

from foretell.common.errors import UserError
from foretell.grading import sandbox
from foretell.grading.programs import judge
from foretell.grading.sandbox import Limits, Sandbox, why_unavailable
from hostile_programs import OUTSIDE, SECRET, SOURCES
from workflow_project import RECORDS

needs_sandbox = pytest.mark.skipif(why_unavailable() is not None, reason=str(why_unavailable()))
HUMANEVAL = RECORDS.parent / "humaneval" / "problems.jsonl.gz"


@pytest.fixture(scope="module")
def runner():
    return Sandbox()


def verdicts(gold, *programs, workers=2):
    answers = pd.DataFrame({"problem_id": "p", "extracted_answer": programs, "answer": json.dumps(gold)})
    return judge(answers, workers)


@needs_sandbox
def test_hostile_programs_are_held_and_pass_nothing(monkeypatch):
    monkeypatch.setenv(SECRET, "1")
    monkeypatch.setattr(sandbox.Sandbox.run, "__defaults__", (b"", Limits(seconds=3.0)))
    OUTSIDE.unlink(missing_ok=True)
    before = set(map(int, subprocess.run(["ps", "-eo", "pid"], capture_output=True, text=True).stdout.split()[1:]))
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.0)
        port = str(server.getsockname()[1])
        sources = [source.replace("PORT", port) for source in SOURCES.values()]
        started = time.monotonic()
        judged = verdicts({"entry_point": "f", "inputs": [[]], "outputs": [1]}, *sources)
        with pytest.raises(BlockingIOError):
            server.accept()
    assert not judged.correct.any(), list(SOURCES)[int(judged.correct.argmax())]
    assert time.monotonic() - started < 4 * len(SOURCES), "no program outlives its limit by much"
    assert not OUTSIDE.exists()
    left = subprocess.run(["ps", "-eo", "pid,user:20,args"], capture_output=True, text=True).stdout.splitlines()[1:]
    assert not [line for line in left if int(line.split()[0]) not in before and "candidate" in line]


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
def test_assertions_calls_and_pipes():
    asserted = {"entry_point": "add", "test": "def check(candidate):\n    assert candidate(1, 2) == 3"}
    right, wrong, loud = (
        "def add(a, b): return a + b",
        "def add(a, b): return a",
        "def add(a, b):\n print(9)\n return a + b",
    )
    assert verdicts(asserted, right, wrong, loud, "syntax error(").correct.tolist() == [True, False, True, False]
    called = {"entry_point": "add", "inputs": [[1, 2], [[1], [2]]], "outputs": [3, [1, 2]]}
    method = "class Solution:\n    def add(self, a, b): return a + b"
    throws = "def add(a, b): return a + b if a == 1 else 1 / 0"
    assert verdicts(called, right, wrong, loud, method, throws).correct.tolist() == [True, False, True, True, False]
    piped = {"inputs": ["1 2\n", "5 6"], "outputs": ["3\n", "11"]}
    source = "a, b = map(int, input().split())\nprint(a + b, end='\\n\\n')"
    judged = verdicts(piped, source, source.replace("+", "-"), "import sys; sys.exit(3)", "print(3)")
    assert judged.correct.tolist() == [True, False, False, False]


@needs_sandbox
def test_votes_are_counted_over_programs_that_behave_alike():
    called = {"entry_point": "f", "inputs": [[1], [2]], "outputs": [2, 4]}
    programs = ["def f(x): return x + 1", "def f(x): return 1 + x", "def f(x): return 2 * x"]
    assert verdicts(called, *programs).answer_class.tolist() == [programs[0], programs[0], programs[2]]


@needs_sandbox
def test_stack_programs_that_compute_the_same_are_right():
    gold = {"language": "stack", "parameters": "abc", "inputs": [[2, 3, 5], [7, 11, 13]], "outputs": [-4, -14]}
    programs = ["abc-*", "bc-a*", "abc*-", "ab", "", "ab+*", "axc-*", "abc-*+"]
    judged = verdicts(gold, *programs)
    assert judged.correct.tolist() == [True, True, *[False] * 6]
    assert judged.answer_class.tolist()[:2] == ["abc-*", "abc-*"]


@needs_sandbox
def test_a_program_that_hangs_is_counted():
    judged = verdicts({"inputs": [""], "outputs": ["1"]}, "while True: pass")
    assert judged.grading_error.tolist() == ["timed out"]


@needs_sandbox
@pytest.mark.parametrize(
    ("gold", "expected"),
    [("{", "is JSON"), ("[]", "needs entry_point and test"), ('{"inputs": [1], "outputs": []}', "1 inputs, 0 outputs")],
)
def test_tests_that_are_none_are_named(gold, expected):
    with pytest.raises(UserError, match=f"'p'.*{expected}"):
        judge(pd.DataFrame({"problem_id": ["p"], "extracted_answer": ["x"], "answer": [gold]}), 1)


@pytest.mark.parametrize("missing", ["bwrap", "prlimit"])
def test_without_a_sandbox_nothing_runs(monkeypatch, missing):
    found = sandbox.shutil.which
    monkeypatch.setattr(
        sandbox.shutil, "which", lambda tool: None if tool == missing else found(tool) or f"/bin/{tool}"
    )
    monkeypatch.setattr(sandbox.subprocess, "Popen", lambda *_, **__: pytest.fail("code ran bare"))
    with pytest.raises(UserError, match=f"only in a sandbox, and the program '{missing}' is not here: install"):
        verdicts({"inputs": [""], "outputs": ["1"]}, "print(1)")


@needs_sandbox
@pytest.mark.skipif(not HUMANEVAL.exists(), reason="needs the HumanEval problems of ../shared/data")
def test_humaneval_solutions_pass_and_empty_bodies_fail():
    with gzip.open(HUMANEVAL, "rt") as file:
        problems = [json.loads(line) for line in file][::4]
    golds = [json.dumps({key: p[key] for key in ("prompt", "entry_point", "test")}) for p in problems]
    ids = [p["task_id"] for p in problems]
    for text, right in ((lambda p: p["canonical_solution"], True), (lambda p: "    pass\n", False)):
        answers = pd.DataFrame({"problem_id": ids, "extracted_answer": list(map(text, problems)), "answer": golds})
        assert (judge(answers, 2).correct == right).all()
