"""What the generated problem sets share: problems held back from training, and their way into splits."""

import hashlib
from collections.abc import Callable
from typing import Annotated

import numpy as np
import pandas as pd
from pydantic import Field, PositiveInt

from foretell.common.arguments import Settings
from foretell.common.errors import UserError
from foretell.problems.pilot import PILOT

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


Operations = Annotated[int, Field(ge=1, le=100)]
Range = Annotated[list[Operations], Field(min_length=2, max_length=2)]


class Sizes(Settings):
    """Number of problems per split."""

    train: PositiveInt
    """Problems to train probes on."""
    validation: PositiveInt
    """Problems to choose operating points on."""
    test: PositiveInt
    """Problems to report on."""
    pilot: PositiveInt | None = None
    """Problems for a pilot of the pool's router, which are used nowhere else. Naming some deals all others anew."""

    def by_split(self) -> dict[str, int]:
        """The numbers in the order in which problems are dealt to splits."""
        sizes = {"train": self.train, "validation": self.validation, "test": self.test}
        return sizes if self.pilot is None else {**sizes, PILOT: self.pilot}

    def total(self) -> int:
        """All problems."""
        return sum(self.by_split().values())


class Evaluated(Settings):
    """Which problems a set has."""

    evaluated_operations: Range
    """Fewest and most operations of a problem in the problem set."""
    evaluated_shares: list[Annotated[float, Field(gt=0)]] | None = None
    """Share of the problems with each number of operations, from the fewest on; equal shares without it."""
    sizes: Sizes
    """Number of problems per split."""


def reserved_for_evaluation(text: str) -> bool:
    """Whether a question belongs to the quarter, by content hash, that no model is trained on."""
    return hashlib.sha256(text.encode()).digest()[0] % 4 == 0


def held_back(draw: Callable[[int], pd.DataFrame], candidates: int, wanted: int, operations: int) -> pd.DataFrame:
    """Draw problems of one number of operations and keep distinct ones of the reserved quarter.

    Args:
        draw: gives so many problems: question, answer.
        candidates: how many to draw.
        wanted: how many to keep.
        operations: their number of operations.

    Raises:
        UserError: there are fewer than wanted.
    """
    frame = draw(candidates).drop_duplicates("question")
    frame = frame[frame.question.map(reserved_for_evaluation)].head(wanted)
    if len(frame) < wanted:
        raise UserError(
            f"only {len(frame)} of {wanted} distinct problems with {operations} operations can be held back: lower the "
            "problem set's 'sizes' or their share in 'evaluated_shares', or make more of them possible"
        )
    return frame.assign(operations=operations)


def numbers_by_length(evaluated: Evaluated) -> dict[int, int]:
    """How many problems of each number of operations a set has, by its sizes and shares (None for equal ones)."""
    fewest, most = evaluated.evaluated_operations
    lengths = range(fewest, most + 1)
    shares = evaluated.evaluated_shares or [1] * len(lengths)
    bounds = np.round(evaluated.sizes.total() * np.cumsum(shares) / np.sum(shares)).astype(int)
    return dict(zip(lengths, map(int, np.diff(bounds, prepend=0)), strict=True))


def into_splits(drawn: list[pd.DataFrame], sizes: Sizes, seed: int, answer_kind: str) -> pd.DataFrame:
    """Problems in the order of a hash, cut into splits, as the contract of the problems stage has them."""
    frame = pd.concat(drawn, ignore_index=True)
    order = frame.question.map(lambda text: hashlib.sha256(f"{seed} split {text}".encode()).hexdigest())
    frame = frame.iloc[np.argsort(order)].reset_index(drop=True)
    frame["split"] = np.repeat(list(sizes.by_split()), list(sizes.by_split().values()))
    frame["problem_id"] = frame.question
    frame["group"] = frame.problem_id
    frame["answer_kind"] = answer_kind
    frame["reference_difficulty"] = np.nan
    frame["reference_difficulty_se"] = np.nan
    frame["excluded_reason"] = pd.Series([None] * len(frame), dtype="string")
    return frame[COLUMNS]
