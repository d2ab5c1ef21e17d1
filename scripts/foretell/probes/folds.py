"""Cross-validation folds that depend on the problems, not on their order."""

import hashlib

import numpy as np
import pandas as pd

from foretell.common.errors import UserError


def fold_units(outcomes: pd.DataFrame) -> np.ndarray:
    """[problems] what folds hold out whole, as the split between train and test does.

    Groups, where train and test share none; else the problems themselves: what is chosen by folds that hold out groups
    would be chosen for another task than that of predicting new problems of known groups.

    Args:
        outcomes: problem_id, split, group.
    """
    group = outcomes.group.fillna(outcomes.problem_id)
    shared = set(group[outcomes.split == "train"]) & set(group[outcomes.split == "test"])
    return (outcomes.problem_id if shared else group).to_numpy()


def assign_folds(groups: np.ndarray, labels: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """Deal whole groups to folds.

    Groups are ordered by the majority of their rows' labels, then by a hash of their name and the seed, and dealt in
    turn: groups of one row are stratified exactly, larger ones as far as they allow.

    Args:
        groups: [n] names.
        labels: [n, k] binary labels to stratify by jointly; k may be 0.
        folds: number of folds.
        seed: of the hash.

    Returns:
        [n] folds, 0 to folds - 1.

    Raises:
        UserError: there are fewer groups than folds.
    """
    by_group = pd.DataFrame(labels).groupby(np.asarray(groups)).mean().round()
    if len(by_group) < folds:
        raise UserError(
            f"{len(by_group)} train problems (or groups of them) are too few for {folds} folds: key 'folds'"
        )
    digests = [hashlib.sha256(f"{seed}:{group}".encode()).hexdigest() for group in by_group.index]
    order = by_group.assign(digest=digests).sort_values([*by_group.columns, "digest"]).index
    fold_of = pd.Series(np.arange(len(order)) % folds, index=order)
    return fold_of.loc[groups].to_numpy()
