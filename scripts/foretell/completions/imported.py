"""Imported completions, graded or not."""

import math
from pathlib import Path

import numpy as np
import pandas as pd

from foretell.common.arguments import Settings
from foretell.common.errors import UserError
from foretell.common.frames import TRUTH, numbers, require
from foretell.common.incomplete import (
    REMEDY,
    Missing,
    count_unknown,
    incomplete,
    require_common,
    samples_of,
    usual_samples,
    with_results,
)
from foretell.common.storage import write_parquet
from foretell.common.tables import Format

COLUMNS = ["problem_id", "sample", "completion", "prompt_tokens", "completion_tokens", "finish_reason"]
CHARGED_KEY = "key 'charged' of the policy"
LARGEST_CHARGE = 1e6  # USD, which is finite
TOKENS = ("prompt_tokens", "cached_tokens", "completion_tokens", "thinking_tokens")


class TextSettings(Settings):
    """How a policy's completions are read."""

    table: Format
    characters_per_token: float | None
    """Estimates tokens that were not recorded."""
    threshold: float | None = None
    """Of grades: from which on they are right, where they are fractions."""
    missing: Missing = "error"
    """What happens with problems of which samples are missing."""
    priced: bool = False
    """Whether tokens are needed."""
    charged: bool = False
    """Whether what was charged is needed."""


def import_completions(frame: pd.DataFrame, problems: pd.DataFrame, settings: TextSettings) -> pd.DataFrame:
    """Completions of one policy in the form of the completions stage; other columns are kept.

    Args:
        frame: problem_id, completion; optionally sample (else the number of a problem's completion, from 0),
            prompt_tokens, cached_tokens (those of them that were read from a cache), prompt_characters (else the
            question's), completion_tokens, thinking_tokens (those of them that are thinking), charged (USD),
            finish_reason (`length` where a completion was cut off), sample_error (rows that have one are missing).
        problems: problem_id, question, excluded_reason.
        settings: characters_per_token estimates tokens that were not recorded, of the prompt and of the completion;
            None leaves them null. If missing samples are `wrong`, they are added, without a text and without tokens,
            with `missing` set. Unless they are an `error`, rows of unknown problems are left out, and these problems
            are counted in the column `unknown_problems`.

    Raises:
        UserError: a column is missing or holds no whole numbers from 0 on, a (problem, sample) pair stands there twice,
            a problem is unknown, has no completion, or fewer than others; or tokens, or what was charged, are needed
            and missing.
    """
    require(frame, ["problem_id", "completion"], "the file under 'completions', whose columns its key 'columns' maps")
    used = problems.problem_id[problems.excluded_reason.isna()]
    frame = with_results(frame)
    frame = frame.assign(completion=frame.completion.astype("string").fillna(""))  # a policy may write nothing
    if "sample" not in frame:
        frame["sample"] = frame.groupby("problem_id").cumcount()
    frame["sample"] = numbers(frame, "sample", "Int64").astype("int64")
    if settings.missing != "error":
        require_common(frame, problems.problem_id)
        unknown = count_unknown(frame, problems.problem_id)
        frame = frame[frame.problem_id.isin(problems.problem_id)].assign(unknown_problems=unknown)
    if settings.missing == "wrong":
        frame = _filled(frame, used).assign(unknown_problems=unknown)
    check_pairs(frame, problems)
    frame = frame[frame.problem_id.isin(used)].reset_index(drop=True)
    _check_samples(frame, used)
    frame = with_charges(_with_tokens(frame, problems, settings), settings.charged)
    if "finish_reason" not in frame:
        frame["finish_reason"] = pd.NA
    frame["finish_reason"] = frame.finish_reason.astype("string")
    others = [column for column in frame if column not in (*COLUMNS, "question", "answer", "correct")]
    return frame[[*COLUMNS, *others]]


def _filled(frame: pd.DataFrame, used: pd.Series) -> pd.DataFrame:
    """The rows, and one for each missing sample: no text, no answer, no cost."""
    usual, counts = usual_samples(frame, used), samples_of(frame, used)
    there = set(zip(frame.problem_id, frame["sample"], strict=True))
    added = []
    for problem, count in counts[counts < usual].items():
        free = [sample for sample in range(usual) if (problem, sample) not in there]
        added += [(problem, sample) for sample in free[: usual - count]]
    rows = pd.DataFrame(added, columns=["problem_id", "sample"])
    tokens = {name: 0 for name in (*TOKENS, "charged") if name in frame}
    rows = rows.assign(completion="", correct=False, missing=True, finish_reason="missing", **tokens)
    for name in [each for each in ("prompt_tokens", "prompt_characters") if each in frame]:
        # of one prompt, whichever of its samples are there
        rows[name] = rows.problem_id.map(frame.groupby("problem_id")[name].first()).fillna(0)
    return pd.concat([frame.assign(missing=False), rows], ignore_index=True) if added else frame.assign(missing=False)


def _check_samples(frame: pd.DataFrame, used: pd.Series) -> None:
    if fewer := incomplete(frame, used):
        usual = usual_samples(frame, used)
        raise UserError(
            f"{len(fewer)} of {len(used)} problems have fewer samples than the {usual} that most have, such as "
            f"{fewer[0]!r}; {REMEDY}"
        )


def _with_tokens(frame: pd.DataFrame, problems: pd.DataFrame, settings: TextSettings) -> pd.DataFrame:
    """Tokens as they were recorded, or estimated where that is asked for."""
    asked = frame.problem_id.map(problems.set_index("problem_id").question).str.len()
    if "prompt_characters" in frame:
        asked = counts(frame, "prompt_characters").fillna(asked)
    for name, characters in {"prompt_tokens": asked, "completion_tokens": frame.completion.str.len()}.items():
        frame[name] = counts(frame, name) if name in frame else pd.array([pd.NA] * len(frame), "Int64")
        if settings.characters_per_token is not None:
            estimated = np.ceil(characters / settings.characters_per_token)
            frame[name] = frame[name].fillna(estimated.astype("Int64"))
        if settings.priced and frame[name].isna().any():
            raise UserError(
                f"{int(frame[name].isna().sum())} of {len(frame)} completions have no {name}, which the price needs; "
                "set 'characters_per_token' to estimate them from the lengths of the texts, or give an 'assumed_cost' "
                "in place of the 'price'"
            )
    for name in ("cached_tokens", "thinking_tokens"):
        if name in frame:
            frame[name] = counts(frame, name)
    return frame


def with_charges(frame: pd.DataFrame, needed: bool) -> pd.DataFrame:
    """The column `charged` as numbers, where there is one.

    Raises:
        UserError: it is needed and missing somewhere, or a value is no number from 0 on.
    """
    if "charged" not in frame:
        if needed:
            raise UserError(f"there is no column 'charged', which {CHARGED_KEY} needs: name the file's under 'columns'")
        return frame
    charged = numbers(frame, "charged", "Float64")
    if (wrong := ~charged.dropna().between(0, LARGEST_CHARGE)).any():
        raise UserError(f"charged: {charged.dropna()[wrong].iloc[0]:g} is no amount of USD")
    if needed and charged.isna().any():
        raise UserError(
            f"{int(charged.isna().sum())} of {len(frame)} rows have nothing in column 'charged', which {CHARGED_KEY} "
            "needs; give a 'price' in its place"
        )
    return frame.assign(charged=charged)


def import_rollouts(frame: pd.DataFrame, problems: pd.DataFrame, settings: TextSettings) -> pd.DataFrame:
    """Graded completions of one policy in the form of the rollouts stage, with the grades as they are.

    Args:
        frame: as for `import_completions`, and correct; optionally extracted_answer and answer_class, without which
            the right answers to a problem count as one answer, and a wrong one only for itself.
        problems, settings: as for `import_completions`; grades are right from the threshold on, if there is one.

    Raises:
        UserError: as `import_completions`; or a grade is missing or neither true nor false.
    """
    require(frame, ["correct"], "the file under 'rollouts', whose columns its key 'columns' maps")
    if "completion" not in frame:
        frame = frame.assign(completion="")
    completions = import_completions(frame.assign(correct_=frame.correct), problems, settings)
    given = completions.pop("correct_")
    if "missing" in completions:
        completions["missing"] |= given.isna()  # what has no grade is, though it was paid for
        given = given.mask(completions.missing, False)
    correct = given.map(lambda value: _truth(value, settings.threshold))
    if correct.isna().any():
        odd = completions[correct.isna()].iloc[0]
        raise UserError(_no_grade(f"problem {odd.problem_id!r}, sample {odd['sample']}", given[odd.name]))
    if "extracted_answer" not in completions:
        completions["extracted_answer"] = pd.Series(pd.NA, index=completions.index, dtype="string")
    if "answer_class" not in completions:
        wrong = "wrong " + completions["sample"].astype(str)
        completions["answer_class"] = completions.extracted_answer.fillna(wrong.mask(correct.astype(bool), "right"))
        if "missing" in completions:
            completions["answer_class"] = completions.answer_class.mask(completions.missing)
    return completions.assign(correct=correct.astype(bool), grading_error=pd.array([pd.NA] * len(correct), "string"))


def _no_grade(where: str, value: object) -> str:
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return (
            f"{where}: there is no grade; set the policy's 'missing' to wrong, or leave out the problem's rows and set "
            "it to leave_out"
        )
    if pd.api.types.is_number(value) or _is_fraction(value):
        return (
            f"{where}: 'correct' is {value}; set 'threshold' under 'rollouts' to the number from which on it is right"
        )
    return (
        f"{where}: 'correct' must be true or false, and is {value!r}; where one grade stands for several samples, "
        "import the texts as 'completions' and have them graded"
    )


def _is_fraction(value: object) -> bool:
    """Whether a text, as all values of a CSV are, is a number."""
    try:
        return isinstance(value, str) and math.isfinite(float(value))
    except ValueError:
        return False


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
        raise UserError(
            f"{unknown.nunique()} problems are not in the problem set, such as {unknown.iloc[0]!r}; correct the ids, "
            "or set the policy's 'missing' to leave_out or wrong, which also passes over them"
        )
    used = problems.problem_id[problems.excluded_reason.isna()]
    missing = used[~used.isin(frame.problem_id)]
    if len(missing):
        raise UserError(f"{len(missing)} of {len(used)} problems are missing, such as {missing.iloc[0]!r}; {REMEDY}")


def counts(frame: pd.DataFrame, column: str) -> pd.Series:
    """A column of numbers of tokens; null stays null.

    Raises:
        UserError: a value is no whole number from 0 on.
    """
    values = numbers(frame, column, "Int64")
    if (values < 0).any():
        raise UserError(
            f"column {column!r}: problem {frame.problem_id[values < 0].iloc[0]!r} has {values.min()} tokens"
        )
    return values


def _truth(value: object, threshold: float | None) -> bool | None:
    if threshold is None or isinstance(value, bool | np.bool_):
        return TRUTH.get(str(value).lower())
    number = pd.to_numeric(pd.Series([value]), errors="coerce").iloc[0]
    return TRUTH.get(str(value).lower()) if pd.isna(number) else bool(number >= threshold)
