"""Judging programs by running their tests in the sandbox."""

import json
import re
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import isclose
from pathlib import Path

import pandas as pd

from foretell.common.errors import UserError
from foretell.common.progress import progress
from foretell.grading.inside import run_stack_programs, test_program
from foretell.grading.sandbox import Sandbox
from foretell.grading.workers import TIMED_OUT

BATCH = 5000  # stack programs per execution; they cannot loop

_HARNESS, _MACHINE = (Path(module.__file__).read_bytes() for module in (test_program, run_stack_programs))


@dataclass(frozen=True)
class Result:
    """What became of one program.

    Attributes:
        correct: it passed all tests.
        behaviour: equal for programs that gave the same results, right or wrong; what votes are counted by.
        error: TIMED_OUT, else None.
    """

    correct: bool
    behaviour: str
    error: str | None = None


def judge(answers: pd.DataFrame, workers: int) -> pd.DataFrame:
    """Judge distinct programs; see `foretell.grading.mathematical.judge`.

    The gold answer is JSON in one of these forms (an optional `prompt` is code that stands before the completion):

    - {"entry_point", "test"}: Python code that defines check(function), which asserts, as HumanEval has it;
    - {"entry_point", "inputs", "outputs"}: calls, each input a list of arguments;
    - {"inputs", "outputs"}: texts for standard input and from standard output;
    - {"language": "stack", "parameters", "inputs", "outputs"}: a stack program and its parameters' letters.

    Votes are counted over programs that give the same results on the tests' inputs (no vote knows the right ones), or,
    with assertions, that have the same text.

    Raises:
        UserError: there is no sandbox here, or a gold answer has none of these forms.
    """
    sandbox = Sandbox()
    tests = {problem: _read_test(problem, gold) for problem, gold in answers.set_index("problem_id").answer.items()}
    rows = [(row.extracted_answer, tests[row.problem_id]) for row in answers.itertuples()]
    stacked = iter(_run_stacks(sandbox, [row for row in rows if _is_stack(row)]))
    tested = iter(_test_all(sandbox, [row for row in rows if not _is_stack(row)], workers))
    results = [next(stacked if _is_stack(row) else tested) for row in rows]
    judged = answers.assign(
        correct=[result.correct for result in results],
        grading_error=pd.Series([result.error for result in results], index=answers.index, dtype="string"),
        behaviour=[result.behaviour for result in results],
    )
    judged["answer_class"] = judged.groupby(["problem_id", "behaviour"], sort=False).extracted_answer.transform("first")
    return judged.drop(columns="behaviour")


def complete(program: str, prompt: str, entry_point: str) -> str:
    """The program with the code that it continues, or whose helpers it needs."""
    if not re.search(rf"^(?:async )?def {re.escape(entry_point)}\b", program, re.MULTILINE):
        return prompt + program
    return f"{prompt}\n    pass\n{program}" if prompt.strip() else program


def _read_test(problem: str, gold: str) -> dict:
    forms = ({"entry_point", "test"}, {"inputs", "outputs"})
    try:
        test = json.loads(gold)
    except json.JSONDecodeError as error:
        raise UserError(f"problem {problem!r}: the answer of a code problem is JSON: {error}") from error
    if not isinstance(test, dict) or not any(form <= test.keys() for form in forms):
        raise UserError(f"problem {problem!r}: the answer's JSON needs entry_point and test, or inputs and outputs")
    if "outputs" in test and len(test["inputs"]) != len(test["outputs"]):
        raise UserError(f"problem {problem!r}: there are {len(test['inputs'])} inputs, {len(test['outputs'])} outputs")
    return test


def _is_stack(row: tuple[str, dict]) -> bool:
    return row[1].get("language") == "stack"


def _run_stacks(sandbox: Sandbox, rows: list[tuple[str, dict]]) -> list[Result]:
    """Run stack programs, many at a time: the machine takes as many steps as a program has characters."""
    results = []
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        job = [[program, test["parameters"], test["inputs"]] for program, test in batch]
        files = {"machine.py": _MACHINE, "job.json": json.dumps(job).encode()}
        execution = sandbox.run(files, "machine.py")
        lines = execution.output.decode().splitlines()
        if execution.status != 0 or len(lines) != len(batch):
            raise UserError(
                f"the sandbox did not run {len(batch)} stack programs: status {execution.status}, "
                f"{execution.errors.decode(errors='replace').strip()}"
            )
        results += [
            Result(json.loads(line) == test["outputs"], line) for line, (_, test) in zip(lines, batch, strict=True)
        ]
    return results


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
    execution = sandbox.run(_files(program, test, ["entry_point", "test"]), "harness.py", stdin=token)
    text = "\n".join(line.rstrip() for line in program.strip().splitlines())
    return Result(execution.output == token, text, None if execution.status is not None else TIMED_OUT)


def _call(sandbox: Sandbox, program: str, test: dict) -> Result:
    execution = sandbox.run(_files(program, test, ["entry_point", "inputs"]), "harness.py")
    lines = execution.output.decode(errors="replace").splitlines()
    results = [_read_line(line) for line in lines]
    correct = len(results) == len(test["outputs"]) and all(
        "result" in result and _same(result["result"], wanted)
        for result, wanted in zip(results, test["outputs"], strict=True)
    )
    return Result(correct, "\n".join(lines), None if execution.status is not None else TIMED_OUT)


def _pipe(sandbox: Sandbox, program: str, test: dict) -> Result:
    """Run a program once per test; after the first that takes too long, no more."""
    outputs, source = [], complete(program, test.get("prompt", ""), "main").encode()
    for text in test["inputs"]:
        execution = sandbox.run({"candidate.py": source}, "candidate.py", stdin=text.encode())
        if execution.status is None:
            return Result(False, json.dumps([*outputs, None]), TIMED_OUT)
        outputs.append(_lines(execution.output.decode(errors="replace")) if execution.status == 0 else None)
    return Result(outputs == [_lines(wanted) for wanted in test["outputs"]], json.dumps(outputs))


def _files(program: str, test: dict, keys: list[str]) -> dict[str, bytes]:
    source = complete(program, test.get("prompt", ""), test["entry_point"])
    job = json.dumps({key: test[key] for key in keys})
    return {"harness.py": _HARNESS, "candidate.py": source.encode(errors="replace"), "job.json": job.encode()}


def _read_line(line: str) -> dict:
    try:
        read = json.loads(line)
    except json.JSONDecodeError:
        return {}
    return read if isinstance(read, dict) else {}


def _same(result: object, wanted: object) -> bool:
    """Equality of JSON values, of floats to a relative 1e-9."""
    if isinstance(result, list) and isinstance(wanted, list):
        return len(result) == len(wanted) and all(map(_same, result, wanted))
    if isinstance(result, dict) and isinstance(wanted, dict):
        return result.keys() == wanted.keys() and all(_same(result[key], wanted[key]) for key in wanted)
    if isinstance(result, float) or isinstance(wanted, float):
        numbers = [value for value in (result, wanted) if isinstance(value, int | float)]
        return len(numbers) == 2 and isclose(*numbers, rel_tol=1e-9)
    return type(result) is type(wanted) and result == wanted


def _lines(text: str) -> list[str]:
    """Lines without what stands invisibly at their ends or below them."""
    return [line.rstrip() for line in text.rstrip().splitlines()]
