"""Imported predictions: probabilities of a right majority vote, however they were made."""

import numpy as np
import pandas as pd
from scipy.special import logit

from foretell.common.errors import UserError
from foretell.common.frames import require
from foretell.common.incomplete import Missing
from foretell.common.tables import RunOrTable
from foretell.completions.imported import check_pairs
from foretell.probes.calibration import Platt, fit_platt

_LEAST = 1e-6  # probabilities are kept this far from 0 and 1, where log odds end


class PredictionSettings(RunOrTable):
    """How a policy's predictions are read."""

    recalibrate: bool = False
    """Whether probabilities are scaled on validation."""
    missing: Missing = "error"
    """Unless it is `error`, rows of unknown problems are left out."""


def import_predictions(frame: pd.DataFrame, outcomes: pd.DataFrame, missing: Missing = "error") -> pd.DataFrame:
    """Predictions of one policy in the form of the probes stage, in the outcomes' order.

    Args:
        frame: problem_id, probability in [0, 1], taken as it is.
        outcomes: problem_id, split.
        missing: unless it is `error`, rows of problems without an outcome are left out.

    Returns:
        problem_id, split, score (log odds), probability.

    Raises:
        UserError: a column is missing, a problem is unknown, missing or there twice, a probability is none.
    """
    require(frame, ["problem_id", "probability"], "the file under 'predictions', whose columns its key 'columns' maps")
    if missing != "error":
        frame = frame[frame.problem_id.isin(outcomes.problem_id)]
    check_pairs(frame.assign(sample=0), outcomes.assign(excluded_reason=pd.NA))
    probability = pd.to_numeric(frame.set_index("problem_id").probability, errors="coerce")
    probability = probability.loc[outcomes.problem_id].to_numpy(dtype=float)
    if not ((probability >= 0) & (probability <= 1)).all():
        odd = outcomes.problem_id[~((probability >= 0) & (probability <= 1))].iloc[0]
        raise UserError(f"predictions: the probability of problem {odd!r} is none: it must lie in [0, 1]")
    score = logit(np.clip(probability, _LEAST, 1 - _LEAST))
    return outcomes[["problem_id", "split"]].reset_index(drop=True).assign(score=score, probability=probability)


def scaled(predictions: pd.DataFrame, labels: np.ndarray) -> tuple[pd.DataFrame, Platt]:
    """Predictions with probabilities by Platt scaling, fitted on validation to the log odds of those that are given.

    Args:
        predictions: problem_id, split, score (log odds), probability.
        labels: [n] 0 or 1; those of other splits play no part.

    Raises:
        UserError: all problems of validation are right, or all are wrong.
    """
    rows = predictions.split.eq("validation").to_numpy()
    if len(set(labels[rows])) < 2:
        raise UserError(
            "predictions: all problems of validation are of one class, to which nothing can be scaled; leave out "
            "'recalibrate'"
        )
    score = predictions.score.to_numpy(float)
    platt = fit_platt(score[rows], labels[rows])
    return predictions.assign(probability=platt.probability(score)), platt
