"""The protocol that every family of probes goes through: choose by cross-validation on train, refit on all of it.

A family is a list of blocks. A block is a list of candidates that share work, such as the strengths of one layer and
position, or the stages of one boosted model. Label columns are independent problems that share the features.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from foretell.probes.criteria import SelectionCriterion

RARER_CLASS = 10  # train problems of the rarer class below which no probe is fitted


class Fitted(Protocol):
    """Models of one block, one per label column and candidate."""

    def scores(self, rows: np.ndarray) -> np.ndarray:
        """[rows, columns, candidates] scores of problems; log odds where the column is binary."""

    def diagnostics(self, column: int, candidate: int) -> dict:
        """What is to be recorded about one model's fit."""


@runtime_checkable
class KeptFit(Fitted, Protocol):
    """Models that can be kept."""

    def tensors(self, column: int, candidate: int) -> dict[str, np.ndarray]:
        """What scores a problem that was not there: weight, bias and what features are made of.

        All are float64, but for n-grams, which are bytes.
        """


class Block(Protocol):
    """Candidates that share work."""

    @property
    def candidates(self) -> list[dict]:
        """One description per candidate."""

    def fit(self, rows: np.ndarray, labels: np.ndarray, binary: np.ndarray, search: bool = False) -> Fitted:
        """Fit every candidate to labels [rows, columns] of the problems `rows`.

        `binary` [columns] tells the labels' kind. Where `search`, the fit only serves to compare candidates, and what
        is iterated may stop earlier.
        """


@dataclass(frozen=True)
class Choice:
    """What cross-validation found for one label column.

    Attributes:
        block: index of the chosen block.
        candidate: index within the block.
        values: [candidates of all blocks, folds] criterion on the held-out fold; NaN where the fold's labels leave it
            undefined. A constant score has the value of chance.
        best: row of `values` that was chosen: the largest mean over folds, the first of equals.
        out_of_fold: [train rows] the chosen candidate's score of each row, from the fit that did not see it.
    """

    block: int
    candidate: int
    values: np.ndarray
    best: int
    out_of_fold: np.ndarray


def cross_validate(
    blocks: Sequence[Block],
    rows: np.ndarray,
    labels: np.ndarray,
    binary: np.ndarray,
    criteria: Sequence[SelectionCriterion],
    folds: np.ndarray,
) -> list[Choice]:
    """Choose a candidate for each label column by the mean of its criterion over folds.

    Args:
        blocks: the family.
        rows: [n] train problems.
        labels: [n, columns]. Every fold's complement has both classes of a binary column.
        binary: [columns].
        criteria: [columns].
        folds: [n] fold of each row.

    Returns:
        One choice per column.
    """
    columns = range(labels.shape[1])
    values = []
    best: list[tuple[float, int, int, np.ndarray]] = [(-np.inf, 0, 0, np.empty(0))] * len(columns)
    for index, block in enumerate(blocks):
        scores = _out_of_fold(block, rows, labels, binary, folds)
        values.append(_fold_values(labels, scores, criteria, folds))
        means = np.nanmean(values[-1], axis=1)  # [columns, candidates]
        for column in columns:
            candidate = int(np.argmax(means[column]))
            if means[column, candidate] > best[column][0]:
                chosen = scores[:, column, candidate].copy()
                best[column] = (means[column, candidate], index, candidate, chosen)
    starts = np.cumsum([0] + [len(block.candidates) for block in blocks])
    merged = np.concatenate(values, axis=2)
    return [
        Choice(block, candidate, merged[column].T, int(starts[block]) + candidate, scores)
        for column, (_, block, candidate, scores) in enumerate(best)
    ]


@dataclass(frozen=True)
class Refit:
    """One column's chosen candidate, fitted to all train rows.

    Attributes:
        scores: [problems that it was not fitted to], in their order.
        fitted, column: the block's models, and which of their columns this is.
    """

    scores: np.ndarray
    fitted: Fitted
    column: int


def refit(
    blocks: Sequence[Block],
    choices: Sequence[Choice],
    rows: np.ndarray,
    labels: np.ndarray,
    binary: np.ndarray,
    others: np.ndarray,
) -> list[Refit]:
    """Fit each column's chosen candidate to all train rows, and score the problems `others`."""
    refits = {}
    for index in sorted({choice.block for choice in choices}):
        columns = [column for column, choice in enumerate(choices) if choice.block == index]
        fitted = blocks[index].fit(rows, labels[:, columns], binary[columns])
        scores = fitted.scores(others)
        for place, column in enumerate(columns):
            refits[column] = Refit(scores[:, place, choices[column].candidate], fitted, place)
    return [refits[column] for column in range(len(choices))]


def why_untrainable(labels: np.ndarray, binary: bool, folds: np.ndarray) -> str | None:
    """Why one column of train labels [n] cannot go through the protocol; None if it can."""
    if not len(labels):
        return "no train problem has a label"
    if np.ptp(labels) == 0:
        return f"all {len(labels)} train labels are {labels[0]:g}"
    rarer = int(min(labels.sum(), (1 - labels).sum()))
    if binary and rarer < RARER_CLASS:
        return f"the rarer class has {rarer} of {len(labels)} train problems; a probe needs {RARER_CLASS}"
    splits = [(labels[folds != fold], labels[folds == fold]) for fold in np.unique(folds)]
    if binary and any(np.ptp(kept) == 0 for kept, _ in splits):
        return "a fold's training part has one class only"
    if all(np.ptp(held) == 0 for _, held in splits):
        return "no fold holds two different labels, so that no candidate can be judged"
    return None


def _out_of_fold(
    block: Block, rows: np.ndarray, labels: np.ndarray, binary: np.ndarray, folds: np.ndarray
) -> np.ndarray:
    """[rows, columns, candidates] scores, each from a fit to the other folds."""
    scores = np.empty((*labels.shape, len(block.candidates)))
    for fold in np.unique(folds):
        held = folds == fold
        scores[held] = block.fit(rows[~held], labels[~held], binary, search=True).scores(rows[held])
    return scores


def _fold_values(
    labels: np.ndarray, scores: np.ndarray, criteria: Sequence[SelectionCriterion], folds: np.ndarray
) -> np.ndarray:
    """[columns, folds, candidates] criterion on each held-out fold."""
    found = np.full((labels.shape[1], len(np.unique(folds)), scores.shape[2]), np.nan)
    columns_of = {criterion: np.array([other == criterion for other in criteria]) for criterion in criteria}
    for place, fold in enumerate(np.unique(folds)):
        held = folds == fold
        varying = np.ptp(labels[held], axis=0) > 0
        for criterion, with_criterion in columns_of.items():
            columns = with_criterion & varying
            found[columns, place] = criterion.of_candidates(labels[held][:, columns], scores[held][:, columns])
    return found
