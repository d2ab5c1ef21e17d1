"""What the generated problem sets share: problems held back from training, and their way into splits."""

import hashlib
from collections.abc import Callable

import numpy as np
import pandas as pd

from foretell.common.errors import UserError

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


def numbers_by_length(settings: dict) -> dict[int, int]:
    """How many problems of each number of operations a set has, by its sizes and shares (None for equal ones)."""
    fewest, most = settings["evaluated_operations"]
    lengths = range(fewest, most + 1)
    shares = settings["evaluated_shares"] or [1] * len(lengths)
    bounds = np.round(sum(settings["sizes"].values()) * np.cumsum(shares) / np.sum(shares)).astype(int)
    return dict(zip(lengths, map(int, np.diff(bounds, prepend=0)), strict=True))


def into_splits(drawn: list[pd.DataFrame], sizes: dict[str, int], seed: int, answer_kind: str) -> pd.DataFrame:
    """Problems in the order of a hash, cut into splits, as the contract of the problems stage has them."""
    frame = pd.concat(drawn, ignore_index=True)
    order = frame.question.map(lambda text: hashlib.sha256(f"{seed} split {text}".encode()).hexdigest())
    frame = frame.iloc[np.argsort(order)].reset_index(drop=True)
    frame["split"] = np.repeat(list(sizes), list(sizes.values()))
    frame["problem_id"] = frame.question
    frame["group"] = frame.problem_id
    frame["answer_kind"] = answer_kind
    frame["reference_difficulty"] = np.nan
    frame["reference_difficulty_se"] = np.nan
    frame["excluded_reason"] = pd.Series([None] * len(frame), dtype="string")
    return frame[COLUMNS]
