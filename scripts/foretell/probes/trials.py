"""Label columns on their way through the protocol."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from foretell.probes.calibration import Platt, fit_platt
from foretell.probes.protocol import Block, Choice, Refit, cross_validate, refit, why_untrainable
from foretell.probes.targets import LabelledTarget


@dataclass(frozen=True)
class Trial:
    """A target with the labels that a probe is fitted to.

    Attributes:
        target: gives problems and folds.
        family: that it is for.
        permutation: number of the control's permutation, else None.
        labels: [n] of the target's train problems, permuted for the control.
    """

    target: LabelledTarget
    family: str
    permutation: int | None
    labels: np.ndarray

    @property
    def why_untrainable(self) -> str | None:
        """Why the labels cannot go through the protocol; None if they can."""
        if self.family == self.target.name:
            return "the feature is the target itself"
        return why_untrainable(self.labels, self.target.binary, self.target.folds)


@dataclass(frozen=True)
class Result:
    """What became of a trial.

    Attributes:
        choice: of the cross-validation.
        candidate: description of the chosen one.
        refit: on all train problems.
        scores: [problems] out of fold for those that it was fitted to, else from the refit.
        platt: from the out-of-fold scores; None for a regression.
    """

    choice: Choice
    candidate: dict
    refit: Refit
    scores: np.ndarray
    platt: Platt | None


def run_trials(blocks: Sequence[Block], trials: Sequence[Trial]) -> list[Result | None]:
    """Take trials through the protocol, those with the same problems together; None for what cannot be trained."""
    results: list[Result | None] = [None] * len(trials)
    trainable = [index for index, trial in enumerate(trials) if not trial.why_untrainable]
    for places in _with_same_problems(trials, trainable):
        for place, result in zip(places, _run_together(blocks, [trials[place] for place in places]), strict=True):
            results[place] = result
    return results


def _with_same_problems(trials: Sequence[Trial], places: list[int]) -> list[list[int]]:
    alike: dict[bytes, list[int]] = {}
    for place in places:
        alike.setdefault(trials[place].target.rows.tobytes(), []).append(place)
    return list(alike.values())


def _run_together(blocks: Sequence[Block], trials: Sequence[Trial]) -> Iterator[Result]:
    target = trials[0].target
    problems = len(target.labels)
    others = np.setdiff1d(np.arange(problems), target.rows)
    labels = np.column_stack([trial.labels for trial in trials])
    binary = np.array([trial.target.binary for trial in trials])
    criteria = [trial.target.criterion for trial in trials]
    choices = cross_validate(blocks, target.rows, labels, binary, criteria, target.folds)
    refits = refit(blocks, choices, target.rows, labels, binary, others)
    for trial, choice, fitted in zip(trials, choices, refits, strict=True):
        scores = np.empty(problems)
        scores[target.rows], scores[others] = choice.out_of_fold, fitted.scores
        platt = fit_platt(choice.out_of_fold, trial.labels) if trial.target.binary else None
        yield Result(choice, blocks[choice.block].candidates[choice.candidate], fitted, scores, platt)
