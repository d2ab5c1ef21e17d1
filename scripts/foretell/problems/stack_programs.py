"""Programming problems: from a function in the usual notation to a program for a stack machine.

The function `a*(b-c)` has the program `abc-*`, and others, such as `bc-a*`: any that computes the same is right. The
machine is `foretell.grading.inside.run_stack_programs`.
"""

import hashlib
import json
from typing import Annotated

import numpy as np
import pandas as pd
from pydantic import StringConstraints

from foretell.common.arguments import Settings
from foretell.problems.generated import Evaluated, held_back, into_splits, numbers_by_length, reserved_for_evaluation

OPERATORS = "+-*"
TESTS = 5  # inputs per problem; values are drawn from VALUES, so that different functions hardly ever agree on all
VALUES = (2, 30)
_PRECEDENCE = {"+": 1, "-": 1, "*": 2}
_SWAPPED = 0.25  # share of sums and products whose operands a training example's program has the other way round

Tree = str | tuple  # a variable, or (operator, left, right)


class Language(Settings):
    """What functions are made of."""

    variables: Annotated[str, StringConstraints(pattern=r"^[a-z]{1,10}$")]
    """The functions' variables, one letter each."""


def alphabet(language: Language) -> str:
    """Characters that occur in questions and completions, one token each."""
    return language.variables + OPERATORS + "()"


def training_examples(
    rng: np.random.Generator, n: int, operations: int, language: Language
) -> tuple[list[str], dict[str, list[str]]]:
    """About n questions, of more than one operation outside the reserved quarter, and their programs."""
    drawn = round(n * 4 / 3) if operations > 1 else n
    trees = [draw_tree(rng, operations, language.variables) for _ in range(drawn)]
    kept = [tree for tree in trees if operations == 1 or not reserved_for_evaluation(infix(tree))]
    return list(map(infix, kept)), {"low": [postfix(tree, rng) for tree in kept]}


def generate_problems(language: Language, evaluated: Evaluated, seed: int) -> pd.DataFrame:
    """Generate a problem set of distinct functions from the quarter that is reserved for evaluation.

    Args:
        language: the variables.
        evaluated: how many problems of which length, and the splits' sizes.
        seed: decides which functions are drawn, and which split each of them is in.

    Returns:
        One row per problem, as the contract of the problems stage has it, and `operations`. The answer is the JSON of
        its tests: language, parameters, inputs, outputs.

    Raises:
        UserError: there are fewer distinct functions than the sizes ask for.
    """
    rng, variables = np.random.default_rng([seed, 0]), language.variables
    drawn = []
    for operations, wanted in numbers_by_length(evaluated).items():

        def draw_problems(n: int, operations: int = operations) -> pd.DataFrame:
            trees = [draw_tree(rng, operations, variables) for _ in range(n)]
            return pd.DataFrame({"question": map(infix, trees), "answer": [tests(tree, variables) for tree in trees]})

        drawn.append(held_back(draw_problems, 20 * wanted + 1000, wanted, operations))
    return into_splits(drawn, evaluated.sizes, seed, "code")


def draw_tree(rng: np.random.Generator, operations: int, variables: str) -> Tree:
    """A random function: its shape by uniform splits, its operators and variables uniform."""
    if operations == 0:
        return variables[rng.integers(len(variables))]
    left = int(rng.integers(operations))
    operator = OPERATORS[rng.integers(len(OPERATORS))]
    return operator, draw_tree(rng, left, variables), draw_tree(rng, operations - 1 - left, variables)


def infix(tree: Tree) -> str:
    """The usual notation, with no more parentheses than precedence and reading from the left ask for."""
    if isinstance(tree, str):
        return tree
    operator, left, right = tree
    return _bracketed(left, operator, strict=False) + operator + _bracketed(right, operator, strict=True)


def _bracketed(operand: Tree, operator: str, strict: bool) -> str:
    text = infix(operand)
    if isinstance(operand, str):
        return text
    own, outer = _PRECEDENCE[operand[0]], _PRECEDENCE[operator]
    return f"({text})" if own < outer or (strict and own == outer) else text


def postfix(tree: Tree, rng: np.random.Generator | None = None) -> str:
    """A program; with a generator, the operands of some sums and products are the other way round."""
    if isinstance(tree, str):
        return tree
    operator, left, right = tree
    operands = [postfix(left, rng), postfix(right, rng)]
    if rng is not None and operator != "-" and rng.random() < _SWAPPED:
        operands.reverse()
    return "".join(operands) + operator


def evaluate(tree: Tree, values: dict[str, int]) -> int:
    """The function's value."""
    if isinstance(tree, str):
        return values[tree]
    left, right = (evaluate(operand, values) for operand in tree[1:])
    return {"+": left + right, "-": left - right, "*": left * right}[tree[0]]


def tests(tree: Tree, variables: str) -> str:
    """Tests of a function as JSON; inputs depend on the function alone."""
    key = hashlib.sha256(f"tests {infix(tree)}".encode()).digest()
    inputs = np.random.default_rng(list(key)).integers(*VALUES, size=(TESTS, len(variables))).tolist()
    outputs = [evaluate(tree, dict(zip(variables, row, strict=True))) for row in inputs]
    return json.dumps({"language": "stack", "parameters": variables, "inputs": inputs, "outputs": outputs})
