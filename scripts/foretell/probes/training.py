"""Train every family of probes for every target of one policy."""

from collections.abc import Iterator

import pandas as pd

from foretell.probes.artefacts import Probe, describe, predictions_of, sweep_of, tensors_of
from foretell.probes.evaluation import Evaluation
from foretell.probes.families import BUILDERS, PERMUTED
from foretell.probes.inputs import Inputs
from foretell.probes.protocol import Block
from foretell.probes.settings import Settings
from foretell.probes.targets import Target, permute, read_targets
from foretell.probes.trials import Result, Trial, run_trials


def train_probes(inputs: Inputs, settings: Settings) -> Iterator[Probe]:
    """Train each family for each target, family by family.

    Nothing is chosen on validation or test. Targets with the same labelled train problems share decompositions, and so
    do the linear probe and its permuted-label control.

    The control takes the whole protocol of the linear probe, on train labels that are shuffled among the train
    problems, several times over; it is evaluated against the true labels.

    Raises:
        UserError: the outcomes lack a target, a target has fewer labelled train problems than folds, an activation is
            not finite.
    """
    targets = read_targets(inputs.outcomes, settings)
    evaluation = Evaluation(inputs.outcomes, settings.resamples, settings.seed)
    for build, names in BUILDERS:
        wanted = [(family, target) for family in names if family in settings.families for target in targets]
        if not wanted:
            continue
        blocks = build(inputs, tuple(settings.strengths))
        trials = [_trials(family, target, inputs.outcomes, settings) for family, target in wanted]
        results = iter(run_trials(blocks, [trial for group in trials for trial in group]))
        for group in trials:
            yield _probe(blocks, group, [next(results) for _ in group], inputs.outcomes, evaluation)


def _trials(family: str, target: Target, outcomes: pd.DataFrame, settings: Settings) -> list[Trial]:
    if family != PERMUTED:
        return [Trial(target, family, None, target.labels[target.rows])]
    problem_ids = outcomes.problem_id.to_numpy()
    return [
        Trial(target, family, number, permute(target, problem_ids, settings.seed, number))
        for number in range(settings.permutations)
    ]


def _probe(
    blocks: list[Block],
    trials: list[Trial],
    results: list[Result | None],
    outcomes: pd.DataFrame,
    evaluation: Evaluation,
) -> Probe:
    """What the trials of one family and target amount to."""
    target, family = trials[0].target, trials[0].family
    reason = next((trial.why_untrainable for trial in trials if trial.why_untrainable), None)
    done = [] if reason else results  # a control that lacks a permutation is not the one that was asked for
    return Probe(
        target=target.name,
        family=family,
        sweep=sweep_of(blocks, trials, done),
        predictions=predictions_of(outcomes, trials, done),
        metrics=evaluation.metrics(target, done),
        description=describe(trials, done, reason, evaluation.counts(target)),
        tensors=tensors_of(trials, done),
    )
