"""Predictions of problem sets that are too small to split: every problem's from a fit to others.

Everything is chosen inside the problems that a fit sees: candidate, refit and Platt scaling go through the protocol of
`foretell.probes.protocol` on nine tenths, and the last tenth is predicted.
"""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from multiprocessing import get_context

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from foretell.common.errors import UserError
from foretell.common.metrics import spearman
from foretell.common.progress import progress
from foretell.probes.families import by_builder
from foretell.probes.folds import assign_folds
from foretell.probes.inputs import Inputs
from foretell.probes.protocol import Block
from foretell.probes.settings import CrossFitSettings
from foretell.probes.targets import TARGETS, LabelledTarget
from foretell.probes.trials import Result, Trial, run_trials

HeldOut = tuple[int, int, np.ndarray]  # partition, fold, mask [problems] of the problems that are held out


@dataclass(frozen=True)
class CrossFitTask:
    """What is predicted from what.

    Attributes:
        inputs: what families read; its outcomes give problem_id and group.
        targets: per name of what is predicted, the key of TARGETS that says what it is.
        labels: per name, [problems].
        settings: permutations are predicted in the first partition, beside the labels themselves.
    """

    inputs: Inputs
    targets: dict[str, str]
    labels: dict[str, np.ndarray]
    settings: CrossFitSettings

    def predict(self, held_out: HeldOut) -> dict[tuple[str, str], pd.DataFrame]:
        """Predict all labels of every problem from the problems that are not held out.

        Returns:
            Per name and family: partition, fold, problem_id, split (`test` for the held-out problems, whose scores are
            of the refit, else `train`, out of fold), score (log odds if binary), probability (after Platt scaling on
            train, or its base rate where nothing could be trained; null for a regression).
        """
        partition, fold, held = held_out
        head = pd.DataFrame({"partition": partition, "fold": fold, "problem_id": self.inputs.outcomes.problem_id})
        head["split"] = np.where(held, "test", "train")
        targets = self._labelled(np.flatnonzero(~held), [(name, self.labels[name]) for name in self.targets])
        return {
            (target.name, family): _predicted(head, target, result)
            for family, results in self._fit(targets)
            for target, result in zip(targets, results, strict=True)
        }

    def predict_permuted(self, held_out: HeldOut) -> pd.DataFrame:
        """How well permuted labels of held-out problems are predicted from permuted labels of the others.

        Returns:
            name, family, permutation, fold, spearman (null where undefined); no rows but in the
            first partition.
        """
        partition, fold, held = held_out
        columns = ["name", "family", "permutation", "fold", "spearman"]
        if partition or not self.settings.permutations:
            return pd.DataFrame(columns=columns)
        numbers = range(self.settings.permutations)
        permuted = [
            (name, np.random.default_rng([self.settings.seed, number]).permutation(self.labels[name]))
            for name in self.targets
            for number in numbers
        ]
        targets = self._labelled(np.flatnonzero(~held), permuted)
        one = np.ones((1, int(held.sum())))
        rows = []
        for family, results in self._fit(targets):
            of_targets = zip(targets, results, [*numbers] * len(self.targets), strict=True)
            for target, result, number in of_targets:
                found = np.nan if result is None else spearman(target.labels[held], result.scores[held], one)[0]
                rows.append((target.name, family, number, fold, found))
        return pd.DataFrame(rows, columns=columns)

    def _labelled(self, rows: np.ndarray, labels: list[tuple[str, np.ndarray]]) -> list[LabelledTarget]:
        """Named labels with the same folds: stratified by all that are binary."""
        strata = [values[rows] for name, values in labels if TARGETS[self.targets[name]].binary]
        columns = np.column_stack(strata) if strata else np.empty((len(rows), 0))
        groups = self.inputs.outcomes.group.to_numpy()[rows]
        folds = assign_folds(groups, columns, self.settings.inner_folds, self.settings.seed)
        return [LabelledTarget(name, TARGETS[self.targets[name]], values, rows, folds) for name, values in labels]

    def _fit(self, targets: list[LabelledTarget]) -> Iterator[tuple[str, list[Result | None]]]:
        for family, blocks in self._blocks.items():
            trials = [Trial(target, family, None, target.labels[target.rows]) for target in targets]
            yield family, run_trials(blocks, trials)

    @cached_property
    def _blocks(self) -> dict[str, list[Block]]:
        return {
            family.name: build(self.inputs, tuple(self.settings.strengths))
            for build, families in by_builder(self.settings.families)
            for family in families
        }


def cross_fit(
    task: CrossFitTask, folds: list[HeldOut], workers: int
) -> tuple[dict[tuple[str, str], pd.DataFrame], pd.DataFrame]:
    """`CrossFitTask.predict` and `predict_permuted` of every fold, one after the other.

    Args:
        task: what is predicted from what.
        folds: as `partitions` gives them.
        workers: processes.

    Returns:
        One table of predictions per name and family, and one of the permutations.
    """
    with ProcessPoolExecutor(workers, get_context("spawn"), _set_task, (task,)) as pool:
        done = list(progress(pool.map(_predict, folds), "folds", len(folds)))
    predictions = {key: pd.concat([each[key] for each, _ in done], ignore_index=True) for key in done[0][0]}
    return predictions, pd.concat([permuted for _, permuted in done], ignore_index=True)


_task: CrossFitTask  # of a worker process


def _set_task(task: CrossFitTask) -> None:
    """Keep the task in a worker process, so that its features are made once there; workers share the cores."""
    threadpool_limits(1)
    global _task
    _task = task


def _predict(held_out: HeldOut) -> tuple[dict[tuple[str, str], pd.DataFrame], pd.DataFrame]:
    return _task.predict(held_out), _task.predict_permuted(held_out)


def complete(outcomes: pd.DataFrame, target: str) -> np.ndarray:
    """[problems] labels of a target.

    Raises:
        UserError: a problem has none.
    """
    values = TARGETS[target].labels(outcomes)
    if missing := int(np.isnan(values).sum()):
        raise UserError(
            f"{missing} of {len(values)} problems have no {target}: each problem of a cross-fitted set needs one; "
            "map its column under the problem set's 'problems.columns'"
        )
    return values


def partitions(groups: np.ndarray, settings: CrossFitSettings) -> list[HeldOut]:
    """Random partitions of whole groups into folds."""
    found = []
    for partition in range(settings.partitions):
        fold_of = assign_folds(groups, np.empty((len(groups), 0)), settings.folds, settings.seed * 1000 + partition)
        found += [(partition, fold, fold_of == fold) for fold in range(settings.folds)]
    return found


def _predicted(head: pd.DataFrame, target: LabelledTarget, result: Result | None) -> pd.DataFrame:
    if result is None:
        known = target.labels[target.rows]
        return head.assign(score=np.nan, probability=(known.sum() + 1) / (len(known) + 2) if target.binary else np.nan)
    probability = np.nan if result.platt is None else result.platt.probability(result.scores)
    return head.assign(score=result.scores, probability=probability)
