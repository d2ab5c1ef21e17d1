"""Imported predictions: probabilities of a right majority vote, however they were made."""

import numpy as np
import pandas as pd
from scipy.special import logit

from foretell.common.errors import UserError
from foretell.common.frames import require
from foretell.completions.imported import check_pairs

_LEAST = 1e-6  # probabilities are kept this far from 0 and 1, where log odds end


def import_predictions(frame: pd.DataFrame, outcomes: pd.DataFrame) -> pd.DataFrame:
    """Predictions of one policy in the form of the probes stage, in the outcomes' order.

    Args:
        frame: problem_id, probability in [0, 1], taken as it is.
        outcomes: problem_id, split.

    Returns:
        problem_id, split, score (log odds), probability.

    Raises:
        UserError: a column is missing, a problem is unknown, missing or there twice, a probability is none.
    """
    require(frame, ["problem_id", "probability"], "predictions")
    check_pairs(frame.assign(sample=0), outcomes.assign(excluded_reason=pd.NA))
    probability = pd.to_numeric(frame.set_index("problem_id").probability, errors="coerce")
    probability = probability.loc[outcomes.problem_id].to_numpy(dtype=float)
    if not ((probability >= 0) & (probability <= 1)).all():
        odd = outcomes.problem_id[~((probability >= 0) & (probability <= 1))].iloc[0]
        raise UserError(f"predictions: the probability of problem {odd!r} is none: it must lie in [0, 1]")
    score = logit(np.clip(probability, _LEAST, 1 - _LEAST))
    return outcomes[["problem_id", "split"]].reset_index(drop=True).assign(score=score, probability=probability)
