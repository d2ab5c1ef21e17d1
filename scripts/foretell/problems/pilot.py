"""Test problems that are kept for a pilot, and reported nowhere else."""

from typing import Annotated

import pandas as pd
from pydantic import Field

from foretell.common.arguments import Settings
from foretell.common.errors import UserError
from foretell.common.frames import hashes

PILOT = "pilot"


class PilotShare(Settings):
    """What problem sets have in common that can keep a part of their test."""

    pilot_share: Annotated[float, Field(gt=0, lt=1)] | None = None
    """This share of the groups, or else of the questions, of test, by hash, is for a pilot of the pool's router, and is
    used for nothing else. In a file of one's own the column `split` may say `pilot` instead."""


def with_pilot(split: pd.Series, keys: pd.Series, share: float) -> pd.Series:
    """Move a share of test's keys to the pilot, those of the lowest hashes.

    Args:
        split: of every problem.
        keys: of every problem, such as its group or its question; problems with the same key stay together.
        share: of the keys of test.

    Returns:
        The new splits.

    Raises:
        UserError: there is a pilot already, or test or the pilot would have no problem.
    """
    if split.eq(PILOT).any():
        raise UserError("some problems are in the split 'pilot' already: leave 'pilot_share' out")
    test = split.eq("test")
    distinct = keys[test].drop_duplicates()
    chosen = distinct.iloc[hashes(distinct, PILOT).argsort(kind="stable")].iloc[: round(len(distinct) * share)]
    if not 0 < len(chosen) < len(distinct):
        raise UserError(
            f"'pilot_share' {share:g} of the {len(distinct)} groups or questions of test leaves the pilot or test "
            "none: give more problems, or another share"
        )
    return split.mask(test & keys.isin(chosen), PILOT)
