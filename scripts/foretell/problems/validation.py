"""A fifth of train becomes validation, where a problem set has none of its own."""

import pandas as pd

from foretell.common.errors import UserError
from foretell.common.frames import hashes

PARTS = 5  # of train, one of which is validation


def with_validation(split: pd.Series, keys: pd.Series, remedy: str) -> pd.Series:
    """Move about a fifth of train's problems to validation, those with the same key together.

    Keys go in the order of their hashes, those of more than a fifth of train last: of these the smallest goes, where
    the others together are less than a tenth.

    Args:
        split: of every problem.
        keys: of every problem, such as its group or its question.
        remedy: what helps where train cannot be divided.

    Returns:
        The new splits; the same where no problem is in train.

    Raises:
        UserError: train has fewer than five problems, or all have the same key.
    """
    train = split == "train"
    if not train.any():
        return split
    number, sizes = int(train.sum()), keys[train].value_counts(sort=False)
    fifth = number // PARTS
    if not fifth:
        raise UserError(
            f"{number} problems are in train, of which a fifth would be for validation: give more, or {remedy}"
        )
    sizes = sizes.iloc[hashes(sizes.index.to_series(), "validation").argsort(kind="stable")]
    small, large = sizes[sizes <= fifth], sizes[sizes > fifth]
    chosen = small[small.cumsum() - small < fifth]
    rest = number - chosen.sum()
    if 2 * chosen.sum() < fifth and large.min() < rest:  # else nothing would be left in train
        chosen = pd.concat([chosen, large.nsmallest(1)])
    if chosen.empty:
        raise UserError(
            f"the {number} problems in train are one group, or one question, and cannot be divided: {remedy}"
        )
    return split.mask(train & keys.isin(chosen.index), "validation")
