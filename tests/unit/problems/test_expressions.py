import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretell.common.errors import UserError
from foretell.problems.expressions import Language, draw, draw_for_training, generate_problems
from foretell.problems.generated import Evaluated, Sizes, reserved_for_evaluation

LANGUAGE = Language(operators="+-*", modulus=6)
EVALUATED = Evaluated(
    evaluated_operations=[2, 4],
    evaluated_shares=[0.1, 0.45, 0.45],
    sizes=Sizes(train=60, validation=30, test=30),
)


def left_to_right(text, modulus):
    value = int(text[0])
    for symbol, digit in zip(text[1::2], text[2::2], strict=True):
        value = {"+": value + int(digit), "-": value - int(digit), "*": value * int(digit)}[symbol] % modulus
    return value


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 5), st.integers(2, 10), st.sampled_from(["+-*", "*", "-+"]))
def test_values_are_those_of_evaluating_the_text_from_left_to_right(seed, operations, modulus, symbols):
    expressions = draw(np.random.default_rng(seed), 20, operations, symbols, modulus)
    answers = expressions.values()[:, -1]
    assert [left_to_right(text, modulus) for text in expressions.texts()] == answers.tolist()


def test_problems_are_distinct_right_and_in_splits_of_the_asked_size():
    problems = generate_problems(LANGUAGE, EVALUATED, seed=1)
    assert problems.problem_id.is_unique
    assert problems.split.value_counts().to_dict() == {"train": 60, "validation": 30, "test": 30}
    assert all(
        str(left_to_right(question, 6)) == answer
        for question, answer in zip(problems.question, problems.answer, strict=True)
    )
    assert problems.operations.value_counts().to_dict() == {2: 12, 3: 54, 4: 54}


def test_no_evaluated_problem_can_be_drawn_for_training():
    problems = generate_problems(LANGUAGE, EVALUATED, seed=1)
    assert problems.question.map(reserved_for_evaluation).all()
    for operations in (2, 3, 4):
        trained = draw_for_training(np.random.default_rng(0), 5000, operations, "+-*", 6).texts()
        assert not any(map(reserved_for_evaluation, trained))
        assert not set(trained) & set(problems.question)


def test_the_same_seed_gives_the_same_problems_and_another_seed_others():
    assert generate_problems(LANGUAGE, EVALUATED, 1).equals(generate_problems(LANGUAGE, EVALUATED, 1))
    assert not generate_problems(LANGUAGE, EVALUATED, 1).equals(generate_problems(LANGUAGE, EVALUATED, 2))


def test_more_problems_than_there_are_is_an_error_that_says_so():
    binary = Language(operators="+-*", modulus=2)
    with pytest.raises(UserError, match="distinct problems with 2 operations"):
        generate_problems(binary, EVALUATED.model_copy(update={"evaluated_shares": None}), seed=1)
