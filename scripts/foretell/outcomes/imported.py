"""Imported outcomes: one row per problem, however it was graded."""

import pandas as pd

from foretell.common.errors import UserError
from foretell.common.frames import require
from foretell.completions.imported import TRUTH, check_pairs

TYPES = {
    "k": "Int64",
    "success_rate": "Float64",
    "majority_answer": "string",
    "majority_correct": "boolean",
    "greedy_correct": "boolean",
    "pass_at_k": "boolean",
    "truncated_share": "Float64",
    "no_answer_share": "Float64",
    "guessed_share": "Float64",
    "prompt_tokens": "Int64",
    "completion_tokens": "Int64",
}

KEPT = ["problem_id", "split", "group", "reference_difficulty"]  # of the problems


def import_outcomes(frame: pd.DataFrame, problems: pd.DataFrame) -> pd.DataFrame:
    """Outcomes of one policy in the form of the outcomes stage; what the file lacks is null.

    Args:
        frame: problem_id and any of TYPES; majority_correct is what routing needs.
        problems: problem_id, split, group, reference_difficulty, excluded_reason.

    Raises:
        UserError: majority_correct is missing, a problem is unknown, missing or there twice, or a value has the wrong
            type or leaves [0, 1].
    """
    require(frame, ["problem_id", "majority_correct"], "outcomes")
    check_pairs(frame.assign(sample=0), problems)
    used = problems[problems.excluded_reason.isna()][KEPT]
    outcomes = used.merge(frame.drop(columns=KEPT[1:], errors="ignore"), on="problem_id", validate="one_to_one")
    typed = {name: _typed(outcomes, name, kind) for name, kind in TYPES.items()}
    if typed["majority_correct"].isna().any():
        missing = outcomes.problem_id[typed["majority_correct"].isna()]
        raise UserError(f"outcomes: {len(missing)} problems have no majority_correct, such as {missing.iloc[0]!r}")
    for name in ("success_rate", "truncated_share", "no_answer_share", "guessed_share"):
        if not typed[name].dropna().between(0, 1).all():
            raise UserError(f"outcomes: {name} must lie in [0, 1]")
    return outcomes[KEPT].assign(**typed)


def _typed(outcomes: pd.DataFrame, name: str, kind: str) -> pd.Series:
    if name not in outcomes:
        return pd.Series(pd.NA, index=outcomes.index, dtype=kind)
    values = outcomes[name]
    if kind == "boolean" and not pd.api.types.is_bool_dtype(values):
        values = values.astype("string").str.lower().map(TRUTH)
        if values.isna().sum() > outcomes[name].isna().sum():
            raise UserError(f"outcomes: {name} must be true or false")
    try:
        return values.astype(kind)
    except (TypeError, ValueError) as error:
        raise UserError(f"outcomes: {name} is no {kind}: {error}") from error
