"""Imported problem sets."""

import numpy as np
import pandas as pd

from foretell.common.arguments import Settings
from foretell.common.errors import UserError
from foretell.common.frames import hashes, numbers, require
from foretell.common.incomplete import incomplete
from foretell.common.tables import Format, as_written
from foretell.problems.pilot import PILOT, with_pilot
from foretell.problems.records import RecordSettings
from foretell.problems.validation import with_validation

SPLITS = ("train", "validation", "test", PILOT)
NO_ANSWER = "no answer to grade by"
_OF_LOGS = (  # what a log has of a sample or of its run, and not of the problem
    "prompt_characters",
    "sample",
    "completion",
    "correct",
    "prompt_tokens",
    "cached_tokens",
    "completion_tokens",
    "thinking_tokens",
    "charged",
    "finish_reason",
    "sample_error",
)
_OPTIONAL = {"reference_difficulty": np.nan, "reference_difficulty_se": np.nan}


class ImportSettings(Settings):
    """What problems are imported: recorded ones, or those of a table."""

    records: RecordSettings | None = None
    table: Format = Format()
    answer_kind: str = "math"
    cross_fitted: bool = False
    graded: bool = False
    """Whether every answer comes with its grade, so that no problem needs one to grade by."""
    test_share: float | None = None
    """Of problems without splits, how many are for test."""
    pilot_share: float | None = None
    """Of the problems of test, how many are for a pilot."""
    metadata: list[str] = []
    answered: dict[str, Format] = {}
    """By policy, how the file is read that has its answers; problems that it lacks are excluded."""


def require_columns(problems: pd.DataFrame, columns: list[str]) -> None:
    """Raise a UserError that names the first of these columns of `metadata` that the problems lack."""
    if missing := [column for column in columns if column not in problems]:
        raise UserError(
            f"the problems have no column {missing[0]!r}, which the problem set's key 'metadata' names; there are "
            f"{', '.join(map(str, problems))}"
        )


def import_problems(
    frame: pd.DataFrame,
    answer_kind: str,
    cross_fitted: bool,
    answered: dict[str, pd.DataFrame] | None = None,
    graded: bool = False,
    test_share: float | None = None,
    pilot_share: float | None = None,
) -> pd.DataFrame:
    """Problems in the form of the problems stage; other columns are kept.

    Where there is no validation split, it is the fifth of train whose ids have the lowest hashes. Problems without an
    answer are excluded, with the reason, unless none is needed.

    Args:
        frame: problem_id, question, answer (a list or an object is written as JSON); optionally split (or every problem
            is in `test`, if they are to be cross-fitted), answer_kind, group, reference_difficulty,
            reference_difficulty_se, excluded_reason.
        answer_kind: where there is no such column.
        cross_fitted: whether every problem is predicted from the others, so that there are no splits.
        answered: by policy, rows of its answers (problem_id, optionally sample, sample_error): problems that have fewer
            than others are excluded, with the reason.
        graded: whether no answer is needed, as there are grades.
        test_share: where there is no column `split`, this share of the groups, or else of the questions, is for test,
            those of the lowest hashes, and the others for train.
        pilot_share: this share of the groups, or else of the questions, of test is for a pilot.

    Raises:
        UserError: a column is missing, a problem has no question or stands there twice with different contents, or
            splits are not those of this project, lack train or test, share questions, or have excluded problems alone.
    """
    if graded and "answer" not in frame:
        frame = frame.assign(answer="")
    require(
        frame, ["problem_id", "question", "answer"], "the file under 'problems', whose columns its key 'columns' maps"
    )
    frame = frame[
        [column for column in frame if column not in _OF_LOGS and not column.startswith(("metrics.", "scores."))]
    ]
    frame = frame[~frame.astype(str).duplicated()].reset_index(drop=True)  # a log repeats a problem with every sample
    twice = frame.problem_id[frame.problem_id.duplicated()]
    if len(twice):
        raise UserError(f"{len(twice)} problems stand there twice with different contents, such as {twice.iloc[0]!r}")
    _check_questions(frame)
    answer = frame.answer.map(as_written).astype("string").str.strip()
    group = frame["group"].astype("string") if "group" in frame else pd.Series(pd.NA, index=frame.index, dtype="string")
    given = frame["excluded_reason"] if "excluded_reason" in frame else pd.Series(pd.NA, index=frame.index)
    excluded = given.astype("string").replace("", pd.NA)
    if not graded:
        excluded = excluded.mask(answer.isna() | answer.eq(""), NO_ANSWER)
    for policy, rows in (answered or {}).items():
        lacking = incomplete(rows, frame.problem_id[excluded.isna()])
        excluded = excluded.mask(excluded.isna() & frame.problem_id.isin(lacking), lacks(policy))
    problems = frame.assign(
        **{name: numbers(frame, name, float) if name in frame else value for name, value in _OPTIONAL.items()},
        split="test" if cross_fitted else _splits(frame, test_share, pilot_share),
        question=frame.question.astype(str),
        answer=answer.fillna(""),
        answer_kind=frame.get("answer_kind", answer_kind),
        group=group.fillna(frame.problem_id),
        excluded_reason=excluded,
    )
    require_some_of_each_split(problems)
    return problems


def require_some_of_each_split(problems: pd.DataFrame, remedy: str = "") -> None:
    """Check that every split has problems that are not excluded.

    Args:
        problems: problem_id, split, excluded_reason.
        remedy: what may help.

    Raises:
        UserError: one has none; says why.
    """
    for split, rows in problems.groupby("split"):
        if rows.excluded_reason.notna().all():
            raise UserError(
                f"all {len(rows)} problems of split {split!r} are excluded, such as {rows.problem_id.iloc[0]!r}: "
                f"{rows.excluded_reason.iloc[0]}" + (f"; {remedy}" if remedy else "")
            )


def with_difficulties(problems: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """The problems with the difficulties that responses to them give; null where there are none.

    Args:
        problems: problem_id.
        items: problem_id, difficulty, difficulty_se.

    Raises:
        UserError: responses are to problems that are not there.
    """
    unknown = items.problem_id[~items.problem_id.isin(problems.problem_id)]
    if len(unknown):
        raise UserError(
            f"the file under 'responses' has {len(unknown)} problems that are not in the problem set, such as "
            f"{unknown.iloc[0]!r}; the ids in both files must be the same"
        )
    by_id = items.set_index("problem_id")
    return problems.assign(
        reference_difficulty=problems.problem_id.map(by_id.difficulty).astype(float),
        reference_difficulty_se=problems.problem_id.map(by_id.difficulty_se).astype(float),
    )


def lacks(policy: str) -> str:
    """Why a problem is excluded that a policy has no answers to, or not all."""
    return f"{policy} lacks answers to it"


def _check_questions(frame: pd.DataFrame) -> None:
    odd = frame[frame.question.map(pd.api.types.is_list_like)]
    if len(odd):
        raise UserError(
            f"the question of problem {odd.problem_id.iloc[0]!r} is no text, but "
            f"{str(odd.question.iloc[0])[:60]}; name the column that has it under 'columns'"
        )
    none = frame.problem_id[frame.question.isna() | frame.question.astype("string").str.strip().eq("").fillna(True)]
    if len(none):
        raise UserError(
            f"{len(none)} problems have no question, such as {none.iloc[0]!r}; give them one, or leave the rows out"
        )


def _splits(frame: pd.DataFrame, test_share: float | None, pilot_share: float | None) -> pd.Series:
    keys = frame.groupby(frame.question.astype(str)).problem_id.transform("min")  # the same question on one side
    if test_share is not None:
        keys = _dealt_by(frame)
        frame = frame.assign(split=_divided(frame, keys, test_share))
    if "split" not in frame:
        raise UserError(
            "the problems have no column 'split': map one under 'columns', or set 'test_share', or 'cross_fit' where "
            "problems are few"
        )
    unknown = sorted(set(frame.split.astype(str)) - set(SPLITS))
    if unknown:
        raise UserError(f"the column 'split' has {unknown}; known are {', '.join(SPLITS)}: rename them in the file")
    split = frame.split.astype(str)
    for needed in ("train", "test"):
        if not split.eq(needed).any():
            there = ", ".join(sorted(set(split)))
            raise UserError(
                f"no problem is in the split {needed!r}; there are {there}: probes learn on train and are reported on "
                "test, so give each some problems, or set 'cross_fit'"
            )
    if pilot_share is not None:
        split = with_pilot(split, _dealt_by(frame), pilot_share)
    _check_shared_questions(frame, split)
    if split.eq("validation").any():
        return split
    where = "" if test_share is None else " in a column 'split', in place of 'test_share'"
    return with_validation(split, keys, f"give some the split 'validation'{where}")


def _dealt_by(frame: pd.DataFrame) -> pd.Series:
    """What goes to one split together: groups, or else questions."""
    questions = frame.question.astype(str)
    return frame["group"].astype("string").fillna(questions) if "group" in frame else questions


def _divided(frame: pd.DataFrame, keys: pd.Series, test_share: float) -> pd.Series:
    """Train and test, of problems with a key as a whole."""
    if "split" in frame:
        raise UserError("the problems have a column 'split' already: leave 'test_share' out")
    distinct = keys.drop_duplicates()
    test = distinct.iloc[hashes(distinct, "test").argsort(kind="stable")].iloc[: round(len(distinct) * test_share)]
    return pd.Series("train", index=frame.index).mask(keys.isin(test), "test")


def _check_shared_questions(frame: pd.DataFrame, split: pd.Series) -> None:
    """Raise a UserError where a question stands in several splits: what was learnt on it would be reported on it."""
    splits = split.groupby(frame.question.astype(str)).transform("nunique")
    shared = frame[splits > 1]
    if len(shared):
        question = shared.question.iloc[0]
        same = shared[shared.question == question]
        first, last = (f"{same.problem_id[each]!r} ({split[each]})" for each in (same.index[0], same.index[-1]))
        raise UserError(
            f"{shared.question.nunique()} questions stand in several splits, such as that of {first} and {last}; give "
            "them one split, or one group where 'test_share' deals these, or leave all but one out"
        )
