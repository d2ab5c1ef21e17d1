"""Everything that is measured on one problem set."""

from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import chain
from multiprocessing import get_context

import pandas as pd

from foretell.common.errors import UserError
from foretell.evaluation.by_split import Sample, measure, measure_outcomes, measure_splits
from foretell.evaluation.catalogue import METRICS, SCORE, metrics_of
from foretell.evaluation.cross_fitted import measure_cross_fitted
from foretell.evaluation.measured import TEST, Measured, differences_table, metrics_table, resamples_table
from foretell.evaluation.predicted import align
from foretell.evaluation.resampling import Resampling
from foretell.evaluation.settings import ProbeEvaluationSettings
from foretell.probes.families import FAMILIES, LINEAR
from foretell.probes.targets import TARGETS

MAJORITY = "majority_correct"  # whose base rate is the policy's accuracy, and which encoders are compared by

Key = tuple[str, str, str]  # policy, target, family


@dataclass(frozen=True)
class Evaluation:
    """The tables of one problem set.

    Attributes:
        metrics: with `measured.METRIC_COLUMNS`: every metric of every family on every split; family is empty for what
            is known from outcomes alone, encoder null but for rows read from one of several encoders.
        differences: with `measured.DIFFERENCE_COLUMNS`, on test: the linear probe minus each other family, and a
            policy's own encoder minus each other one, on the same resamples.
        resamples: with `measured.RESAMPLE_COLUMNS`, on test: for what is averaged over policies.
    """

    metrics: pd.DataFrame
    differences: pd.DataFrame
    resamples: pd.DataFrame


@dataclass(frozen=True)
class _Policy:
    """What one policy's job needs."""

    name: str
    outcomes: pd.DataFrame
    predictions: dict[tuple[str, str], pd.DataFrame]  # by target and family
    encoders: dict[str, pd.DataFrame]


def evaluate(
    outcomes: Mapping[str, pd.DataFrame],
    predictions: Mapping[Key, pd.DataFrame],
    encoders: Mapping[str, pd.DataFrame],
    settings: ProbeEvaluationSettings,
    workers: int = 1,
) -> Evaluation:
    """Measure everything that is predicted on one problem set.

    Args:
        outcomes: per policy, as the outcomes stage has them; the order of the tables' rows.
        predictions: as the probes stage has them; several fits have a column permutation, cross-fitted ones partition
            and fold.
        encoders: per encoder: policy, problem_id, split, score of MAJORITY.
        settings: protocol.
        workers: processes, over policies; the result does not depend on it.

    Raises:
        UserError: a name is unknown, or a problem with a label is not predicted.
    """
    _check_names(outcomes, predictions, encoders, settings)
    policies = [
        _Policy(
            policy,
            frame,
            {(target, family): each for (name, target, family), each in predictions.items() if name == policy},
            {name: each[each.policy == policy] for name, each in encoders.items() if policy in settings.own_encoders},
        )
        for policy, frame in outcomes.items()
    ]
    resampling = Resampling(settings.resamples, settings.seed, settings.fewest_per_class)
    job = partial(_measure, resampling=resampling)
    if workers == 1:
        measured = list(chain.from_iterable(map(job, policies)))
    else:
        with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
            measured = list(chain.from_iterable(pool.map(job, policies)))
    return Evaluation(
        metrics_table(measured),
        differences_table(measured, LINEAR, settings.own_encoders),
        resamples_table(measured),
    )


def _check_names(
    outcomes: Mapping[str, pd.DataFrame],
    predictions: Mapping[Key, pd.DataFrame],
    encoders: Mapping[str, pd.DataFrame],
    settings: ProbeEvaluationSettings,
) -> None:
    known: dict[str, list[str]] = {"policy": [*outcomes], "target": [*TARGETS], "family": [*FAMILIES]}
    for key in predictions:
        for name, (kind, names) in zip(key, known.items(), strict=True):
            if name not in names:
                raise UserError(f"predictions {'/'.join(key)}: there is no {kind} {name!r}; known: {', '.join(names)}")
    if predictions and (
        unpredicted := [name for name in outcomes if name not in {policy for policy, *_ in predictions}]
    ):
        raise UserError(
            f"policy {unpredicted[0]!r} stands in --outcomes but in none of --predictions; give both or none"
        )
    for policy, encoder in settings.own_encoders.items():
        if policy not in outcomes or encoder not in encoders:
            raise UserError(f"key 'own_encoders': {policy!r} needs outcomes, and its encoder {encoder!r} a table")


def _measure(policy: _Policy, resampling: Resampling) -> list[Measured]:
    targets = list(dict.fromkeys(target for target, _ in policy.predictions))
    found = list(measure_outcomes(policy.name, list(dict.fromkeys([MAJORITY, *targets])), policy.outcomes, resampling))
    for target in targets:
        frames = {family: frame for (name, family), frame in policy.predictions.items() if name == target}
        if any("fold" in frame for frame in frames.values()):
            found += measure_cross_fitted(policy.name, target, frames, policy.outcomes, resampling)
            continue
        predicted = [
            align(frame, policy.outcomes, family, f"predictions {policy.name}/{target}/{family}")
            for family, frame in frames.items()
        ]
        found += measure_splits(policy.name, target, predicted, policy.outcomes, resampling)
    return found + _measure_encoders(policy, resampling)


def _measure_encoders(policy: _Policy, resampling: Resampling) -> list[Measured]:
    """How well MAJORITY is ranked on test by what is read from each encoder."""
    if not policy.encoders:
        return []
    read = [
        align(frame, policy.outcomes, LINEAR, f"predictions from encoder {encoder} of {policy.name}", encoder)
        for encoder, frame in policy.encoders.items()
    ]
    metrics = [name for name in metrics_of(TARGETS[MAJORITY]) if METRICS[name].values == SCORE]
    sample = Sample.of(policy.name, MAJORITY, TEST, policy.outcomes, resampling)
    return measure(sample, read, metrics, policy.outcomes, resampling.seed)
