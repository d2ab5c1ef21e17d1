"""Exactly checkable arithmetic: expressions over + - *, evaluated left to right modulo a small number."""

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

from foretell.errors import UserError

COLUMNS = [
    "problem_id",
    "split",
    "question",
    "answer",
    "answer_kind",
    "reference_difficulty",
    "reference_difficulty_se",
    "group",
    "excluded_reason",
    "operations",
]


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


def reserved_for_evaluation(text: str) -> bool:
    """Whether an expression belongs to the half, by content hash, that no model is trained on."""
    return hashlib.sha256(text.encode()).digest()[0] % 2 == 0


def draw_for_training(rng: np.random.Generator, n: int, operations: int, symbols: str, modulus: int) -> Expressions:
    """Draw about n expressions, all outside the half that is reserved for evaluation.

    Expressions of one operation are never evaluated, so none of them is held back.
    """
    if operations == 1:
        return draw(rng, n, operations, symbols, modulus)
    drawn = draw(rng, 2 * n, operations, symbols, modulus)
    return drawn.take(np.array([not reserved_for_evaluation(text) for text in drawn.texts()]))


def generate_problems(settings: dict, seed: int) -> pd.DataFrame:
    """Generate a problem set of distinct expressions from the half that is reserved for evaluation.

    Args:
        settings: operators (string), modulus, evaluated_operations ([fewest, most]), sizes ({split: number}).
        seed: decides which expressions are drawn.

    Returns:
        One row per problem, as the contract of the problems stage has it, and `operations`. Each number of operations
        has the same share of every split, up to rounding.

    Raises:
        UserError: there are fewer distinct expressions than the sizes ask for.
    """
    fewest, most = settings["evaluated_operations"]
    lengths = list(range(fewest, most + 1))
    total = sum(settings["sizes"].values())
    rng = np.random.default_rng([seed, 0])
    per_length = []
    for index, operations in enumerate(lengths):
        wanted = total // len(lengths) + (index < total % len(lengths))
        per_length.append(_distinct(rng, wanted, operations, settings))
    frame = pd.concat(per_length, ignore_index=True)
    frame = frame.iloc[rng.permutation(len(frame))].reset_index(drop=True)
    frame["split"] = np.repeat(list(settings["sizes"]), list(settings["sizes"].values()))
    frame["problem_id"] = frame.question
    frame["group"] = frame.problem_id
    frame["answer_kind"] = "choice"
    frame["reference_difficulty"] = np.nan
    frame["reference_difficulty_se"] = np.nan
    frame["excluded_reason"] = pd.Series([None] * len(frame), dtype="string")
    return frame[COLUMNS]


def _distinct(rng: np.random.Generator, wanted: int, operations: int, settings: dict) -> pd.DataFrame:
    symbols, modulus = settings["operators"], settings["modulus"]
    every = modulus ** (operations + 1) * len(symbols) ** operations
    drawn = draw(rng, min(20 * every, 20 * wanted + 1000), operations, symbols, modulus)
    frame = pd.DataFrame({"question": drawn.texts(), "answer": drawn.values()[:, -1].astype(str)})
    frame = frame.drop_duplicates("question")
    frame = frame[frame.question.map(reserved_for_evaluation)].head(wanted)
    if len(frame) < wanted:
        raise UserError(
            f"only {len(frame)} of {wanted} distinct expressions with {operations} operations can be held back: "
            "lower the problem set's 'sizes', or raise 'modulus' or the fewest 'evaluated_operations'"
        )
    return frame.assign(operations=operations)
