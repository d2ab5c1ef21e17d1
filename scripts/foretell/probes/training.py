"""Train every family of probes for every target, of one policy or of all at once."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from foretell.probes.artefacts import Probe, describe, predictions_of, sweep_of, tensors_of
from foretell.probes.calibration import recalibrate
from foretell.probes.families import Family, by_builder, jointly_fitted
from foretell.probes.inputs import SPLITS, Inputs
from foretell.probes.protocol import Block
from foretell.probes.settings import JointSettings, ProbeSettings
from foretell.probes.targets import LabelledTarget, permute, read_target_of_policies, read_targets
from foretell.probes.trials import Result, Trial, run_trials


def train_probes(inputs: Inputs, settings: ProbeSettings) -> Iterator[Probe]:
    """Train each family for each target, family by family.

    Nothing is chosen on validation or test. Targets with the same labelled train problems share decompositions, and so
    do the linear probe and its permuted-label control.

    The control takes the whole protocol of the linear probe, on train labels that are shuffled among the train
    problems, several times over.

    Raises:
        UserError: the outcomes lack a target, a target has fewer labelled train problems than folds, an activation is
            not finite.
    """
    targets = read_targets(inputs.outcomes, settings.targets, settings.folds, settings.seed)
    for build, families in by_builder(settings.families):
        blocks = build(inputs, tuple(settings.strengths))
        trials = [_trials(family, target, inputs.outcomes, settings) for family in families for target in targets]
        results = iter(run_trials(blocks, [trial for group in trials for trial in group]))
        for group in trials:
            probe = _probe(blocks, group, [next(results) for _ in group], inputs.outcomes)
            yield _recalibrated(probe, group[0].target) if settings.recalibrate else probe


def train_joint_probes(
    inputs: Inputs, outcomes: dict[str, pd.DataFrame], settings: JointSettings
) -> Iterator[tuple[str, Probe]]:
    """Train the families that are fitted to all policies at once, for each target.

    Nothing is chosen on validation or test, and a fold holds out a problem for every policy. A policy that cannot be
    trained takes no part; those with other labelled train problems are fitted apart. Each policy has the rank and
    strength that rank its own problems best.

    Args:
        inputs: of any of the policies.
        outcomes: per policy: problem_id, split, group and what targets are read from, of the inputs' problems.
        settings: how.

    Returns:
        Policies with their probes.

    Raises:
        UserError: the outcomes lack a target, a target has fewer labelled train problems than folds.
    """
    ids = inputs.outcomes.problem_id
    aligned = {  # by name, so that the order of the configuration does not change how sums are rounded
        policy: outcomes[policy].set_index("problem_id").loc[ids].reset_index() for policy in sorted(outcomes)
    }
    for family in jointly_fitted(settings.families):
        blocks = family.build_jointly(inputs, tuple(settings.strengths))
        for name in settings.targets:
            targets = read_target_of_policies(aligned, name, settings.folds, settings.seed)
            trials = [Trial(target, family.name, None, target.labels[target.rows]) for target in targets.values()]
            for policy, trial, result in zip(targets, trials, run_trials(blocks, trials), strict=True):
                yield policy, _probe(blocks, [trial], [result], aligned[policy])


def _trials(family: Family, target: LabelledTarget, outcomes: pd.DataFrame, settings: ProbeSettings) -> list[Trial]:
    if not family.control:
        return [Trial(target, family.name, None, target.labels[target.rows])]
    problem_ids = outcomes.problem_id.to_numpy()
    return [
        Trial(target, family.name, number, permute(target, problem_ids, settings.seed, number))
        for number in range(settings.permutations)
    ]


def _probe(blocks: list[Block], trials: list[Trial], results: list[Result | None], outcomes: pd.DataFrame) -> Probe:
    """What the trials of one family and target amount to."""
    target, family = trials[0].target, trials[0].family
    reason = next((trial.why_untrainable for trial in trials if trial.why_untrainable), None)
    # A control that lacks a permutation is not the one that was asked for.
    done = [] if reason else [result for result in results if result is not None]
    return Probe(
        target=target.name,
        family=family,
        sweep=sweep_of(blocks, trials, done),
        predictions=predictions_of(outcomes, trials, done),
        description=describe(trials, done, reason, _labelled(target, outcomes)),
        tensors=tensors_of(trials, done),
    )


def _recalibrated(probe: Probe, target: LabelledTarget) -> Probe:
    return replace(probe, predictions=recalibrate(probe.predictions, target.labels, "validation"))


def _labelled(target: LabelledTarget, outcomes: pd.DataFrame) -> dict[str, int]:
    """Labelled problems per split."""
    known = ~np.isnan(target.labels)
    return {split: int((known & outcomes.split.eq(split).to_numpy()).sum()) for split in SPLITS}
