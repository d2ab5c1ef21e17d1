"""Imported outcomes: one row per problem, however it was graded."""

import pandas as pd

from foretell.common.errors import UserError
from foretell.common.frames import TRUTH, require
from foretell.common.incomplete import Missing, count_unknown, require_common
from foretell.common.tables import RunOrTable
from foretell.completions.imported import check_pairs, counts, with_charges

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
    "cached_tokens": "Int64",
    "completion_tokens": "Int64",
    "thinking_tokens": "Int64",
    "charged": "Float64",
}

KEPT = ["problem_id", "split", "group", "reference_difficulty"]  # of the problems


class OutcomeSettings(RunOrTable):
    """How a policy's outcomes are read."""

    missing: Missing = "error"
    """What happens with problems that the file lacks."""
    priced: bool = False
    """Whether tokens are needed."""
    charged: bool = False
    """Whether what was charged is needed."""


def import_outcomes(
    frame: pd.DataFrame, problems: pd.DataFrame, missing: Missing = "error", priced: bool = False, charged: bool = False
) -> pd.DataFrame:
    """Outcomes of one policy in the form of the outcomes stage; what the file lacks is null.

    Args:
        frame: problem_id and any of TYPES; majority_correct is what routing needs.
        problems: problem_id, split, group, reference_difficulty, excluded_reason.
        missing: `wrong` adds problems that the file lacks, as wrong and without tokens, with 1 in the column `missing`;
            unless it is `error`, rows of unknown problems are left out, and these problems are counted in the column
            `unknown_problems`.
        priced: whether tokens are needed.
        charged: whether what was charged is.

    Raises:
        UserError: majority_correct is missing, a problem is unknown, missing or there twice, a value has the wrong type
            or leaves [0, 1], or tokens, or what was charged, are needed and missing.
    """
    require(
        frame, ["problem_id", "majority_correct"], "the file under 'outcomes', whose columns its key 'columns' maps"
    )
    used = problems[problems.excluded_reason.isna()][KEPT]
    if missing != "error":
        require_common(frame, problems.problem_id)
        unknown = count_unknown(frame, problems.problem_id)
        frame = frame[frame.problem_id.isin(problems.problem_id)].assign(unknown_problems=unknown)
    if missing == "wrong":
        frame = _filled(frame, used.problem_id).assign(unknown_problems=unknown)
    check_pairs(frame.assign(sample=0), problems)
    for name in ("prompt_tokens", "completion_tokens"):
        if priced and (name not in frame or frame[name].isna().any()):
            raise UserError(
                f"outcomes: problems have no {name}, which the price needs; add them, or give an 'assumed_cost' in "
                "place of the 'price'"
            )
        if name in frame:
            frame = frame.assign(**{name: counts(frame, name)})
    frame = with_charges(frame, charged)
    outcomes = used.merge(frame.drop(columns=KEPT[1:], errors="ignore"), on="problem_id", validate="one_to_one")
    typed = {name: _typed(outcomes, name, kind) for name, kind in TYPES.items()}
    if typed["majority_correct"].isna().any():
        without = outcomes.problem_id[typed["majority_correct"].isna()]
        raise UserError(f"outcomes: {len(without)} problems have no majority_correct, such as {without.iloc[0]!r}")
    for name in ("success_rate", "truncated_share", "no_answer_share", "guessed_share"):
        if not typed[name].dropna().between(0, 1).all():
            raise UserError(f"outcomes: {name} must lie in [0, 1]")
    for name in ("missing", "unknown_problems"):
        if name in outcomes:
            typed[name] = outcomes[name].astype("Int64")
    return outcomes[KEPT].assign(**typed)


def _filled(frame: pd.DataFrame, used: pd.Series) -> pd.DataFrame:
    """The rows, and one for each missing problem: wrong in every sample, at no cost."""
    rows = pd.DataFrame({"problem_id": used[~used.isin(frame.problem_id)]})
    wrong = {"majority_correct": False, "pass_at_k": False, "greedy_correct": False, "success_rate": 0.0}
    nothing = {"prompt_tokens": 0, "cached_tokens": 0, "completion_tokens": 0, "thinking_tokens": 0, "charged": 0}
    given = {name: value for name, value in (wrong | nothing).items() if name in frame}
    if "k" in frame and len(frame):
        given["k"] = frame.k.mode().iloc[0]
    return pd.concat([frame.assign(missing=0), rows.assign(missing=1, **given).astype(object)], ignore_index=True)


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
