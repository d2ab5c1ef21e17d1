"""From completions to graded rollouts."""

from collections.abc import Callable
from functools import partial

import pandas as pd

from foretell.common.errors import UserError
from foretell.common.frames import require
from foretell.grading import extraction, mathematical, programs, texts
from foretell.grading.workers import TIMED_OUT

EXTRACT = {
    "math": extraction.mathematical,
    "integer": extraction.mathematical,
    "choice": extraction.choice,
    "text": extraction.short_text,
    "code": extraction.program,
}
JUDGE = {
    "math": mathematical.judge,
    "integer": mathematical.judge_integers,
    "choice": mathematical.judge_choices,
    "text": texts.judge_texts,
    "code": programs.judge,
}
ANSWER = ["problem_id", "extracted_answer"]


def grade(
    completions: pd.DataFrame, problems: pd.DataFrame, answer_pattern: str | None = None, workers: int = 1
) -> pd.DataFrame:
    """Grade completions against the problems' answers.

    Args:
        completions: problem_id, sample, completion; other columns are kept.
        problems: problem_id, answer, answer_kind (a key of JUDGE).
        answer_pattern: regular expression whose first group, in its last match, is the answer; None takes what the kind
            of answer says (`foretell.grading.extraction`).
        workers: processes.

    Returns:
        The completions with extracted_answer (null where there is none), correct (bool; no answer is wrong),
        answer_class (equal for answers to one problem that are the same, in whatever notation; what votes are counted
        by) and grading_error (null, or why an answer could not be judged: it counts as wrong).

    Raises:
        UserError: columns are missing, a completion belongs to no problem or is no text, a problem has a sample twice,
            an unknown kind of answer or no answer.
    """
    require(completions, ["problem_id", "sample", "completion"], "completions")
    require(problems, ["problem_id", "answer", "answer_kind"], "problems")
    _check_samples(completions)
    known = problems.set_index("problem_id")
    unknown = completions.problem_id[~completions.problem_id.isin(known.index)]
    if len(unknown):
        raise UserError(f"{unknown.nunique()} completions belong to no problem, the first to {unknown.iloc[0]!r}")
    answered = known.loc[known.index.isin(completions.problem_id)]
    _check_answers(answered)
    rollouts = completions.reset_index(drop=True)
    rollouts["answer_kind_"] = rollouts.problem_id.map(answered.answer_kind)
    extracted = [
        _extract(
            text, EXTRACT[kind] if answer_pattern is None else partial(extraction.by_pattern, pattern=answer_pattern)
        )
        for text, kind in zip(rollouts.completion, rollouts.answer_kind_, strict=True)
    ]
    rollouts["extracted_answer"] = pd.Series([answer for answer, _ in extracted], dtype="string")
    judged = _judge(rollouts, answered, workers)
    graded = rollouts.drop(columns="answer_kind_").merge(judged, on=ANSWER, how="left", validate="many_to_one")
    missed = pd.Series([error for _, error in extracted], dtype="string")
    return graded.assign(
        correct=graded.correct.eq(True).fillna(False).astype(bool), grading_error=graded.grading_error.fillna(missed)
    )


def report(rollouts: pd.DataFrame) -> str:
    """One line: what was counted as what."""
    errors = rollouts.grading_error.dropna()
    counts = {
        "right": int(rollouts.correct.sum()),
        "without an answer": int(rollouts.extracted_answer.isna().sum()),
        "cut off": int(rollouts.finish_reason.eq("length").sum()) if "finish_reason" in rollouts else 0,
        TIMED_OUT: int(errors.str.contains(TIMED_OUT, regex=False).sum()),
        "not judged for another reason": int((~errors.str.contains(TIMED_OUT, regex=False)).sum()),
    }
    counted = ", ".join(f"{count} {what}" for what, count in counts.items() if count or what == "right")
    return f"{len(rollouts)} rollouts: {counted}"


def spelled_only(problems: pd.DataFrame, workers: int) -> list[str]:
    """Problems whose mathematical gold answer does not parse, so that only an answer in the same spelling is right."""
    golds = problems[problems.answer_kind.eq("math") & problems.answer.fillna("").str.strip().ne("")]
    hard = golds[~golds.answer.map(mathematical.is_integer).astype(bool)]
    flags = mathematical.unparsable(hard.answer.tolist(), workers)
    return hard.problem_id[flags].tolist()


def _judge(rollouts: pd.DataFrame, problems: pd.DataFrame, workers: int) -> pd.DataFrame:
    """Judge the distinct answers to each problem, those of one kind together: ANSWER and what a judge adds."""
    given = rollouts.dropna(subset="extracted_answer").sort_values("sample", key=_greedy_last, kind="stable")
    distinct = given[[*ANSWER, "answer_kind_"]].drop_duplicates(ANSWER)
    distinct["answer"] = distinct.problem_id.map(problems.answer).astype(str)
    parts = [
        JUDGE[kind](part.drop(columns="answer_kind_"), workers)
        for kind, part in distinct.groupby("answer_kind_", sort=False)
    ]
    columns = [*ANSWER, "correct", "answer_class", "grading_error"]
    if not parts:
        return pd.DataFrame({column: pd.Series(dtype="string") for column in columns})
    return pd.concat([part[columns] for part in parts]).astype(
        {"extracted_answer": "string", "answer_class": "string", "grading_error": "string"}
    )


def _greedy_last(samples: pd.Series) -> pd.Series:
    return samples.where(samples >= 0, samples.max() + 1)


def _extract(completion: str, find: Callable[[str], str | None]) -> tuple[str | None, str | None]:
    """The answer, and why there is none where finding it took too long."""
    try:
        return find(completion), None
    except TimeoutError:
        return None, f"{TIMED_OUT}: the answer pattern"


def _check_samples(completions: pd.DataFrame) -> None:
    repeated = completions[completions.duplicated(["problem_id", "sample"])]
    if len(repeated):
        first = repeated.iloc[0]
        raise UserError(f"problem {first.problem_id!r} has sample {first['sample']} more than once")
    for row in completions[~completions.completion.map(lambda text: isinstance(text, str))].itertuples():
        raise UserError(f"completion {row.sample} of problem {row.problem_id!r} is no text but {type(row.completion)}")


def _check_answers(problems: pd.DataFrame) -> None:
    repeated = problems.index[problems.index.duplicated()]
    if len(repeated):
        raise UserError(f"problem {repeated[0]!r} stands in the problems more than once")
    odd = problems[~problems.answer_kind.isin(list(JUDGE))]
    if len(odd):
        raise UserError(
            f"problem {odd.index[0]!r} has answer_kind {odd.answer_kind.iloc[0]!r}; known are {', '.join(JUDGE)}"
        )
    empty = problems.index[problems.answer.fillna("").astype(str).str.strip() == ""]
    if len(empty):
        raise UserError(
            f"{len(empty)} problems have no answer to grade by: {', '.join(map(repr, empty[:10]))}; give them one, or "
            "leave out their completions"
        )
    short = problems[problems.answer_kind == "text"].answer
    named = short.map(lambda answer: bool(texts.parse_gold(str(answer))[0])).astype(bool)
    if not named.all():
        raise UserError(f"problem {named.index[~named][0]!r}: its answer has no accepted text")
    integers = problems[problems.answer_kind == "integer"]
    wrong = integers[~integers.answer.map(lambda answer: mathematical.is_integer(str(answer))).astype(bool)]
    if len(wrong):
        raise UserError(f"problem {wrong.index[0]!r}: the answer {wrong.answer.iloc[0]!r} is no integer")
