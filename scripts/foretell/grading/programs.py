"""Grading programs by running their tests in the sandbox."""

import hashlib
import json
import re
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from math import isclose, isnan
from pathlib import Path

import pandas as pd

from foretell.common.errors import UserError
from foretell.common.progress import progress
from foretell.grading.code import find_program, prelude_for
from foretell.grading.inside import run_program, run_stack_programs, test_program
from foretell.grading.places import MARKED, Found, after_thinking
from foretell.grading.sandbox import Sandbox
from foretell.grading.workers import TIMED_OUT

BATCH = 5000  # stack programs per execution; they cannot loop

TOLERANCE = 1e-6  # absolute and relative, of floating-point results, as evalplus has it

_HARNESS, _SCRIPT, _MACHINE = (
    Path(str(module.__file__)).read_bytes() for module in (test_program, run_program, run_stack_programs)
)
_NUMBER = re.compile(r"[-+]?\d{1,300}(?:\.\d{0,300})?(?:[eE][-+]?\d{1,3})?", re.ASCII)
_FUTURE = re.compile(r"^from __future__ import (?:\([^()]*\)|.*)\n?", re.MULTILINE)
_SPACES = re.compile(rb"\s{2,}|[^\S ]")
_UNREADABLE = "its results cannot be read"
_UNSENDABLE = "what it is given or gives is no plain data, but a function or an object of some class"


@dataclass(frozen=True)
class Result:
    """What became of one program.

    Attributes:
        correct: it passed all tests.
        behaviour: equal for programs that gave the same results, right or wrong; what votes are counted by.
        error: why there is no result: TIMED_OUT, or that it cannot be read; else None.
    """

    correct: bool
    behaviour: str
    error: str | None = None


def find(completion: str, gold: str) -> Found | None:
    """The program in a completion; what a gold answer asks for says what the program must define."""
    test = json.loads(gold) if gold.lstrip().startswith("{") else {}
    if test.get("language") == "stack":
        text = after_thinking(completion)
        return Found(text.strip(), MARKED) if text and text.strip() else None
    return find_program(completion, test.get("entry_point"))


def grade(answers: pd.DataFrame, workers: int, prelude: bool = True, packages: tuple[str, ...] = ()) -> pd.DataFrame:
    """Grade distinct programs; see `foretell.grading.mathematical.grade`.

    The gold answer is JSON in one of these forms (an optional `prompt` is code that stands before the completion):

    - {"entry_point", "test"}: Python code that asserts, in check(function), which it defines, as HumanEval has it, or
      of the function by its name;
    - {"entry_point", "inputs", "outputs"}: calls, each input a list of arguments; results are compared as JSON, numbers
      by value, and to 1e-6 where a floating-point one is asked for;
    - {"inputs", "outputs"}: texts for standard input and from standard output, compared by what stands between spaces,
      numbers as there;
    - {"language": "stack", "parameters", "inputs", "outputs"}: a stack program and its parameters' letters.

    Votes are counted over programs that give the same results on the tests' inputs (no vote knows the right ones), or,
    with assertions, that have the same text.

    Args:
        answers: as there.
        workers: executions at a time.
        prelude: whether the usual imports that a program uses without having them stand before it.
        packages: installed packages that programs may import.

    Raises:
        UserError: there is no sandbox here, or a gold answer has none of these forms.
    """
    sandbox = Sandbox(packages)
    tests = {problem: _read_test(problem, gold) for problem, gold in answers.set_index("problem_id").answer.items()}
    tests = {problem: {**test, "prelude": prelude} for problem, test in tests.items()}
    rows = [(row.extracted_answer, tests[row.problem_id]) for row in answers.itertuples()]
    stacked = iter(_run_stacks(sandbox, [row for row in rows if _is_stack(row)]))
    tested = iter(_test_all(sandbox, [row for row in rows if not _is_stack(row)], workers))
    results = [next(stacked if _is_stack(row) else tested) for row in rows]
    graded = answers.assign(
        correct=[result.correct for result in results],
        grading_error=pd.Series([result.error for result in results], index=answers.index, dtype="string"),
        behaviour=[result.behaviour for result in results],
    )
    graded["answer_class"] = graded.groupby(["problem_id", "behaviour"], sort=False).extracted_answer.transform(
        lambda group: min(group, key=lambda text: (len(text), text))
    )
    return graded.drop(columns="behaviour")


def complete(program: str, prompt: str, entry_point: str) -> str:
    """The program with the code that it continues, or whose helpers it needs; imports of the future stand first."""
    name = re.escape(entry_point)
    if not re.search(rf"^(?:async )?def {name}\b|^{name}\s*=|^[ \t]+def {name}\(self\b", program, re.MULTILINE):
        whole = prompt + program
    elif prompt.strip():
        whole = f"{prompt}\n    pass\n{program}"
    else:
        whole = program
    return "".join([*_FUTURE.findall(whole), _FUTURE.sub("", whole)])


def _read_test(problem: str, gold: str) -> dict:
    forms = ({"entry_point", "test"}, {"inputs", "outputs"})
    try:
        test = json.loads(gold)
    except json.JSONDecodeError as error:
        raise UserError(f"problem {problem!r}: the answer of a code problem is JSON: {error}") from error
    if not isinstance(test, dict) or not any(form <= test.keys() for form in forms):
        raise UserError(f"problem {problem!r}: the answer's JSON needs entry_point and test, or inputs and outputs")
    kind = list if {"entry_point", "language"} & test.keys() else str
    for key in ("inputs", "outputs"):
        if key in test and not isinstance(test[key], list):
            raise UserError(f"problem {problem!r}: {key} in the answer's JSON must be a list")
    if any(not isinstance(each, kind) for each in test.get("inputs", [])):
        named = "texts for standard input" if kind is str else "lists of arguments"
        raise UserError(f"problem {problem!r}: inputs in the answer's JSON must be {named}")
    if "outputs" in test and len(test["inputs"]) != len(test["outputs"]):
        raise UserError(f"problem {problem!r}: there are {len(test['inputs'])} inputs, {len(test['outputs'])} outputs")
    return test


def _is_stack(row: tuple[str, dict]) -> bool:
    return row[1].get("language") == "stack"


def _run_stacks(sandbox: Sandbox, rows: list[tuple[str, dict]]) -> list[Result]:
    """Run stack programs, many at a time: the machine takes as many steps as a program has characters."""
    results = []
    for start in range(0, len(rows), BATCH):
        results += _run_stack_batch(sandbox, rows[start : start + BATCH])
    return results


def _run_stack_batch(sandbox: Sandbox, rows: list[tuple[str, dict]]) -> list[Result]:
    """Run a batch; where it fails, its halves, so that a program that fails costs itself only."""
    job = [[program, test["parameters"], test["inputs"]] for program, test in rows]
    files = {"machine.py": _MACHINE, "job.json": json.dumps(job).encode()}
    execution = sandbox.run(files, "machine.py")
    lines = execution.output.decode(errors="replace").splitlines()
    if execution.status == 0 and len(lines) == len(rows):
        pairs = zip(lines, rows, strict=True)
        return [Result(json.loads(line) == test["outputs"], line) for line, (_, test) in pairs]
    if len(rows) == 1:
        return [
            Result(False, "", TIMED_OUT if execution.status is None else f"it ended with status {execution.status}")
        ]
    half = len(rows) // 2
    return [*_run_stack_batch(sandbox, rows[:half]), *_run_stack_batch(sandbox, rows[half:])]


def _test_all(sandbox: Sandbox, rows: list[tuple[str, dict]], workers: int) -> list[Result]:
    if not rows:
        return []
    with ThreadPoolExecutor(workers) as pool:
        results = pool.map(lambda row: _test_python(sandbox, *row), rows)
        return list(progress(results, "testing programs", len(rows)))


def _test_python(sandbox: Sandbox, program: str, test: dict) -> Result:
    if "test" in test:
        return _assert(sandbox, program, test)
    return _call(sandbox, program, test) if "entry_point" in test else _pipe(sandbox, program, test)


def _assert(sandbox: Sandbox, program: str, test: dict) -> Result:
    token = secrets.token_hex(16).encode()
    hidden = json.dumps({"test": test["test"], "prompt": test.get("prompt", "")}).encode()
    files = _files(program, test, {"entry_point": test["entry_point"]})
    execution = sandbox.run(files, "harness.py", stdin=token + b"\n" + hidden)
    text = "\n".join(line.rstrip() for line in program.strip().splitlines())
    if execution.status is None:
        return Result(False, text, TIMED_OUT)
    return Result(execution.output == token, text, _UNSENDABLE if execution.output == token + b"?" else None)


def _call(sandbox: Sandbox, program: str, test: dict) -> Result:
    files = _files(program, test, {key: test[key] for key in ("entry_point", "inputs")})
    execution = sandbox.run(files, "harness.py")
    behaviour = _digest(execution.output)
    if execution.status is None:
        return Result(False, f"{behaviour} {TIMED_OUT}", TIMED_OUT)
    *lines, rest = execution.output.split(b"\n", len(test["outputs"]))  # no more lines than results are read
    if rest:
        return Result(False, behaviour, _UNREADABLE)
    results = [_read_line(line) for line in lines]
    correct = len(results) == len(test["outputs"]) and all(
        "result" in result and _same(result["result"], wanted)
        for result, wanted in zip(results, test["outputs"], strict=True)
    )
    return Result(correct, behaviour, _UNREADABLE if {} in results else None)


def _pipe(sandbox: Sandbox, program: str, test: dict) -> Result:
    """Run a program once per test; after the first that takes too long, no more."""
    correct = True
    behaviours: list[str] = []
    source = complete(program, test.get("prompt", ""), "main")
    files = {
        "harness.py": _SCRIPT,
        "candidate.py": source.encode(errors="replace"),
        "prelude.py": prelude_for(source).encode() if test["prelude"] else b"",
    }
    for text, wanted in zip(test["inputs"], test["outputs"], strict=True):
        execution = sandbox.run(files, "harness.py", stdin=text.encode())
        if execution.status is None:
            return Result(False, " ".join([*behaviours, TIMED_OUT]), TIMED_OUT)
        output = _SPACES.sub(b" ", execution.output.strip())
        behaviours.append(_digest(output) if execution.status == 0 else "failed")
        correct = correct and execution.status == 0 and _same_words(output, wanted.split())
    return Result(correct, " ".join(behaviours))


def _digest(output: bytes) -> str:
    """What stands for an output, of up to megabytes, where it is only asked whether two are equal."""
    return hashlib.sha256(output).hexdigest()


def _files(program: str, test: dict, job: dict) -> dict[str, bytes]:
    source = complete(program, test.get("prompt", ""), test["entry_point"])
    prelude = prelude_for(source + test.get("test", "")) if test["prelude"] else ""
    files = {"harness.py": _HARNESS, "candidate.py": source.encode(errors="replace"), "prelude.py": prelude.encode()}
    return {**files, "job.json": json.dumps(job).encode()}


def _read_line(line: bytes) -> dict:
    """A result as it was reported; empty where it is none, too long a number or nested too deep."""
    try:
        read = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}


def _same(result: object, wanted: object) -> bool:
    """Equality of JSON values, of numbers by value (`True` is 1); to TOLERANCE of those wanted as floats."""
    try:
        return _same_json(result, wanted)
    except RecursionError:
        return False


def _same_json(result: object, wanted: object) -> bool:
    if isinstance(result, list) and isinstance(wanted, list):
        return len(result) == len(wanted) and all(map(_same_json, result, wanted))
    if isinstance(result, dict) and isinstance(wanted, dict):
        return result.keys() == wanted.keys() and all(_same_json(result[key], wanted[key]) for key in wanted)
    if isinstance(wanted, float) and isinstance(result, int | float):
        return _close(result, wanted)
    return result == wanted


def _same_words(output: bytes, wanted: list[str]) -> bool:
    """Whether what stands between spaces is the same, in the same order.

    Numbers are the same by value, and to TOLERANCE where one with a point is wanted.
    """
    if output.count(b" ") + bool(output) != len(wanted):  # before megabytes become a list
        return False
    return all(map(_same_word, output.decode(errors="replace").split(" "), wanted))


def _same_word(given: str, wanted: str) -> bool:
    if given == wanted:
        return True
    if not (_NUMBER.fullmatch(wanted) and _NUMBER.fullmatch(given)):
        return False
    if "." in wanted:
        return _close(float(given), float(wanted))
    return "." in given and Decimal(given) == Decimal(wanted)


def _close(first: float, second: float) -> bool:
    try:
        return isclose(first, second, rel_tol=TOLERANCE, abs_tol=TOLERANCE) or (isnan(first) and isnan(second))
    except OverflowError:  # an integer beyond every float
        return False
