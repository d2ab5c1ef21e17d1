"""Predictions brought into the order of the outcomes."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit

from foretell.common.errors import UserError
from foretell.evaluation.catalogue import PROBABILITY, PROBABILITY_TRAIN, SCORE, UNCALIBRATED
from foretell.probes.families import FAMILIES


@dataclass(frozen=True)
class Predicted:
    """What one family, or one encoder, predicts of one target.

    Attributes:
        family: key of FAMILIES.
        encoder: that was read, where several are compared; else None.
        values: per kind of values, [fits, problems]; NaN where a problem is not predicted. A control is only measured
            by its scores: its calibration would say nothing.
        listed: [problems] whether a problem stands among the predictions.
    """

    family: str
    encoder: str | None
    values: dict[str, np.ndarray]
    listed: np.ndarray


def align(
    predictions: pd.DataFrame, outcomes: pd.DataFrame, family: str, what: str, encoder: str | None = None
) -> Predicted:
    """Put predictions into the outcomes' order.

    Args:
        predictions: problem_id, score, probability; of recorded scores also probability_train; of several fits
            permutation, every fit of the same problems.
        outcomes: problem_id.
        family, encoder: that the predictions are of.
        what: the predictions, for messages.

    Raises:
        UserError: a problem is predicted twice by one fit, or not by every fit, or is unknown.
    """
    ids = outcomes.problem_id
    fit_of_row, fits = np.zeros(len(predictions), dtype=int), 1
    if "permutation" in predictions:
        fit_of_row, distinct = pd.factorize(predictions.permutation, sort=True)
        fits = len(distinct)
    place_of_row = pd.Index(ids).get_indexer(predictions.problem_id)
    times = np.zeros((fits, len(ids)), dtype=int)
    np.add.at(times, (fit_of_row, place_of_row), 1)
    if (place_of_row < 0).any() or times.max(initial=0) > 1 or (times != times[0]).any():
        raise UserError(f"{what}: each fit must predict the same problems of the outcomes, each once")
    values = {}
    for kind in [SCORE] if FAMILIES[family].control else [SCORE, PROBABILITY, PROBABILITY_TRAIN]:
        if kind in predictions:
            values[kind] = np.full((fits, len(ids)), np.nan)
            values[kind][fit_of_row, place_of_row] = predictions[kind].to_numpy(float)
    if PROBABILITY in values:  # the base rate that stands for a missing probe is no probe
        values = {kind: np.where(np.isnan(values[SCORE]), np.nan, each) for kind, each in values.items()}
        values[UNCALIBRATED] = expit(values[SCORE])
    return Predicted(family, encoder, values, times[0] == 1)
