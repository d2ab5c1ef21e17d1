"""What several figures read."""

from typing import Any

import pandas as pd

from foretell.common.errors import UserError
from foretell.evaluation.measured import OF_RARER_CLASS

TRAIN, VALIDATION, TEST = "train", "validation", "test"
MAJORITY, LINEAR = "majority_correct", "linear"
NOT_TRAINED = "not testable: probe not trained"


def join_labels(predictions: pd.DataFrame, outcomes: pd.DataFrame, target: str, split: str | None) -> pd.DataFrame:
    """Predictions of one policy beside what came true, on the labelled problems of one split (None: of all).

    Returns:
        problem_id, split, group, label (float), score, probability and, where there are several fits, permutation.

    Raises:
        UserError: a labelled problem has no prediction, or not one of every fit.
    """
    labelled = outcomes[outcomes[target].notna()]
    if split is not None:
        labelled = labelled[labelled.split == split]
    labels = labelled[["problem_id", "split", "group"]].assign(label=labelled[target].astype(float))
    joined = labels.merge(predictions.drop(columns="split"), on="problem_id", how="left", indicator=True)
    missing = joined.problem_id[joined._merge != "both"]
    if len(missing):
        raise UserError(f"{len(missing)} problems have a {target} but no prediction, the first is {missing.iloc[0]!r}")
    fits = predictions.permutation.nunique() if "permutation" in predictions else 1
    if len(joined) != fits * len(labels):
        raise UserError(f"predictions of {target}: {len(joined)} rows for {len(labels)} problems and {fits} fits")
    return joined.drop(columns="_merge")


def why_not_testable(row: Any) -> str:
    """Why a row of the evaluation (its value, reason, positives and negatives) has no value; empty where it has one.

    A class that is too small comes first: it is also why nothing was trained, where nothing was.
    """
    if pd.notna(row.value):
        return ""
    if OF_RARER_CLASS in row.reason:
        return too_few_of_a_class(row.positives, row.negatives)
    return NOT_TRAINED


def too_few_of_a_class(successes: int, failures: int) -> str:
    """Why a binary target cannot be tested."""
    rarer = f"{failures} failures" if failures <= successes else f"{successes} successes"
    return f"not testable: {rarer} of {failures + successes}"
