"""A second split of the same problems, in which no group is in two splits."""

import hashlib

import numpy as np
import pandas as pd

from foretell.common.arguments import Settings
from foretell.problems.pilot import PILOT


class SplitSettings(Settings):
    """How problems are dealt anew."""

    seed: int
    """Of the hash."""


def split_by_group(problems: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Deal whole groups to splits, in the order of a hash, so that each split is about as large as it was.

    A group goes to the split that its middle problem would go to, were the problems cut in the groups' order. Problems
    that are kept for a pilot are excluded here, with the reason.

    Args:
        problems: group, split, excluded_reason and other columns, which stay.
        seed: of the hash.

    Returns:
        The problems in their order, with the new split.
    """
    kept = problems.split == PILOT
    dealt = problems[~kept]
    sizes = dealt.split.value_counts().reindex(pd.unique(dealt.split))
    counts = dealt.group.value_counts()
    order = sorted(counts.index, key=lambda group: hashlib.sha256(f"{seed} group {group}".encode()).hexdigest())
    members = counts.loc[order].to_numpy()
    middle = members.cumsum() - members / 2
    places = np.searchsorted(sizes.to_numpy().cumsum(), middle, side="right").clip(max=len(sizes) - 1)
    split = pd.Series(sizes.index.to_numpy()[places], index=order)
    return problems.assign(
        split=problems.split.where(kept, problems.group.map(split)),
        excluded_reason=problems.excluded_reason.mask(kept & problems.excluded_reason.isna(), "kept for the pilot"),
    )
