"""Functions in the usual notation, and programs that compute them."""

import json

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from foretell.grading.inside.run_stack_programs import run
from foretell.problems import stack_programs
from foretell.problems.generated import Evaluated, Sizes, reserved_for_evaluation

LANGUAGE = stack_programs.Language(variables="abc")
EVALUATED = Evaluated(evaluated_operations=[2, 4], sizes=Sizes(train=60, validation=30, test=60))


@given(st.integers(0, 10_000), st.integers(1, 6))
@settings(max_examples=200, deadline=None)
def test_the_question_its_program_and_its_value_agree(seed, operations):
    rng = np.random.default_rng(seed)
    tree = stack_programs.draw_tree(rng, operations, "abc")
    values = {"a": 7, "b": 11, "c": 19}
    expected = eval(stack_programs.infix(tree), {}, values)  # noqa: S307
    assert stack_programs.evaluate(tree, values) == expected
    assert run(stack_programs.postfix(tree), values) == expected
    assert run(stack_programs.postfix(tree, rng), values) == expected, "whichever way round operands stand"


def test_parentheses_stand_where_they_are_needed_and_nowhere_else():
    tree = ("-", ("*", ("+", "a", "b"), "c"), ("-", "a", ("*", "b", "c")))
    assert stack_programs.infix(tree) == "(a+b)*c-(a-b*c)"
    assert stack_programs.infix(("-", ("-", "a", "b"), "c")) == "a-b-c"


def test_problems_are_distinct_held_back_and_their_tests_tell_functions_apart():
    problems = stack_programs.generate_problems(LANGUAGE, EVALUATED, seed=1)
    assert problems.question.is_unique and problems.question.map(reserved_for_evaluation).all()
    assert problems.split.value_counts().to_dict() == {"train": 60, "validation": 30, "test": 60}
    assert set(problems.answer_kind) == {"code"} and set(problems.operations) == {2, 3, 4}
    for question, answer in zip(problems.question, problems.answer, strict=True):
        test = json.loads(answer)
        rows = [dict(zip(test["parameters"], row, strict=True)) for row in test["inputs"]]
        assert [eval(question, {}, row) for row in rows] == test["outputs"]  # noqa: S307
    by_outputs = problems.groupby("answer").question.agg(list)
    assert (by_outputs.map(len) == 1).all()


def test_training_never_shows_what_is_held_back():
    questions, completions = stack_programs.training_examples(np.random.default_rng(0), 300, 3, LANGUAGE)
    assert not any(map(reserved_for_evaluation, questions))
    values = {"a": 7, "b": 11, "c": 19}
    for question, program in zip(questions, completions["low"], strict=True):
        assert run(program, values) == eval(question, {}, values)  # noqa: S307
