"""A second split of the same problems, in which no group is in two splits."""

import hashlib

import numpy as np
import pandas as pd

from foretell.common.arguments import Settings


class SplitSettings(Settings):
    """How problems are dealt anew."""

    seed: int
    """Of the hash."""


def split_by_group(problems: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Deal whole groups to splits, in the order of a hash, so that each split is about as large as it was.

    A group goes to the split that its middle problem would go to, were the problems cut in the groups' order.

    Args:
        problems: group, split and other columns, which stay.
        seed: of the hash.

    Returns:
        The problems in their order, with the new split.
    """
    sizes = problems.split.value_counts().reindex(pd.unique(problems.split))
    counts = problems.group.value_counts()
    order = sorted(counts.index, key=lambda group: hashlib.sha256(f"{seed} group {group}".encode()).hexdigest())
    members = counts.loc[order].to_numpy()
    middle = members.cumsum() - members / 2
    places = np.searchsorted(sizes.to_numpy().cumsum(), middle, side="right").clip(max=len(sizes) - 1)
    split = pd.Series(sizes.index.to_numpy()[places], index=order)
    return problems.assign(split=problems.group.map(split).to_numpy())
