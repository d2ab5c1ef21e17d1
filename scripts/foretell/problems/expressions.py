"""Exactly checkable arithmetic: expressions over + - *, evaluated left to right modulo a small number."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import pandas as pd
from pydantic import Field, StringConstraints

from foretell.common.arguments import Settings
from foretell.problems.generated import Evaluated, held_back, into_splits, numbers_by_length, reserved_for_evaluation


class Language(Settings):
    """What expressions are made of."""

    operators: Annotated[str, StringConstraints(pattern=r"^[-+*]{1,3}$")]
    """The operators that occur."""
    modulus: Annotated[int, Field(ge=2, le=10)]
    """Values are taken modulo this."""


@dataclass(frozen=True)
class Expressions:
    """Expressions of one length, as arrays.

    Attributes:
        digits: [n, operations + 1] integers in [0, modulus).
        operators: [n, operations] indices into `symbols`.
        symbols: the operators, a string over "+-*".
        modulus: values are taken modulo this, at most 10.
    """

    digits: np.ndarray
    operators: np.ndarray
    symbols: str
    modulus: int

    def values(self) -> np.ndarray:
        """[n, operations] running values, from left to right; the last column is the answer."""
        value, steps = self.digits[:, 0], []
        for step in range(self.operators.shape[1]):
            digit = self.digits[:, step + 1]
            by_symbol = {"+": value + digit, "-": value - digit, "*": value * digit}
            value = np.choose(self.operators[:, step], [by_symbol[symbol] for symbol in self.symbols]) % self.modulus
            steps.append(value)
        return np.stack(steps, axis=1)

    def texts(self) -> list[str]:
        """One text per expression, such as `3+4*2`."""
        symbols = np.array(list(self.symbols))[self.operators]
        columns = [self.digits[:, 0].astype(str)]
        for step in range(self.operators.shape[1]):
            columns += [symbols[:, step], self.digits[:, step + 1].astype(str)]
        return ["".join(row) for row in zip(*columns, strict=True)]

    def take(self, rows: np.ndarray) -> "Expressions":
        """The expressions at `rows` (indices or a mask)."""
        return Expressions(self.digits[rows], self.operators[rows], self.symbols, self.modulus)


def draw(rng: np.random.Generator, n: int, operations: int, symbols: str, modulus: int) -> Expressions:
    """Draw n expressions with the given number of operations, uniformly and with repetition."""
    return Expressions(
        digits=rng.integers(modulus, size=(n, operations + 1)),
        operators=rng.integers(len(symbols), size=(n, operations)),
        symbols=symbols,
        modulus=modulus,
    )


def draw_for_training(rng: np.random.Generator, n: int, operations: int, symbols: str, modulus: int) -> Expressions:
    """Draw about n expressions, all outside the quarter that is reserved for evaluation.

    Expressions of one operation are never evaluated, so none of them is held back.
    """
    if operations == 1:
        return draw(rng, n, operations, symbols, modulus)
    drawn = draw(rng, round(n * 4 / 3), operations, symbols, modulus)
    return drawn.take(np.array([not reserved_for_evaluation(text) for text in drawn.texts()]))


def alphabet(language: Language) -> str:
    """Characters that occur in questions and completions, one token each."""
    return "".join(map(str, range(language.modulus))) + language.operators


def training_examples(
    rng: np.random.Generator, n: int, operations: int, language: Language
) -> tuple[list[str], dict[str, list[str]]]:
    """About n questions outside the reserved quarter, and per effort their completions.

    At effort `low` a completion is the answer; at `high`, one group of operator, digit and running value per step.
    """
    drawn = draw_for_training(rng, n, operations, language.operators, language.modulus)
    values = drawn.values()
    return drawn.texts(), {"low": values[:, -1].astype(str).tolist(), "high": _worked(drawn, values)}


def _worked(expressions: Expressions, values: np.ndarray) -> list[str]:
    symbols = np.array(list(expressions.symbols))[expressions.operators]
    digits = expressions.digits[:, 1:].astype(str)
    steps = np.stack([symbols, digits, values.astype(str)], axis=2).reshape(len(values), -1)
    return ["".join(row) for row in steps]


def generate_problems(language: Language, evaluated: Evaluated, seed: int) -> pd.DataFrame:
    """Generate a problem set of distinct expressions from the quarter that is reserved for evaluation.

    All problems are drawn first; then a hash of each decides its place in the order that is cut into the splits.

    Args:
        language: operators and modulus.
        evaluated: how many problems of which length, and the splits' sizes.
        seed: decides which expressions are drawn, and which split each of them is in.

    Returns:
        One row per problem, as the contract of the problems stage has it, and `operations`.

    Raises:
        UserError: there are fewer distinct expressions than the sizes ask for.
    """
    rng = np.random.default_rng([seed, 0])
    symbols, modulus = language.operators, language.modulus
    drawn = []
    for operations, wanted in numbers_by_length(evaluated).items():
        every = modulus ** (operations + 1) * len(symbols) ** operations

        def draw_problems(n: int, operations: int = operations) -> pd.DataFrame:
            found = draw(rng, n, operations, symbols, modulus)
            return pd.DataFrame({"question": found.texts(), "answer": found.values()[:, -1].astype(str)})

        drawn.append(held_back(draw_problems, min(20 * every, 20 * wanted + 1000), wanted, operations))
    return into_splits(drawn, evaluated.sizes, seed, "integer")
