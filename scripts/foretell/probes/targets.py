"""What probes are to predict."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from foretell.common.errors import UserError
from foretell.probes.folds import assign_folds
from foretell.probes.settings import BINARY, Settings


@dataclass(frozen=True)
class Target:
    """One column of the outcomes.

    Attributes:
        name: of the column.
        binary: whether it is 0 or 1, not graded.
        labels: [problems], NaN where there is none.
        rows: [n] train problems with a label.
        folds: [n] fold of each of them.
    """

    name: str
    binary: bool
    labels: np.ndarray
    rows: np.ndarray
    folds: np.ndarray


def read_targets(outcomes: pd.DataFrame, settings: Settings) -> list[Target]:
    """The targets that the settings name.

    Targets with the same labelled train problems have the same folds, stratified by all binary ones of them at once,
    so that they can share decompositions and be compared fold by fold.

    Raises:
        UserError: the outcomes lack a target, or it has labels for some train problems, but fewer than folds.
    """
    missing = [name for name in settings.targets if name not in outcomes]
    if missing:
        raise UserError(f"the outcomes have no column {missing[0]!r}, which key 'targets' names")
    labels = {name: outcomes[name].to_numpy(float, na_value=np.nan) for name in settings.targets}
    train = outcomes.split.eq("train").to_numpy()
    rows = {name: np.flatnonzero(train & ~np.isnan(labels[name])) for name in settings.targets}
    targets = []
    for name in settings.targets:
        alike = [other for other in settings.targets if BINARY[other] and np.array_equal(rows[other], rows[name])]
        strata = np.array([labels[other][rows[name]] for other in alike]).reshape(len(alike), len(rows[name])).T
        groups = outcomes.group.to_numpy()[rows[name]]
        folds = assign_folds(groups, strata, settings.folds, settings.seed) if len(groups) else rows[name]
        targets.append(Target(name, BINARY[name], labels[name], rows[name], folds))
    return targets


def permute(target: Target, problem_ids: np.ndarray, seed: int, number: int) -> np.ndarray:
    """[n] the target's train labels, shuffled among its train problems, whatever the problems' order.

    Args:
        target: gives labels and train problems.
        problem_ids: [problems] ids.
        seed: of all permutations.
        number: of this permutation.
    """
    order = np.argsort(problem_ids[target.rows], kind="stable")
    permuted = np.empty(len(order))
    permuted[order] = np.random.default_rng([seed, number]).permutation(target.labels[target.rows][order])
    return permuted
