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
    """Whether an expression belongs to the quarter, by content hash, that no model is trained on."""
    return hashlib.sha256(text.encode()).digest()[0] % 4 == 0


def draw_for_training(rng: np.random.Generator, n: int, operations: int, symbols: str, modulus: int) -> Expressions:
    """Draw about n expressions, all outside the quarter that is reserved for evaluation.

    Expressions of one operation are never evaluated, so none of them is held back.
    """
    if operations == 1:
        return draw(rng, n, operations, symbols, modulus)
    drawn = draw(rng, round(n * 4 / 3), operations, symbols, modulus)
    return drawn.take(np.array([not reserved_for_evaluation(text) for text in drawn.texts()]))


def generate_problems(settings: dict, seed: int) -> pd.DataFrame:
    """Generate a problem set of distinct expressions from the quarter that is reserved for evaluation.

    All problems are drawn first; then a hash of each decides its place in the order that is cut into the splits.

    Args:
        settings: operators (string), modulus, evaluated_operations ([fewest, most]), evaluated_shares (one positive
            number for each number of operations; None for equal shares), sizes ({split: number}).
        seed: decides which expressions are drawn, and which split each of them is in.

    Returns:
        One row per problem, as the contract of the problems stage has it, and `operations`.

    Raises:
        UserError: there are fewer distinct expressions than the sizes ask for.
    """
    fewest, most = settings["evaluated_operations"]
    lengths = range(fewest, most + 1)
    numbers = _apportion(sum(settings["sizes"].values()), settings["evaluated_shares"] or [1] * len(lengths))
    rng = np.random.default_rng([seed, 0])
    drawn = [_distinct(rng, wanted, length, settings) for length, wanted in zip(lengths, numbers, strict=True)]
    frame = pd.concat(drawn, ignore_index=True)
    order = frame.question.map(lambda text: hashlib.sha256(f"{seed} split {text}".encode()).hexdigest())
    frame = frame.iloc[np.argsort(order)].reset_index(drop=True)
    frame["split"] = np.repeat(list(settings["sizes"]), list(settings["sizes"].values()))
    frame["problem_id"] = frame.question
    frame["group"] = frame.problem_id
    frame["answer_kind"] = "integer"
    frame["reference_difficulty"] = np.nan
    frame["reference_difficulty_se"] = np.nan
    frame["excluded_reason"] = pd.Series([None] * len(frame), dtype="string")
    return frame[COLUMNS]


def _apportion(total: int, shares: list[float]) -> np.ndarray:
    """Whole numbers that sum to `total`, in proportion to the shares up to rounding."""
    bounds = np.round(total * np.cumsum(shares) / np.sum(shares)).astype(int)
    return np.diff(bounds, prepend=0)


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
            "lower the problem set's 'sizes' or their share in 'evaluated_shares', or raise 'modulus'"
        )
    return frame.assign(operations=operations)
