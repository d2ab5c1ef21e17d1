"""A fifth of train becomes validation, where a problem set has none of its own."""

import pandas as pd

from foretell.common.errors import UserError
from foretell.common.frames import hashes

SHARE = 5  # a fifth


def with_validation(split: pd.Series, keys: pd.Series, remedy: str) -> pd.Series:
    """Move a fifth of train's problems to validation, those with the same key together.

    Keys go in the order of their hashes. One that has more than a fifth itself stays in train; where all have, the one
    with the fewest problems goes.

    Args:
        split: of every problem.
        keys: of every problem, such as its group or its question.
        remedy: what helps where train is too small.

    Raises:
        UserError: train has fewer than five problems, or all have the same key.
    """
    train = split == "train"
    if not train.any():
        return split
    number, sizes = int(train.sum()), keys[train].value_counts(sort=False)
    fifth = number // SHARE
    if not fifth:
        raise UserError(
            f"{number} problems are in train, of which a fifth would be for validation: give more, or {remedy}"
        )
    if len(sizes) == 1:
        raise UserError(f"the {number} problems of train are one group, of which no part is validation: {remedy}")
    sizes = sizes.iloc[hashes(sizes.index.to_series(), "validation").argsort(kind="stable")]
    small = sizes[sizes <= fifth]
    if small.empty:
        return split.mask(train & (keys == sizes.idxmin()), "validation")
    chosen = small.index[small.cumsum() - small < fifth]
    return split.mask(train & keys.isin(chosen), "validation")
