"""Metrics of problem sets whose problems are each predicted from fits to others; intervals hold for those fits."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from foretell.common.errors import UserError
from foretell.evaluation.by_split import Sample
from foretell.evaluation.catalogue import METRICS, PROBABILITY, SCORE, Metric, metrics_of
from foretell.evaluation.measured import FIRST_PARTITION, TEST, UNDEFINED, Measured
from foretell.evaluation.resampling import Resampling
from foretell.probes.targets import TARGETS


def measure_cross_fitted(
    policy: str, target: str, predictions: Mapping[str, pd.DataFrame], outcomes: pd.DataFrame, resampling: Resampling
) -> Iterator[Measured]:
    """Metrics of held-out predictions.

    How well scores rank is computed within each held-out fold, where all are of one fit, and averaged over folds and
    partitions: pooled over folds it is biased downwards, because a fit without a class's problems scores that class
    lower. Beside it stands its mean over the first partition, which permutations are predicted in. Metrics of
    probabilities are computed within each partition and averaged.

    Args:
        policy, target: names.
        predictions: per family: partition, fold, problem_id, split (`test` for the held-out problems), score (null
            where nothing could be trained), probability.
        outcomes: problem_id, group and what the target is read from; every problem has a label.
        resampling: of the groups.

    Raises:
        UserError: a partition does not hold out every problem once.
    """
    sample = Sample.of(policy, target, TEST, outcomes.assign(split=TEST), resampling)
    problem_ids = pd.Index(outcomes.problem_id.iloc[sample.rows])
    metrics = [METRICS[name] for name in metrics_of(TARGETS[target])]
    for family, frame in predictions.items():
        held = frame[frame.split == TEST]
        _require_all(held, problem_ids, f"{policy}, {target}, {family}")
        held = held.assign(place=problem_ids.get_indexer(held.problem_id))
        for metric in metrics:
            if metric.values == SCORE:
                found = _within_folds(metric, held, sample)
                yield _mean(metric, "", found, sample, family)
                first = [values for partition, values in found if partition == 0]
                yield _mean(metric, FIRST_PARTITION, [(0, values) for values in first], sample, family)
            elif metric.values == PROBABILITY:
                yield _mean(metric, "", _within_partitions(metric, held, sample), sample, family)


def _require_all(held: pd.DataFrame, problem_ids: pd.Index, what: str) -> None:
    for partition, frame in held.groupby("partition"):
        if len(frame) != len(problem_ids) or set(frame.problem_id) != set(problem_ids):
            raise UserError(
                f"predictions of {what}: partition {partition} must hold out each of the {len(problem_ids)} labelled "
                "problems once; make the predictions anew from these outcomes"
            )


def _within_folds(metric: Metric, held: pd.DataFrame, sample: Sample) -> list[tuple[int, np.ndarray]]:
    """Partition and [1 + resamples] of every fold that was predicted and whose labels differ."""
    return [
        (partition, _of_rows(metric, fold, sample))
        for (partition, _), fold in held.groupby(["partition", "fold"])
        if fold.score.notna().all() and np.ptp(sample.labels[fold.place])
    ]


def _within_partitions(metric: Metric, held: pd.DataFrame, sample: Sample) -> list[tuple[int, np.ndarray]]:
    return [(partition, _of_rows(metric, whole, sample)) for partition, whole in held.groupby("partition")]


def _of_rows(metric: Metric, rows: pd.DataFrame, sample: Sample) -> np.ndarray:
    places = rows.place.to_numpy()
    return metric.function(sample.labels[places], rows[metric.values].to_numpy(float), sample.weights[:, places])


def _mean(metric: Metric, suffix: str, found: list[tuple[int, np.ndarray]], sample: Sample, family: str) -> Measured:
    name = metric.name + suffix
    if too_few := sample.too_few_for(metric):
        return sample.measured(name, None, too_few, family)
    if not found:
        return sample.measured(name, None, UNDEFINED, family)
    return sample.measured(name, np.nanmean([values for _, values in found], axis=0), "", family)
