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
from foretell.common.metrics import ENOUGH, auroc, brier, ece, enough_of_both, spearman
from foretell.common.progress import progress
from foretell.common.statistics import percentile_interval, sample_and_resamples
from foretell.probes.families import BUILDERS
from foretell.probes.folds import assign_folds
from foretell.probes.inputs import Inputs
from foretell.probes.protocol import Block
from foretell.probes.targets import Target
from foretell.probes.trials import Result, Trial, run_trials

Part = tuple[int, int, np.ndarray]  # partition, fold, mask [problems] of the problems that are held out


@dataclass(frozen=True)
class CrossFit:
    """What is predicted from what.

    Attributes:
        inputs: what families read; its outcomes give problem_id and group.
        labels: per name of what is predicted, [problems].
        binary: whether the labels are 0 or 1, not graded.
        families: of `foretell.probes.families`.
        strengths: L2 penalties to choose from.
        inner_folds: of the cross-validation inside the problems that a fit sees.
        seed: of the inner folds and the permutations.
        permutations: of the labels over all problems, predicted in the first partition beside the labels themselves.
    """

    inputs: Inputs
    labels: dict[str, np.ndarray]
    binary: bool
    families: list[str]
    strengths: list[float]
    inner_folds: int
    seed: int
    permutations: int = 0

    def predict(self, part: Part) -> dict[tuple[str, str], pd.DataFrame]:
        """Predict all labels of every problem from the problems that are not held out.

        Returns:
            Per name and family: partition, fold, problem_id, split (`test` for the held-out problems, whose scores are
            of the refit, else `train`, out of fold), score (log odds if binary), probability (after Platt scaling on
            train, or its base rate where nothing could be trained; null for a regression).
        """
        partition, fold, held = part
        head = pd.DataFrame({"partition": partition, "fold": fold, "problem_id": self.inputs.outcomes.problem_id})
        head["split"] = np.where(held, "test", "train")
        targets = self._targets(np.flatnonzero(~held), self.labels)
        predictions = {}
        for family, results in self._fit(targets):
            for target, result in zip(targets, results, strict=True):
                predictions[target.name, family] = _predicted(head, target, result)
        return predictions

    def predict_permuted(self, part: Part) -> pd.DataFrame:
        """How well permuted labels of held-out problems are predicted from permuted labels of the others.

        Returns:
            name, family, permutation, fold, spearman (null where undefined, as in `judge_ranking`); no rows but in the
            first partition.
        """
        partition, fold, held = part
        columns = ["name", "family", "permutation", "fold", "spearman"]
        if partition or not self.permutations:
            return pd.DataFrame(columns=columns)
        permuted = {
            (name, number): np.random.default_rng([self.seed, number]).permutation(values)
            for name, values in self.labels.items()
            for number in range(self.permutations)
        }
        targets = self._targets(np.flatnonzero(~held), permuted)
        one = np.ones((1, int(held.sum())))
        rows = []
        for family, results in self._fit(targets):
            for target, result in zip(targets, results, strict=True):
                found = np.nan if result is None else spearman(target.labels[held], result.scores[held], one)[0]
                rows.append((*target.name, fold, family, found))
        return pd.DataFrame(rows, columns=["name", "permutation", "fold", "family", "spearman"])[columns]

    def _targets(self, rows: np.ndarray, labels: dict) -> list[Target]:
        """Labels with the same folds: stratified by all of them if binary."""
        strata = np.column_stack(list(labels.values()))[rows] if self.binary else np.empty((len(rows), 0))
        groups = self.inputs.outcomes.group.to_numpy()[rows]
        folds = assign_folds(groups, strata, self.inner_folds, self.seed)
        return [Target(name, self.binary, values, rows, folds) for name, values in labels.items()]

    def _fit(self, targets: list[Target]) -> Iterator[tuple[str, list[Result | None]]]:
        for family, blocks in self._blocks.items():
            trials = [Trial(target, family, None, target.labels[target.rows]) for target in targets]
            yield family, run_trials(blocks, trials)

    @cached_property
    def _blocks(self) -> dict[str, list[Block]]:
        return {
            family: build(self.inputs, tuple(self.strengths))
            for build, names in BUILDERS
            for family in names
            if family in self.families
        }


def cross_fit(
    task: CrossFit, parts: list[Part], workers: int
) -> tuple[dict[tuple[str, str], pd.DataFrame], pd.DataFrame]:
    """`CrossFit.predict` and `predict_permuted` of every part, one after the other.

    Args:
        task: what is predicted from what.
        parts: as `partitions` gives them.
        workers: processes.

    Returns:
        One table of predictions per name and family, and one of the permutations.
    """
    with ProcessPoolExecutor(workers, get_context("spawn"), _set_task, (task,)) as pool:
        done = list(progress(pool.map(_predict, parts), "folds", len(parts)))
    predictions = {key: pd.concat([each[key] for each, _ in done], ignore_index=True) for key in done[0][0]}
    return predictions, pd.concat([permuted for _, permuted in done], ignore_index=True)


def _set_task(task: CrossFit) -> None:
    """Keep the task in a worker process, so that its features are made once there; workers share the cores."""
    threadpool_limits(1)
    global _task
    _task = task


def _predict(part: Part) -> tuple[dict[tuple[str, str], pd.DataFrame], pd.DataFrame]:
    return _task.predict(part), _task.predict_permuted(part)


def complete(labels: pd.Series) -> np.ndarray:
    """A column of outcomes as labels [problems].

    Raises:
        UserError: a problem has none.
    """
    values = labels.to_numpy(float, na_value=np.nan)
    if missing := int(np.isnan(values).sum()):
        raise UserError(
            f"{missing} of {len(values)} problems have no {labels.name}: each problem of a cross-fitted set needs one; "
            "map its column under the problem set's 'problems.columns'"
        )
    return values


def partitions(groups: np.ndarray, folds: int, number: int, seed: int) -> list[Part]:
    """Random partitions of whole groups into folds."""
    found = []
    for partition in range(number):
        fold_of = assign_folds(groups, np.empty((len(groups), 0)), folds, seed * 1000 + partition)
        found += [(partition, fold, fold_of == fold) for fold in range(folds)]
    return found


def judge_ranking(
    predictions: pd.DataFrame, problem_ids: pd.Series, labels: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Spearman correlation of held-out scores with labels: within each fold, then averaged over folds and partitions.

    Pooled over folds it would be biased downwards, as the AUROC of `judge` would be.

    Args:
        predictions: of a regression, as `CrossFit.predict` gives them.
        problem_ids, labels: [problems].
        weights: [resamples, problems].

    Returns:
        [resamples]; a fold in which a resample leaves it undefined is left out.
    """
    places, values = pd.Index(problem_ids), []
    for _, fold in predictions[predictions.split == "test"].groupby(["partition", "fold"]):
        rows = places.get_indexer(fold.problem_id)
        if fold.score.notna().all():
            values.append(spearman(labels[rows], fold.score.to_numpy(), weights[:, rows]))
    return np.nanmean(values, axis=0) if values else np.full(len(weights), np.nan)


def judge(predictions: pd.DataFrame, outcomes: pd.DataFrame, resamples: int, seed: int) -> list[dict]:
    """Metrics of held-out predictions; intervals resample groups, and hold for the fits that were made.

    AUROC is computed within each held-out fold, where all scores are of one fit, and averaged: pooled over folds it is
    biased downwards, because a fit without a class's problems scores that class lower.

    Returns:
        {split, metric, value, low, high, n, resamples, reason}; value, low and high are None where undefined.
    """
    labels = outcomes.majority_correct.to_numpy(dtype=float)
    weights = sample_and_resamples(outcomes.group.to_numpy(), resamples, seed)
    held = predictions[predictions.split == "test"]
    places = pd.Index(outcomes.problem_id)
    values: dict[str, list[np.ndarray]] = {"auroc": [], "ece": [], "brier": []}
    for _, fold in held.groupby(["partition", "fold"]):
        rows = places.get_indexer(fold.problem_id)
        if np.ptp(labels[rows]) and fold.score.notna().all():
            values["auroc"].append(auroc(labels[rows], fold.score.to_numpy(), weights[:, rows]))
    for _, whole in held.groupby("partition"):
        rows = places.get_indexer(whole.problem_id)
        for name, metric in (("ece", ece), ("brier", brier)):
            values[name].append(metric(labels[rows], whole.probability.to_numpy(), weights[:, rows]))
    if not enough_of_both(labels):
        values["auroc"] = []
    return [_summary(name, each, len(labels), resamples) for name, each in values.items()]


def _summary(name: str, values: list[np.ndarray], n: int, resamples: int) -> dict:
    head = {"split": "test", "metric": name}
    if not values:
        reason = f"fewer than {ENOUGH} problems of the rarer class"
        return {**head, "value": None, "low": None, "high": None, "n": n, "resamples": 0, "reason": reason}
    mean = np.nanmean(values, axis=0)
    low, high = percentile_interval(mean[1:])
    found = {"value": float(mean[0]), "low": float(low), "high": float(high)}
    return {**head, **found, "n": n, "resamples": resamples, "reason": None}


def _predicted(head: pd.DataFrame, target: Target, result: Result | None) -> pd.DataFrame:
    if result is None:
        known = target.labels[target.rows]
        return head.assign(score=np.nan, probability=(known.sum() + 1) / (len(known) + 2) if target.binary else np.nan)
    probability = np.nan if result.platt is None else result.platt.probability(result.scores)
    return head.assign(score=result.scores, probability=probability)
