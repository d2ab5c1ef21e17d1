"""Recorded outcomes of a published study, brought into this project's form."""

import pandas as pd

from foretell.common.errors import UserError
from foretell.common.frames import require

MAJORITY = "majority_vote_is_correct"


def import_outcomes(records: pd.DataFrame, run: str, problems: pd.DataFrame) -> pd.DataFrame:
    """Outcomes of one recorded run whose label is a majority vote's correctness.

    Args:
        records: run_id, problem_id, k, label_kind, label.
        run: the value of `run_id` to keep.
        problems: problem_id, split, group.

    Returns:
        One row per problem, as the contract of the outcomes stage has it; what was not recorded is null.

    Raises:
        UserError: a column is missing, there is no such run, its label is of another kind, or a problem has no outcome.
    """
    recorded = of_run(records, run)
    if set(recorded.label_kind) != {MAJORITY}:
        raise UserError(f"recorded run {run!r} has labels {sorted(set(recorded.label_kind))}; {MAJORITY!r} is needed")
    outcomes = problems[["problem_id", "split", "group"]].merge(
        recorded[["problem_id", "k", "label"]], on="problem_id", how="left", validate="one_to_one"
    )
    missing = outcomes.problem_id[outcomes.label.isna()]
    if len(missing):
        raise UserError(f"recorded run {run!r} lacks {len(missing)} problems, the first is {missing.iloc[0]!r}")
    null = pd.Series([pd.NA] * len(outcomes))
    return pd.DataFrame(
        {
            "problem_id": outcomes.problem_id,
            "split": outcomes.split,
            "group": outcomes.group,
            "k": outcomes.k.astype("int64"),
            "success_rate": null.astype("Float64"),
            "majority_answer": null.astype("string"),
            "majority_correct": outcomes.label.astype(bool).astype("boolean"),
            "greedy_correct": null.astype("boolean"),
            "pass_at_k": null.astype("boolean"),
            "truncated_share": null.astype("Float64"),
            "no_answer_share": null.astype("Float64"),
            "guessed_share": null.astype("Float64"),
            "prompt_tokens": null.astype("Int64"),
            "completion_tokens": null.astype("Int64"),
        }
    )


def of_run(records: pd.DataFrame, run: str) -> pd.DataFrame:
    """The recorded outcomes and probe scores of one run."""
    columns = ["run_id", "problem_id", "k", "label_kind", "label", "probe_score", "score_kind"]
    require(records, columns, "recorded outcomes")
    recorded = records[records.run_id == run]
    if recorded.empty:
        raise UserError(f"no recorded outcome has run_id {run!r}; there are {sorted(records.run_id.unique())}")
    return recorded
