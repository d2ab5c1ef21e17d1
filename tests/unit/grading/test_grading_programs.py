"""Programs are right or wrong as the data sets mean it."""

import gzip
import json
import textwrap

import pandas as pd
import pytest

from foretell.common.errors import UserError
from foretell.grading.programs import grade
from foretell.grading.rollouts import grade as grade_rollouts
from graded_programs import needs_sandbox, verdicts
from workflow_project import RECORDS

HUMANEVAL = RECORDS.parent / "humaneval" / "problems.jsonl.gz"


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
def test_assertions_see_values_of_the_standard_library_and_what_kind_of_error_is_thrown():
    test = """
        def check(candidate):
            assert candidate("decimal") == Decimal("0.1") and candidate("fraction") == Fraction(1, 3)
            assert candidate("date") == datetime.date(2020, 1, 2) and candidate("range") == range(3)
            assert candidate("huge") == 10**5000
            for kind, message in ((ValueError, "too small"), (AssertionError, "odd")):
                try:
                    candidate(message)
                except kind as error:
                    assert str(error) == message
                else:
                    assert False
    """
    program = """
        class TooSmall(ValueError): pass
        def f(x):
            if x == "too small": raise TooSmall(x)
            assert x != "odd", x
            values = Decimal("0.1"), Fraction(1, 3), datetime.date(2020, 1, 2), range(3), 10**5000
            return dict(zip(["decimal", "fraction", "date", "range", "huge"], values))[x]
    """
    gold = {"entry_point": "f", "test": textwrap.dedent(test)}
    assert verdicts(gold, textwrap.dedent(program)).correct.tolist() == [True]


@needs_sandbox
@pytest.mark.parametrize("test", ["assert f(lambda x: x)(2) == 2", "assert f(2)(3) == 2"])
def test_what_assertions_cannot_hand_over_is_said(test):
    graded = verdicts({"entry_point": "f", "test": test}, "def f(x): return lambda _: x")
    assert graded.correct.tolist() == [False] and "no plain data" in graded.grading_error[0]


@needs_sandbox
def test_a_function_may_be_called_check():
    gold = {"entry_point": "check", "test": "assert check('ab') == 'ba'"}
    assert verdicts(gold, "def check(x): return x[::-1]").correct.tolist() == [True]


@needs_sandbox
@pytest.mark.parametrize("gold", [{"test": "assert f(2) == 4"}, {"inputs": [[2]], "outputs": [4]}])
def test_imports_of_the_future_stand_before_the_prompt(gold):
    gold = {"entry_point": "f", "prompt": "import math\ndef f(x):\n", **gold}
    program = "from __future__ import annotations\ndef f(x: int | None) -> int: return x * x"
    assert verdicts(gold, program).correct.tolist() == [True]


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
@pytest.mark.parametrize("given", ["12345678", "12345678.0", "12345678.5", "12345679.0", "12345679"])
def test_no_integer_is_right_by_a_tolerance(given):
    called = {"entry_point": "f", "inputs": [[]], "outputs": [12345678]}
    piped = {"inputs": [""], "outputs": ["12345678"]}
    right = [float(given) == 12345678]
    assert verdicts(called, f"def f(): return {given}").correct.tolist() == right
    assert verdicts(piped, f"print({given!r})").correct.tolist() == right


@needs_sandbox
def test_recursion_goes_as_deep_as_competition_programs_need():
    deep = "def f(n): return 0 if n == 0 else 1 + f(n - 1)"
    assert verdicts({"entry_point": "f", "inputs": [[20_000]], "outputs": [20_000]}, deep).correct.tolist() == [True]
    assert verdicts(
        {"inputs": ["20000"], "outputs": ["20000"]}, f"{deep}\nprint(f(int(input())))"
    ).correct.tolist() == [True]


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
@pytest.mark.parametrize(
    ("gold", "expected"),
    [
        ("{", "is JSON"),
        ("[]", "needs entry_point and test"),
        ('{"inputs": ["1"], "outputs": []}', "1 inputs, 0 outputs"),
        ('{"inputs": [1], "outputs": [1]}', "texts for standard input"),
        ('{"entry_point": "f", "inputs": [1], "outputs": [1]}', "lists of arguments"),
        ('{"entry_point": "f", "inputs": null, "outputs": null}', "must be a list"),
    ],
)
def test_tests_that_are_none_are_named(gold, expected):
    with pytest.raises(UserError, match=f"'p'.*{expected}"):
        grade(pd.DataFrame({"problem_id": ["p"], "extracted_answer": ["x"], "answer": [gold]}), 1)


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


@needs_sandbox
def test_a_program_without_a_fence_is_run_though_it_was_cut_off_but_does_not_vote():
    gold = json.dumps({"entry_point": "f", "inputs": [[2]], "outputs": [4]})
    problems = pd.DataFrame({"problem_id": ["p"], "answer": [gold], "answer_kind": ["code"]})
    cut = pd.DataFrame({"problem_id": ["p"], "sample": [0], "completion": ["def f(x):\n    return x * x\n\ndef g("]})
    graded = grade_rollouts(cut.assign(finish_reason="length"), problems)
    assert graded.extracted_answer.notna().all() and graded.answer_class.isna().all()
