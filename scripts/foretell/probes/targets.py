"""What probes are to predict."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from foretell.common.errors import UserError
from foretell.common.registry import registry
from foretell.probes.criteria import CRITERIA, SelectionCriterion
from foretell.probes.folds import assign_folds, fold_units


@dataclass(frozen=True)
class Target:
    """One thing about a policy's answers that probes are to predict.

    Attributes:
        name: of the target; of the outcomes' column, too, unless `read` is given.
        description: one clause, for the configuration's documentation.
        binary: whether it is 0 or 1, not graded.
        chosen_by: the name in CRITERIA of what candidates are chosen by.
        read: from outcomes to labels; the outcomes lack the target where this raises a KeyError.
    """

    name: str
    description: str
    binary: bool
    chosen_by: str
    read: Callable[[pd.DataFrame], pd.Series] | None = None

    def labels(self, outcomes: pd.DataFrame) -> np.ndarray:
        """[problems] labels, NaN where there is none.

        Raises:
            UserError: the outcomes lack what the target is read from.
        """
        try:
            column = outcomes[self.name] if self.read is None else self.read(outcomes)
        except KeyError as error:
            raise UserError(
                f"the outcomes have no column {error.args[0]!r}, which target {self.name!r} needs: key 'targets'"
            ) from error
        return column.to_numpy(float, na_value=np.nan)

    @property
    def criterion(self) -> SelectionCriterion:
        """What candidates are chosen by."""
        return CRITERIA[self.chosen_by]


TARGETS = registry(
    Target("success_rate", "the share of right answers among the samples", False, "spearman"),
    Target("majority_correct", "whether the majority vote is right", True, "auroc"),
    Target("greedy_correct", "whether the greedy answer is right", True, "auroc"),
    Target("pass_at_k", "whether any of the k samples is right, for where tests choose among them", True, "auroc"),
    Target("reference_difficulty", "the difficulty that the problem set comes with", False, "spearman"),
)


@dataclass(frozen=True)
class LabelledTarget:
    """A target with its labels and the problems that probes of it are trained on.

    Attributes:
        name: of the target, or of the policy whose target it is.
        target: gives the kind of the labels.
        labels: [problems], NaN where there is none.
        rows: [n] train problems with a label.
        folds: [n] fold of each of them.
    """

    name: str
    target: Target
    labels: np.ndarray
    rows: np.ndarray
    folds: np.ndarray

    @property
    def binary(self) -> bool:
        """Whether the labels are 0 or 1, not graded."""
        return self.target.binary

    @property
    def criterion(self) -> SelectionCriterion:
        """What candidates are chosen by."""
        return self.target.criterion


def read_targets(outcomes: pd.DataFrame, names: list[str], folds: int, seed: int) -> list[LabelledTarget]:
    """Targets with their labels and folds.

    Targets with the same labelled train problems have the same folds, stratified by all binary ones of them at once,
    so that they can share decompositions and be compared fold by fold.

    Args:
        outcomes: problem_id, split, group, and what the targets are read from.
        names: keys of TARGETS.
        folds: of the cross-validation.
        seed: of the folds.

    Raises:
        UserError: the outcomes lack a target, or it has labels for some train problems, but fewer than folds.
    """
    labels = {name: TARGETS[name].labels(outcomes) for name in names}
    train = outcomes.split.eq("train").to_numpy()
    rows = {name: np.flatnonzero(train & ~np.isnan(labels[name])) for name in names}
    targets, units = [], fold_units(outcomes)
    for name in names:
        alike = [other for other in names if TARGETS[other].binary and np.array_equal(rows[other], rows[name])]
        strata = np.array([labels[other][rows[name]] for other in alike]).reshape(len(alike), len(rows[name])).T
        assigned = assign_folds(units[rows[name]], strata, folds, seed) if len(rows[name]) else rows[name]
        targets.append(LabelledTarget(name, TARGETS[name], labels[name], rows[name], assigned))
    return targets


def read_target_of_policies(
    outcomes: dict[str, pd.DataFrame], name: str, folds: int, seed: int
) -> dict[str, LabelledTarget]:
    """One target of every policy, with folds that policies with the same labelled train problems share.

    Args:
        outcomes: per policy: problem_id, split, group, and what the target is read from, of the same problems in one
            order.
        name: key of TARGETS.
        folds: of the cross-validation, stratified by the labels of all policies at once.
        seed: of the folds.

    Raises:
        UserError: as `read_targets`.
    """
    target, first = TARGETS[name], next(iter(outcomes.values()))
    train, units = first.split.eq("train").to_numpy(), fold_units(first)
    labels = {policy: target.labels(frame) for policy, frame in outcomes.items()}
    rows = {policy: np.flatnonzero(train & ~np.isnan(values)) for policy, values in labels.items()}
    targets = {}
    for policy, at in rows.items():
        alike = [labels[other][at] for other in rows if target.binary and np.array_equal(rows[other], at)]
        strata = np.array(alike).reshape(len(alike), len(at)).T
        assigned = assign_folds(units[at], strata, folds, seed) if len(at) else at
        targets[policy] = LabelledTarget(name, target, labels[policy], at, assigned)
    return targets


def permute(target: LabelledTarget, problem_ids: np.ndarray, seed: int, number: int) -> np.ndarray:
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
