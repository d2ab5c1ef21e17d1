"""What is checked of the problems of a data set of the hub: each failure names the key that would mend it."""

import hashlib

import pandas as pd

from foretell.common.errors import UserError
from foretell.problems.hub_settings import HubProblems


def check_questions(frame: pd.DataFrame, settings: HubProblems, name: str) -> None:
    """Check the questions of a file.

    Raises:
        UserError: one is empty, or no text.
    """
    odd = frame.question.map(pd.api.types.is_list_like)
    if odd.any():
        raise UserError(
            f"{name}: the question of row {int(odd.to_numpy().argmax())} is no text, but "
            f"{str(frame.question[odd].iloc[0])[:60]}: correct the key 'columns.question'"
        )
    empty = frame.question.isna() | frame.question.astype("string").str.strip().eq("").fillna(True)
    if empty.any():
        raise UserError(
            f"{name}: {int(empty.sum())} of {len(frame)} rows have no question in {settings.columns['question']!r}, "
            f"the first is row {int(empty.to_numpy().argmax())}: correct the key 'columns.question', or the revision"
        )


def check_content(frame: pd.DataFrame, settings: HubProblems) -> None:
    """Hold ids, questions and answers against the sum that the settings name.

    Raises:
        UserError: it is another one.
    """
    texts = frame[["problem_id", "question", "answer"]].to_json(orient="values", force_ascii=True)
    found = hashlib.sha256(str(texts).encode()).hexdigest()
    if found != settings.sha256:
        raise UserError(
            f"ids, questions and answers have the SHA-256 {found}, the key 'sha256' says {settings.sha256}: correct "
            "the key if you trust the files"
        )


def check_ids(frame: pd.DataFrame, settings: HubProblems) -> None:
    """Check the ids of all problems.

    Raises:
        UserError: one is missing, or stands twice.
    """
    if frame.problem_id.isna().any():
        raise UserError(
            f"{int(frame.problem_id.isna().sum())} rows have no problem_id: correct the key 'columns.problem_id', or "
            "leave it out"
        )
    twice = frame[frame.problem_id.duplicated(keep=False)]
    if len(twice):
        splits = sorted(set(twice.split))
        remedy = "or set 'train_contains_test'" if splits == ["test", "train"] else "or leave the key out"
        raise UserError(
            f"{twice.problem_id.nunique()} ids stand there more than once, such as {twice.problem_id.iloc[0]!r} in "
            f"{' and '.join(splits)}: correct the key 'columns.problem_id' ({settings.columns.get('problem_id')!r}), "
            f"{remedy}"
        )


def check_rows(frame: pd.DataFrame, settings: HubProblems) -> None:
    """Hold the numbers of problems against those that the settings name.

    Raises:
        UserError: a number differs.
    """
    there = {**frame.split.value_counts().to_dict(), "all": len(frame)}
    for split, expected in settings.rows.model_dump(exclude_none=True).items():
        if there.get(split, 0) != expected:
            raise UserError(
                f"{settings.id} at {settings.revision} has {there.get(split, 0)} problems in {split!r}, the key "
                f"'rows.{split}' says {expected}: correct the key, or the files"
            )
