"""Generated code does no harm, and passes no test that it does not solve."""

import gzip
import json
import socket
import struct
import subprocess
import textwrap
import time

import pandas as pd
import pytest

from foretell.common.errors import UserError
from foretell.grading import sandbox
from foretell.grading.programs import grade
from foretell.grading.sandbox import MEMORY_EXCEEDED, Limits, Sandbox, why_unavailable
from foretell.grading.seccomp import system_call_filter
from hostile_programs import ASSERTIONS, CHEATS, OUTSIDE, SECRET, SOURCES
from workflow_project import RECORDS

needs_sandbox = pytest.mark.skipif(why_unavailable() is not None, reason=str(why_unavailable()))
HUMANEVAL = RECORDS.parent / "humaneval" / "problems.jsonl.gz"


@pytest.fixture(scope="module")
def runner():
    return Sandbox()


def verdicts(gold, *programs, workers=4):
    answers = pd.DataFrame({"problem_id": "p", "extracted_answer": programs, "answer": json.dumps(gold)})
    return grade(answers, workers)


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
def test_assertions_see_what_a_function_does_to_its_arguments_and_throws():
    test = """
        def check(candidate):
            x = [3, 1, 2]
            assert candidate(x) is None and x == [1, 2, 3]
            assert helper((1, {2: {3}})) == ((1, {2: {3}}), None, 2.5)
            try:
                candidate(None)
            except AttributeError:
                return
            assert False
    """
    program = "def helper(x): return x, None, 2.5\ndef f(x): x.sort()"
    assert verdicts({"entry_point": "f", "test": textwrap.dedent(test)}, program).correct.tolist() == [True]
    bare = {"entry_point": "f", "test": "assert f(2) == 4\nassert math.isclose(f(0.1), 0.01)"}
    assert verdicts(bare, "def f(x): return x * x", "def f(x): return 4").correct.tolist() == [True, False]


@needs_sandbox
def test_results_are_compared_as_users_of_the_data_sets_expect():
    gold = {"entry_point": "f", "inputs": [[]], "outputs": [[0.3, 1, [1, 2], 0.0]]}
    programs = [
        "return (0.1 + 0.2, True, (1, 2), 1e-9)",
        "return [0.3, 1.0, deque([1, 2]), 0]",
        "return [0.31, 1, [1, 2], 0]",
    ]
    assert verdicts(gold, *(f"def f(): {text}" for text in programs)).correct.tolist() == [True, True, False]
    piped = {"inputs": [""], "outputs": ["1 2\n0.333333333\n"]}
    outputs = ["1\n2 0.3333333334", "1 2 0.34", "12 0.333333333"]
    assert verdicts(piped, *(f"print({text!r})" for text in outputs)).correct.tolist() == [True, False, False]


@needs_sandbox
def test_recursion_goes_as_deep_as_competition_programs_need():
    deep = "def f(n): return 0 if n == 0 else 1 + f(n - 1)"
    assert verdicts({"entry_point": "f", "inputs": [[20_000]], "outputs": [20_000]}, deep).correct.tolist() == [True]
    assert verdicts(
        {"inputs": ["20000"], "outputs": ["20000"]}, f"{deep}\nprint(f(int(input())))"
    ).correct.tolist() == [True]


@needs_sandbox
def test_a_program_whose_thread_outlives_it_is_right_and_not_timed_out():
    thread = "import threading, time\nthreading.Thread(target=time.sleep, args=(1e6,)).start()\ndef f(): return 1"
    graded = verdicts({"entry_point": "f", "inputs": [[]], "outputs": [1]}, thread)
    assert graded.correct.tolist() == [True] and graded.grading_error.isna().all()


@needs_sandbox
def test_the_usual_imports_stand_before_a_program_unless_switched_off():
    answers = pd.DataFrame(
        {
            "problem_id": ["p"],
            "extracted_answer": ["def f(x: List[int]): return math.gcd(*x)"],
            "answer": [json.dumps({"entry_point": "f", "inputs": [[[4, 6]]], "outputs": [2]})],
        }
    )
    assert grade(answers, 1).correct.tolist() == [True]
    assert grade(answers, 1, prelude=False).correct.tolist() == [False]


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
def test_all_processes_of_a_program_together_have_a_limit_of_memory(runner):
    source = b"import os, time\nfor _ in range(2): os.fork()\nx = bytearray(100 * 2**20)\ntime.sleep(1e6)"
    limits = Limits(seconds=20.0, memory_in_all=300 * 2**20)
    assert runner.run({"p.py": source}, "p.py", limits=limits).status == MEMORY_EXCEEDED


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
    graded = verdicts(piped, source, source.replace("+", "-"), "import sys; sys.exit(3)", "print(3)")
    assert graded.correct.tolist() == [True, False, False, False]


@needs_sandbox
def test_votes_are_counted_over_programs_that_behave_alike():
    called = {"entry_point": "f", "inputs": [[1], [2]], "outputs": [2, 4]}
    programs = ["def f(x): return x + 1", "def f(x): return 1 + x", "def f(x): return 2 * x"]
    assert verdicts(called, *programs).answer_class.tolist() == [programs[1], programs[1], programs[2]]


@needs_sandbox
def test_stack_programs_that_compute_the_same_are_right():
    gold = {"language": "stack", "parameters": "abc", "inputs": [[2, 3, 5], [7, 11, 13]], "outputs": [-4, -14]}
    programs = ["abc-*", "bc-a*", "abc*-", "ab", "", "ab+*", "axc-*", "abc-*+", "c" * 6000 + "*" * 5999]
    graded = verdicts(gold, *programs)
    assert graded.correct.tolist() == [True, True, *[False] * 7]
    assert graded.answer_class.tolist()[:2] == ["abc-*", "abc-*"]


@needs_sandbox
def test_a_program_that_hangs_is_counted(monkeypatch):
    monkeypatch.setattr(sandbox.Sandbox.run, "__defaults__", (b"", Limits(seconds=1.0)))
    graded = verdicts({"inputs": [""], "outputs": ["1"]}, "while True: pass")
    assert graded.grading_error.tolist() == ["timed out"]


@needs_sandbox
@pytest.mark.parametrize(
    ("gold", "expected"),
    [("{", "is JSON"), ("[]", "needs entry_point and test"), ('{"inputs": [1], "outputs": []}', "1 inputs, 0 outputs")],
)
def test_tests_that_are_none_are_named(gold, expected):
    with pytest.raises(UserError, match=f"'p'.*{expected}"):
        grade(pd.DataFrame({"problem_id": ["p"], "extracted_answer": ["x"], "answer": [gold]}), 1)


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
        assert (grade(answers, 2).correct == right).all()
