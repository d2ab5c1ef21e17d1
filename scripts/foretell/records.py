"""Recorded problems, outcomes and probe scores of a published study, brought into this project's form."""

import hashlib

import numpy as np
import pandas as pd

from foretell.errors import UserError
from foretell.frames import require

MAJORITY = "majority_vote_is_correct"


def half_of(problem_id: str) -> int:
    """Which half (0 or 1) of a recorded test split a problem falls into, by the SHA-256 of its id."""
    return hashlib.sha256(problem_id.encode()).digest()[-1] % 2


def import_problems(records: pd.DataFrame, dataset: str, halves: dict[str, int] | None) -> pd.DataFrame:
    """Problems of one data set; its recorded test split may be halved into validation and test.

    Args:
        records: dataset, split (train or test), problem_id, question, answer, level.
        dataset: the value of `dataset` to keep.
        halves: {"validation": half that chooses, "test": half that reports}; None keeps the recorded splits.

    Returns:
        One row per problem, as the contract of the problems stage has it, and `level`.

    Raises:
        UserError: a column is missing, or there is no such data set.
    """
    require(records, ["dataset", "split", "problem_id", "question", "answer", "level"], "recorded problems")
    problems = records[records.dataset == dataset].reset_index(drop=True)
    if problems.empty:
        raise UserError(f"no recorded problem has dataset {dataset!r}; there are {sorted(records.dataset.unique())}")
    split = problems.split
    if halves:
        split_of_half = {half: split for split, half in halves.items()}
        half = problems.problem_id.map(lambda problem_id: split_of_half[half_of(problem_id)])
        split = split.mask(split == "test", half)
    return pd.DataFrame(
        {
            "problem_id": problems.problem_id,
            "split": split,
            "question": problems.question,
            "answer": problems.answer,
            "answer_kind": "math",
            "reference_difficulty": np.nan,
            "reference_difficulty_se": np.nan,
            "group": problems.problem_id,
            "excluded_reason": pd.Series([None] * len(problems), dtype="string"),
            "level": problems.level,
        }
    )


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
    recorded = _run(records, run)
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
            "prompt_tokens": null.astype("Int64"),
            "completion_tokens": null.astype("Int64"),
        }
    )


def import_scores(records: pd.DataFrame, run: str, outcomes: pd.DataFrame) -> pd.DataFrame:
    """Recorded probe scores of one run: out-of-fold on train, of the probe fitted on all of train elsewhere.

    Returns:
        problem_id, split, score, in the outcomes' order.

    Raises:
        UserError: a column or a run is missing, or train scores are not out of fold.
    """
    recorded = _run(records, run)
    scores = outcomes[["problem_id", "split"]].merge(
        recorded[["problem_id", "probe_score", "score_kind"]], on="problem_id", how="left", validate="one_to_one"
    )
    kinds = set(scores.score_kind[scores.split == "train"])
    if kinds != {"cv_oof"}:
        raise UserError(f"recorded run {run!r} has train scores of kind {sorted(map(str, kinds))}; 'cv_oof' is needed")
    return scores.rename(columns={"probe_score": "score"})[["problem_id", "split", "score"]]


def _run(records: pd.DataFrame, run: str) -> pd.DataFrame:
    columns = ["run_id", "problem_id", "k", "label_kind", "label", "probe_score", "score_kind"]
    require(records, columns, "recorded outcomes")
    recorded = records[records.run_id == run]
    if recorded.empty:
        raise UserError(f"no recorded outcome has run_id {run!r}; there are {sorted(records.run_id.unique())}")
    return recorded
