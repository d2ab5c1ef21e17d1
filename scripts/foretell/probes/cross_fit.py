"""Predictions of problem sets that are too small to split: every problem's from a fit to others.

Everything is chosen inside the problems that a fit sees: candidate, refit and Platt scaling go through the protocol of
`foretell.probes.protocol` on nine tenths, and the last tenth is predicted.
"""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from multiprocessing import get_context

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from foretell.metrics import ENOUGH, auroc, brier, ece, enough_of_both
from foretell.probes.families import BUILDERS
from foretell.probes.folds import assign_folds
from foretell.probes.inputs import Inputs
from foretell.probes.protocol import Block
from foretell.probes.targets import Target
from foretell.probes.trials import Trial, run_trials
from foretell.progress import progress
from foretell.statistics import percentile_interval, sample_and_resamples

Part = tuple[int, int, np.ndarray]  # partition, fold, mask [problems] of the problems that are held out


@dataclass(frozen=True)
class CrossFit:
    """What is predicted from what.

    Attributes:
        questions: [problems] texts.
        outcomes: per policy: problem_id, group, majority_correct, in the questions' order.
        families: of text predictors (`foretell.probes.families`).
        strengths: L2 penalties to choose from.
        inner_folds: of the cross-validation inside the problems that a fit sees.
        seed: of the inner folds.
    """

    questions: np.ndarray
    outcomes: dict[str, pd.DataFrame]
    families: list[str]
    strengths: list[float]
    inner_folds: int
    seed: int

    def predict(self, part: Part) -> dict[tuple[str, str], pd.DataFrame]:
        """Predict every policy's majority_correct on every problem from the problems that are not held out.

        Returns:
            Per policy and family: partition, fold, problem_id, split (`test` for the held-out problems, whose scores
            are of the refit, else `train`, out of fold), score (log odds), probability (after Platt scaling on train,
            or its base rate where nothing could be trained).
        """
        partition, fold, held = part
        rows = np.flatnonzero(~held)
        labels = {policy: frame.majority_correct.to_numpy(dtype=float) for policy, frame in self.outcomes.items()}
        first = next(iter(self.outcomes.values()))
        strata = np.column_stack(list(labels.values()))[rows]
        folds = assign_folds(first.group.to_numpy()[rows], strata, self.inner_folds, self.seed)
        targets = [Target(policy, True, values, rows, folds) for policy, values in labels.items()]
        head = pd.DataFrame({"partition": partition, "fold": fold, "problem_id": first.problem_id})
        head["split"] = np.where(held, "test", "train")
        predictions = {}
        for family, blocks in self._blocks.items():
            results = run_trials(blocks, [Trial(target, family, None, target.labels[rows]) for target in targets])
            for target, result in zip(targets, results, strict=True):
                predictions[target.name, family] = _predicted(head, target, result)
        return predictions

    @cached_property
    def _blocks(self) -> dict[str, list[Block]]:
        inputs = Inputs(next(iter(self.outcomes.values())), self.questions, token_ids=None, activations=None)
        return {
            family: build(inputs, tuple(self.strengths))
            for build, names in BUILDERS
            for family in names
            if family in self.families
        }


def cross_fit(task: CrossFit, parts: list[Part], workers: int) -> dict[tuple[str, str], pd.DataFrame]:
    """`CrossFit.predict` of every part, one after the other in one table per policy and family.

    Args:
        task: what is predicted from what.
        parts: as `partitions` gives them.
        workers: processes.
    """
    with ProcessPoolExecutor(workers, get_context("spawn"), _set_task, (task,)) as pool:
        done = list(progress(pool.map(_predict, parts), "folds", len(parts)))
    return {key: pd.concat([each[key] for each in done], ignore_index=True) for key in done[0]}


def _set_task(task: CrossFit) -> None:
    """Keep the task in a worker process, so that its n-grams are counted once there; workers share the cores."""
    threadpool_limits(1)
    global _task
    _task = task


def _predict(part: Part) -> dict[tuple[str, str], pd.DataFrame]:
    return _task.predict(part)


def partitions(groups: np.ndarray, folds: int, number: int, seed: int) -> list[Part]:
    """Random partitions of whole groups into folds."""
    found = []
    for partition in range(number):
        fold_of = assign_folds(groups, np.empty((len(groups), 0)), folds, seed * 1000 + partition)
        found += [(partition, fold, fold_of == fold) for fold in range(folds)]
    return found


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


def _predicted(head: pd.DataFrame, target: Target, result) -> pd.DataFrame:
    if result is None:
        known = target.labels[target.rows]
        return head.assign(score=np.nan, probability=(known.sum() + 1) / (len(known) + 2))
    return head.assign(score=result.scores, probability=result.platt.probability(result.scores))
