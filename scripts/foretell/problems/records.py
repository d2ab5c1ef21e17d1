"""Recorded problems of a published study, brought into this project's form."""

import hashlib

import numpy as np
import pandas as pd

from foretell.common.arguments import Settings
from foretell.common.errors import UserError
from foretell.common.frames import require
from foretell.problems.pilot import with_pilot


class RecordSettings(Settings):
    """Which recorded problems."""

    dataset: str
    """The value of the column `dataset` to keep."""
    halves: dict[str, int] | None
    """`validation`: the half that chooses, `test`: the half that reports; None keeps the recorded splits."""
    pilot_share: float | None = None
    """Of the problems of test, how many are for a pilot."""


def half_of(problem_id: str) -> int:
    """Which half (0 or 1) of a recorded test split a problem falls into, by the SHA-256 of its id."""
    return hashlib.sha256(problem_id.encode()).digest()[-1] % 2


def import_problems(records: pd.DataFrame, settings: RecordSettings) -> pd.DataFrame:
    """Problems of one data set; its recorded test split may be halved into validation and test.

    Args:
        records: dataset, split (train or test), problem_id, question, answer, level, subject.
        settings: which data set, and which half becomes which split.

    Returns:
        One row per problem, as the contract of the problems stage has it, level and subject.

    Raises:
        UserError: a column is missing, or there is no such data set.
    """
    require(records, ["dataset", "split", "problem_id", "question", "answer", "level", "subject"], "recorded problems")
    dataset, halves = settings.dataset, settings.halves
    problems = records[records.dataset == dataset].reset_index(drop=True)
    if problems.empty:
        raise UserError(f"no recorded problem has dataset {dataset!r}; there are {sorted(records.dataset.unique())}")
    split = problems.split
    if halves:
        split_of_half = {half: split for split, half in halves.items()}
        half = problems.problem_id.map(lambda problem_id: split_of_half[half_of(problem_id)])
        split = split.mask(split == "test", half)
    if settings.pilot_share is not None:
        split = with_pilot(split, problems.problem_id, settings.pilot_share)
    return pd.DataFrame(
        {
            "problem_id": problems.problem_id,
            "split": split,
            "question": problems.question,
            "answer": problems.answer,
            "answer_kind": "math",
            "reference_difficulty": np.nan,
            "reference_difficulty_se": np.nan,
            "group": problems.problem_id,
            "excluded_reason": pd.Series([None] * len(problems), dtype="string"),
            "level": problems.level,
            "subject": problems.subject,
        }
    )
