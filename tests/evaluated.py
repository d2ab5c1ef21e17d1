"""Frames that are evaluated as the workflow does it."""

import pandas as pd

from foretell.evaluation.problem_set import Evaluation, evaluate
from foretell.evaluation.settings import ProbeEvaluationSettings


def evaluated(
    outcomes, predictions, resamples=50, seed=1, encoders=None, own=None, workers=1, **protocol
) -> Evaluation:
    """Evaluate predictions by (policy, target, family); outcomes need not have what a test does not look at."""
    settings = ProbeEvaluationSettings(resamples=resamples, seed=seed, own_encoders=own or {}, **protocol)
    complete = {
        policy: frame.assign(
            **{name: pd.NA for name in ("success_rate", "majority_correct", "completion_tokens") if name not in frame}
        )
        for policy, frame in outcomes.items()
    }
    return evaluate(complete, predictions, encoders or {}, settings, workers)


def row_of(table, **where):
    """The one row of a table with these values."""
    for column, value in where.items():
        table = table[table[column] == value]
    (row,) = table.itertuples(index=False)
    return row
