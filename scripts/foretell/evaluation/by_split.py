"""Metrics of probes, and of the outcomes alone, on each split."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from foretell.common.errors import UserError
from foretell.common.metrics import spearman, weighted_mean
from foretell.common.statistics import mean_over_fits
from foretell.evaluation.catalogue import METRICS, NOTHING, Metric, metrics_of
from foretell.evaluation.measured import (
    LENGTH_SPEARMAN,
    NO_LABEL,
    NO_TOKENS,
    NOT_TRAINED,
    SHIFT,
    TEST,
    TOO_FEW,
    Measurand,
    Measured,
)
from foretell.evaluation.predicted import Predicted
from foretell.evaluation.resampling import Resampling
from foretell.probes.targets import TARGETS

TRAIN = "train"
SPLITS = (TRAIN, "validation", TEST)


@dataclass(frozen=True)
class Sample:
    """The labelled problems of one split.

    Attributes:
        policy, target, split: names.
        labels: [n].
        rows: [n] their places among the outcomes.
        weights: [1 + resamples, n].
        fewest_per_class: problems of the rarer class below which some metrics are not reported.
    """

    policy: str
    target: str
    split: str
    labels: np.ndarray
    rows: np.ndarray
    weights: np.ndarray
    fewest_per_class: int

    @classmethod
    def of(cls, policy: str, target: str, split: str, outcomes: pd.DataFrame, resampling: Resampling) -> "Sample":
        """The labelled problems among the outcomes: problem_id, split, group and what the target is read from."""
        labels = TARGETS[target].labels(outcomes)
        rows = np.flatnonzero(outcomes.split.eq(split).to_numpy() & ~np.isnan(labels))
        weights = resampling.weights(outcomes.iloc[rows])
        return cls(policy, target, split, labels[rows], rows, weights, resampling.fewest_per_class)

    def too_few_for(self, metric: Metric) -> str:
        """Why a metric is not reported of so few problems; empty where it is."""
        rarer = min(np.sum(self.labels), np.sum(1 - self.labels))
        return TOO_FEW.format(self.fewest_per_class) if metric.both_classes and rarer < self.fewest_per_class else ""

    def measured(
        self, metric: str, values: np.ndarray | None, reason: str = "", family: str = "", encoder: str | None = None
    ) -> Measured:
        """What was measured of a family, or of the outcomes alone; no values where the reason says why."""
        counts: tuple[int | None, int | None] = (None, None)
        if TARGETS[self.target].binary:
            counts = (int(self.labels.sum()), int((1 - self.labels).sum()))
        known = np.full(len(self.weights), np.nan) if values is None else values
        measurand = Measurand(self.policy, self.target, family, encoder, self.split)
        return Measured(measurand, metric, known, len(self.rows), *counts, reason)


def measure_splits(
    policy: str, target: str, predicted: Sequence[Predicted], outcomes: pd.DataFrame, resampling: Resampling
) -> Iterator[Measured]:
    """Every metric of a target, of everything that predicts it, on every split that is predicted.

    Train problems are scored out of fold; their calibrated metrics are of the scores that Platt scaling was fitted to.

    Raises:
        UserError: a labelled problem of a split is not predicted, though others of it are.
    """
    for split in SPLITS:
        on_split = outcomes.split.eq(split).to_numpy()
        present = [each for each in predicted if each.listed[on_split].any()]
        sample = Sample.of(policy, target, split, outcomes, resampling)
        yield from measure(sample, present, metrics_of(TARGETS[target]), outcomes, resampling.seed)


def measure(
    sample: Sample, predicted: Sequence[Predicted], metrics: Sequence[str], outcomes: pd.DataFrame, seed: int
) -> list[Measured]:
    """Metrics of everything that predicts a target, on one sample.

    Args:
        sample: of the outcomes.
        predicted: in the outcomes' order.
        metrics: names; those of values that a prediction does not have are left out.
        outcomes: problem_id.
        seed: of the draws among several fits.

    Raises:
        UserError: a problem of the sample is not predicted.
    """
    for each in predicted:
        if not each.listed[sample.rows].all():
            missing = outcomes.problem_id.iloc[sample.rows[~each.listed[sample.rows]]]
            raise UserError(
                f"{sample.policy}: {len(missing)} problems of {sample.split} have a {sample.target} but no prediction "
                f"of {each.encoder or each.family!r}, the first is {missing.iloc[0]!r}; make the predictions anew from "
                "these outcomes"
            )
    found: list[list[Measured]] = [[] for _ in predicted]
    for metric in (METRICS[name] for name in metrics):
        having = [place for place, each in enumerate(predicted) if metric.values in each.values]
        scores = [predicted[place].values[metric.values][:, sample.rows] for place in having]
        for place, (values, reason) in zip(having, _evaluate(metric, sample, scores, seed), strict=True):
            each = predicted[place]
            found[place].append(sample.measured(metric.name, values, reason, each.family, each.encoder))
    return [measured for of_one in found for measured in of_one]


def _evaluate(
    metric: Metric, sample: Sample, scores: list[np.ndarray], seed: int
) -> Iterator[tuple[np.ndarray | None, str]]:
    """One metric of several predictions [fits, n]: the mean over fits [1 + resamples], or why there is none.

    All go through the metric together, so that what depends on labels and resamples alone is done once.
    """
    reasons = [_why_not(metric, sample, each) for each in scores]
    measurable = [each for each, reason in zip(scores, reasons, strict=True) if not reason]
    places = np.cumsum([0, *map(len, measurable)])
    if measurable:
        values = metric.function(sample.labels, np.concatenate(measurable), sample.weights)
    done = 0
    for reason in reasons:
        if reason:
            yield None, reason
        else:
            yield mean_over_fits(values[places[done] : places[done + 1]].T, seed), ""
            done += 1


def _why_not(metric: Metric, sample: Sample, scores: np.ndarray) -> str:
    if not len(sample.labels):
        return NO_LABEL
    untrained = NOT_TRAINED if np.isnan(scores).any() else ""
    return "; ".join(filter(None, [sample.too_few_for(metric), untrained]))


def measure_outcomes(
    policy: str, targets: Sequence[str], outcomes: pd.DataFrame, resampling: Resampling
) -> Iterator[Measured]:
    """What is known without any prediction: base rates, how they shift, and how completion tokens go with success.

    Args:
        policy: whose outcomes they are.
        targets: the binary ones have base rates.
        outcomes: problem_id, split, group, what the targets are read from, success_rate and completion_tokens.
        resampling: of the groups; train is resampled independently of test where both are compared.
    """
    for target in targets:
        samples = {split: Sample.of(policy, target, split, outcomes, resampling) for split in SPLITS}
        for metric in (METRICS[name] for name in metrics_of(TARGETS[target]) if METRICS[name].values == NOTHING):
            values = {split: _of_labels(metric, sample) for split, sample in samples.items()}
            for split, sample in samples.items():
                yield sample.measured(metric.name, values[split], "" if len(sample.rows) else NO_LABEL)
        if TARGETS[target].binary:
            yield _shift(samples[TEST], Sample.of(policy, target, TRAIN, outcomes, resampling.independent()))
    yield _lengths(Sample.of(policy, "success_rate", TEST, outcomes, resampling), outcomes)


def _of_labels(metric: Metric, sample: Sample) -> np.ndarray:
    return metric.function(sample.labels, sample.labels, sample.weights)


def _shift(test: Sample, train: Sample) -> Measured:
    """Difference of two independent base rates."""
    values = weighted_mean(test.labels, test.weights) - weighted_mean(train.labels, train.weights)
    return test.measured(SHIFT, values, "" if len(test.rows) and len(train.rows) else NO_LABEL)


def _lengths(sample: Sample, outcomes: pd.DataFrame) -> Measured:
    tokens = outcomes.completion_tokens.to_numpy(float, na_value=np.nan)[sample.rows]
    if np.isnan(tokens).any() or not len(tokens):
        return sample.measured(LENGTH_SPEARMAN, None, NO_TOKENS)
    return sample.measured(LENGTH_SPEARMAN, spearman(sample.labels, tokens, sample.weights))
