"""Recorded probe scores, calibrated like the project's own."""

import numpy as np
import pandas as pd
from scipy.special import logit

from foretell.common.errors import UserError
from foretell.outcomes.records import of_run
from foretell.probes.calibrated_columns import RECORDED
from foretell.probes.calibration import Platt, fit_platt

_LEAST = 5e-5  # recorded probabilities have four decimals: 0 and 1 stand for anything nearer than half of the last


def import_scores(records: pd.DataFrame, run: str, outcomes: pd.DataFrame) -> pd.DataFrame:
    """Recorded probe scores of one run: out-of-fold on train, of the probe fitted on all of train elsewhere.

    Returns:
        problem_id, split, score, in the outcomes' order.

    Raises:
        UserError: a column or a run is missing, or train scores are not out of fold.
    """
    recorded = of_run(records, run)
    scores = outcomes[["problem_id", "split"]].merge(
        recorded[["problem_id", "probe_score", "score_kind"]], on="problem_id", how="left", validate="one_to_one"
    )
    kinds = set(scores.score_kind[scores.split == "train"])
    if kinds != {"cv_oof"}:
        raise UserError(f"recorded run {run!r} has train scores of kind {sorted(map(str, kinds))}; 'cv_oof' is needed")
    return scores.rename(columns={"probe_score": "score"})[["problem_id", "split", "score"]]


def calibrate(scores: pd.DataFrame, labels: np.ndarray) -> tuple[pd.DataFrame, dict[str, Platt]]:
    """Turn recorded probabilities into log odds and fit Platt scaling, on validation and, beside it, on train.

    Recorded train labels may not be exchangeable with test: the scaling on validation, which is half of the recorded
    test, is the one that counts; the one on train, whose scores are out of fold, shows what it would do.

    Args:
        scores: problem_id, split, score: an uncalibrated probability in [0, 1].
        labels: [n] 0 or 1; those of test play no part.

    Returns:
        problem_id, split, score (log odds), probability (calibrated on validation), probability_train (on train); and
        the scalings, by split.
    """
    log_odds = logit(np.clip(scores.score.to_numpy(dtype=float), _LEAST, 1 - _LEAST))
    scalings = {}
    for split in RECORDED:
        rows = scores.split.eq(split).to_numpy()
        scalings[split] = fit_platt(log_odds[rows], labels[rows])
    probabilities = {RECORDED[split]: platt.probability(log_odds) for split, platt in scalings.items()}
    return scores.assign(score=log_odds, **probabilities), scalings


def pool_predictions(outcomes: pd.DataFrame, folds: list[pd.DataFrame]) -> pd.DataFrame:
    """Predictions on a problem set whose test split is made up of the folds' test splits.

    Args:
        outcomes: problem_id, split of the whole.
        folds: each fold's predictions, of which its test rows are taken.

    Returns:
        The test rows in the outcomes' order, with the folds' columns.

    Raises:
        UserError: the folds' test splits are not a partition of the whole's.
    """
    wanted = outcomes.problem_id[outcomes.split == "test"]
    predictions = pd.concat([fold[fold.split == "test"] for fold in folds])
    repeated = predictions.problem_id[predictions.problem_id.duplicated()]
    missing = wanted[~wanted.isin(predictions.problem_id)]
    if len(repeated) or len(missing) or len(predictions) != len(wanted):
        raise UserError(
            f"the folds' test splits must make up the whole's: {len(repeated)} problems are in several folds, "
            f"{len(missing)} in none, {len(predictions)} in all for {len(wanted)}; correct 'halves' of the folds"
        )
    return predictions.set_index("problem_id").loc[wanted].reset_index()
