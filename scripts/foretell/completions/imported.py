"""Imported completions, graded or not."""

from pathlib import Path

import numpy as np
import pandas as pd

from foretell.common.arguments import Settings
from foretell.common.errors import UserError
from foretell.common.frames import numbers, require
from foretell.common.storage import write_parquet
from foretell.common.tables import Format

TRUTH = {"true": True, "false": False, "1": True, "0": False, "1.0": True, "0.0": False}
COLUMNS = ["problem_id", "sample", "completion", "prompt_tokens", "completion_tokens", "finish_reason"]


class TextSettings(Settings):
    """How a policy's completions are read."""

    table: Format
    characters_per_token: float | None
    """Estimates tokens that were not recorded."""


def import_completions(frame: pd.DataFrame, problems: pd.DataFrame, characters_per_token: float | None) -> pd.DataFrame:
    """Completions of one policy in the form of the completions stage; other columns are kept.

    Args:
        frame: problem_id, completion; optionally sample (else the number of a problem's completion, from 0),
            prompt_tokens, completion_tokens, finish_reason (`length` where a completion was cut off).
        problems: problem_id, question, excluded_reason.
        characters_per_token: estimates tokens that were not recorded, of the question and of the completion; None
            leaves them null.

    Raises:
        UserError: a column is missing or holds no whole numbers, a (problem, sample) pair stands there twice, a problem
            is unknown or has no completion.
    """
    require(frame, ["problem_id", "completion"], "completions")
    frame = frame.assign(completion=frame.completion.astype("string").fillna(""))  # a policy may write nothing
    if "sample" not in frame:
        frame["sample"] = frame.groupby("problem_id").cumcount()
    frame["sample"] = numbers(frame, "sample", "Int64").astype("int64")
    check_pairs(frame, problems)
    questions = frame.problem_id.map(problems.set_index("problem_id").question)
    texts = {"prompt_tokens": questions, "completion_tokens": frame.completion}
    for name, text in texts.items():
        if name not in frame:
            estimated = np.nan if characters_per_token is None else np.ceil(text.str.len() / characters_per_token)
            frame[name] = estimated
        frame[name] = numbers(frame, name, "Int64")
    if "finish_reason" not in frame:
        frame["finish_reason"] = pd.NA
    frame["finish_reason"] = frame.finish_reason.astype("string")
    others = [column for column in frame if column not in (*COLUMNS, "question", "answer", "correct")]
    used = frame.problem_id.isin(problems.problem_id[problems.excluded_reason.isna()])
    return frame.loc[used, [*COLUMNS, *others]].reset_index(drop=True)


def import_rollouts(frame: pd.DataFrame, problems: pd.DataFrame, characters_per_token: float | None) -> pd.DataFrame:
    """Graded completions of one policy in the form of the rollouts stage, with the grades as they are.

    Args:
        frame: as for `import_completions`, and correct; optionally extracted_answer and answer_class, without which
            the right answers to a problem count as one answer, and a wrong one only for itself.
        problems, characters_per_token: as for `import_completions`.

    Raises:
        UserError: as `import_completions`; or a grade is missing or neither true nor false.
    """
    require(frame, ["correct"], "rollouts")
    if "completion" not in frame:
        frame = frame.assign(completion="")
    completions = import_completions(frame.assign(correct_=frame.correct), problems, characters_per_token)
    correct = completions.pop("correct_").map(_truth)
    if correct.isna().any():
        odd = completions[correct.isna()].iloc[0]
        raise UserError(
            f"problem {odd.problem_id!r}, sample {odd['sample']}: 'correct' must be true or false; where one grade "
            "stands for several samples, import the texts as 'completions' and have them graded"
        )
    if "extracted_answer" not in completions:
        completions["extracted_answer"] = pd.Series(pd.NA, index=completions.index, dtype="string")
    if "answer_class" not in completions:
        wrong = "wrong " + completions["sample"].astype(str)
        completions["answer_class"] = completions.extracted_answer.fillna(wrong.mask(correct.astype(bool), "right"))
    return completions.assign(correct=correct.astype(bool), grading_error=pd.array([pd.NA] * len(correct), "string"))


def write_shards(frame: pd.DataFrame, paths: list[Path]) -> None:
    """Write the rows of whole problems to several files, as evenly as that goes."""
    shard = pd.factorize(frame.problem_id)[0] * len(paths) // max(1, frame.problem_id.nunique())
    for number, path in enumerate(paths):
        write_parquet(frame[shard == number], path)


def check_pairs(frame: pd.DataFrame, problems: pd.DataFrame) -> None:
    """Raise a UserError unless every completion is of a known problem, once, and every problem has one."""
    repeated = frame[frame.duplicated(["problem_id", "sample"])]
    if len(repeated):
        first = repeated.iloc[0]
        raise UserError(
            f"{len(repeated)} (problem, sample) pairs stand there more than once, such as "
            f"({first.problem_id!r}, {first['sample']})"
        )
    unknown = frame.problem_id[~frame.problem_id.isin(problems.problem_id)]
    if len(unknown):
        raise UserError(f"{unknown.nunique()} problems are not in the problem set, such as {unknown.iloc[0]!r}")
    used = problems.problem_id[problems.excluded_reason.isna()]
    missing = used[~used.isin(frame.problem_id)]
    if len(missing):
        raise UserError(f"{len(missing)} of {len(used)} problems are missing, such as {missing.iloc[0]!r}")


def _truth(value: object) -> bool | None:
    return TRUTH.get(str(value).lower())
