"""From completions to graded rollouts."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from foretell.common.errors import UserError
from foretell.common.frames import require
from foretell.common.registry import registry
from foretell.completions.samples import GREEDY
from foretell.grading import mathematical, places, programs, texts
from foretell.grading.choices import choice, grade_choices, option
from foretell.grading.extraction import mathematical as mathematical_answer
from foretell.grading.places import GUESS, Found
from foretell.grading.settings import GradingSettings
from foretell.grading.workers import TIMED_OUT

Grader = Callable[[pd.DataFrame, int, GradingSettings], pd.DataFrame]


@dataclass(frozen=True)
class AnswerKind:
    """A kind of answer.

    Attributes:
        name: what problems call it in `answer_kind`.
        expected: what a gold answer must be, for messages.
        find: the answer in a completion; the gold answer says only what kind of program is asked for.
        grade: distinct answers (problem_id, extracted_answer, answer, votes: whether some sample that votes gave it)
            with correct, grading_error and answer_class; it is also given the number of processes and the settings.
        gold: a gold answer as answers are graded by it; None where it is none of this kind.
        unparsable: which gold answers, as `gold` gives them, are matched in spelling only, by a number of processes.
    """

    name: str
    expected: str
    find: Callable[[str, str], Found | None]
    grade: Grader
    gold: Callable[[str], str | None] = str
    unparsable: Callable[[list[str], int], list[bool]] | None = None


KINDS = registry(
    AnswerKind(
        "math",
        "the final answer alone, or a solution that marks it",
        lambda text, _: mathematical_answer(text),
        lambda answers, workers, _: mathematical.grade(answers, workers),
        mathematical.gold_answer,
        mathematical.unparsable,
    ),
    AnswerKind(
        "integer",
        "a whole number, or a solution that marks one",
        lambda text, _: mathematical_answer(text),
        lambda answers, workers, _: mathematical.grade_integers(answers, workers),
        mathematical.gold_integer,
    ),
    AnswerKind(
        "choice",
        "the letter of an option",
        lambda text, _: choice(text),
        lambda answers, workers, _: grade_choices(answers, workers),
        option,
    ),
    AnswerKind(
        "text",
        "an accepted text, or a JSON list of them",
        lambda text, _: texts.short_text(text),
        lambda answers, workers, settings: texts.grade_texts(answers, workers, settings.one_answer),
        texts.gold_text,
    ),
    AnswerKind(
        "code",
        "the tests of a program, as JSON",
        programs.find,
        lambda answers, workers, settings: programs.grade(answers, workers, settings.prelude, tuple(settings.packages)),
    ),
)
ANSWER = ["problem_id", "extracted_answer"]
_DEFAULT = GradingSettings()


def grade(
    completions: pd.DataFrame,
    problems: pd.DataFrame,
    settings: GradingSettings = _DEFAULT,
    workers: int = 1,
    answer_kind: str | None = None,
) -> pd.DataFrame:
    """Grade completions against the problems' answers.

    Args:
        completions: problem_id, sample, completion, optionally finish_reason; other columns are kept.
        problems: problem_id, answer, answer_kind (a key of KINDS).
        settings: see GradingSettings.
        workers: processes.
        answer_kind: of all problems; None where it may be any of KINDS.

    Returns:
        The completions with extracted_answer (null where there is none; a truncated completion has none but a marked
        one, or a program), answer_place (`box`, `marked` or `guess`; null without an answer), correct (bool; no answer
        is wrong), answer_class (equal for answers to one problem that say the same; what votes are counted by; null for
        a guess from a truncated completion) and grading_error (null, or why an answer could not be graded: it counts as
        wrong).

    Raises:
        UserError: columns are missing, a completion belongs to no problem or is no text, a problem has a sample twice,
            an answer of another kind than all are said to have, of an unknown one, or none.
    """
    require(completions, ["problem_id", "sample", "completion"], "completions")
    require(problems, ["problem_id", "answer", "answer_kind"], "problems")
    _check_samples(completions)
    known = problems.set_index("problem_id")
    unknown = completions.problem_id[~completions.problem_id.isin(known.index)]
    if len(unknown):
        raise UserError(f"{unknown.nunique()} completions belong to no problem, the first to {unknown.iloc[0]!r}")
    answered = known.loc[known.index.isin(completions.problem_id)]
    _check_answers(answered, answer_kind)
    rollouts = completions.reset_index(drop=True)
    rollouts["answer_kind_"] = rollouts.problem_id.map(answered.answer_kind)
    extracted = [
        _extract(text, gold, _finder(kind, settings))
        for text, gold, kind in zip(
            rollouts.completion,
            rollouts.problem_id.map(answered.answer.astype(str)),
            rollouts.answer_kind_,
            strict=True,
        )
    ]
    rollouts["extracted_answer"] = pd.Series([found.text if found else None for found, _ in extracted], dtype="string")
    rollouts["answer_place"] = pd.Series([found.place if found else None for found, _ in extracted], dtype="string")
    lost = _guessed_from_truncated(rollouts) & rollouts.answer_kind_.ne("code")  # tests tell whether a program is whole
    rollouts.loc[lost, ["extracted_answer", "answer_place"]] = pd.NA
    of_distinct = _grade_distinct(rollouts, problems, workers, settings)
    graded = rollouts.drop(columns="answer_kind_").merge(of_distinct, on=ANSWER, how="left", validate="many_to_one")
    missed = pd.Series([error for _, error in extracted], dtype="string")
    return graded.assign(
        correct=graded.correct.eq(True).fillna(False).astype(bool),
        answer_class=graded.answer_class.mask(_guessed_from_truncated(graded)),
        grading_error=graded.grading_error.fillna(missed),
    )


def report(rollouts: pd.DataFrame) -> str:
    """One line: what was counted as what, and the share of answers that were guessed."""
    errors = rollouts.grading_error.dropna()
    counts = {
        "right": int(rollouts.correct.sum()),
        "without an answer": int(rollouts.extracted_answer.isna().sum()),
        "cut off": int(_truncated(rollouts).sum()),
        TIMED_OUT: int(errors.str.contains(TIMED_OUT, regex=False).sum()),
        "not graded for another reason": int((~errors.str.contains(TIMED_OUT, regex=False)).sum()),
    }
    counted = ", ".join(f"{count} {what}" for what, count in counts.items() if count or what == "right")
    found = rollouts.answer_place.dropna()
    guessed = (
        f"; {found.eq(GUESS).mean():.1%} of answers guessed from text without a mark" if found.eq(GUESS).any() else ""
    )
    return f"{len(rollouts)} rollouts: {counted}{guessed}"


def spelled_only(problems: pd.DataFrame, workers: int) -> list[str]:
    """Problems whose gold answer does not parse, so that only an answer in the same spelling is right."""
    found: list[str] = []
    given = problems[problems.answer.fillna("").str.strip().ne("")]
    for kind, part in given.groupby("answer_kind", sort=False):
        unparsable = KINDS[kind].unparsable
        if unparsable is not None:
            golds = [KINDS[kind].gold(gold) or "" for gold in part.answer]
            found += part.problem_id[unparsable(golds, workers)].tolist()
    return found


def _grade_distinct(
    rollouts: pd.DataFrame, problems: pd.DataFrame, workers: int, settings: GradingSettings
) -> pd.DataFrame:
    """Grade the distinct answers to each problem, those of one kind together: ANSWER and what grading adds."""
    votes = rollouts["sample"].ne(GREEDY) & ~_guessed_from_truncated(rollouts)
    given = rollouts.assign(votes=votes).dropna(subset="extracted_answer")
    distinct = given[[*ANSWER, "answer_kind_"]].drop_duplicates(ANSWER)
    distinct["votes"] = given.groupby(ANSWER, sort=False).votes.transform("any").loc[distinct.index]
    answers = problems[problems.problem_id.isin(distinct.problem_id)].set_index("problem_id").answer.astype(str)
    parts = []
    for kind, rows in distinct.groupby("answer_kind_", sort=False):
        part = rows.drop(columns="answer_kind_").assign(answer=rows.problem_id.map(answers).map(KINDS[kind].gold))
        parts.append(KINDS[kind].grade(part, workers, settings))
    columns = [*ANSWER, "correct", "answer_class", "grading_error"]
    if not parts:
        return pd.DataFrame({column: pd.Series(dtype="string") for column in columns})
    return pd.concat([part[columns] for part in parts]).astype(
        {"extracted_answer": "string", "answer_class": "string", "grading_error": "string"}
    )


def _truncated(rollouts: pd.DataFrame) -> pd.Series:
    if "finish_reason" not in rollouts:
        return pd.Series(False, index=rollouts.index)
    return rollouts.finish_reason.eq("length").fillna(False).astype(bool)


def _guessed_from_truncated(rollouts: pd.DataFrame) -> pd.Series:
    return _truncated(rollouts) & rollouts.answer_place.eq(GUESS).fillna(False).astype(bool)


def _finder(kind: str, settings: GradingSettings) -> Callable[[str, str], Found | None]:
    pattern = settings.answer_pattern
    if pattern is None:
        return KINDS[kind].find
    return lambda text, _: places.by_pattern(text, pattern)


def _extract(completion: str, gold: str, find: Callable[[str, str], Found | None]) -> tuple[Found | None, str | None]:
    """The answer, and why there is none where finding it took too long."""
    try:
        return find(completion, gold), None
    except TimeoutError:
        return None, f"{TIMED_OUT}: the answer pattern"


def _check_samples(completions: pd.DataFrame) -> None:
    repeated = completions[completions.duplicated(["problem_id", "sample"])]
    if len(repeated):
        first = repeated.iloc[0]
        raise UserError(f"problem {first.problem_id!r} has sample {first['sample']} more than once")
    for row in completions[~completions.completion.map(lambda text: isinstance(text, str))].itertuples():
        raise UserError(f"completion {row.sample} of problem {row.problem_id!r} is no text but {type(row.completion)}")


def _check_answers(problems: pd.DataFrame, kind_of_all: str | None) -> None:
    repeated = problems.index[problems.index.duplicated()]
    if len(repeated):
        raise UserError(f"problem {repeated[0]!r} stands in the problems more than once")
    known = list(KINDS) if kind_of_all is None else [kind_of_all]
    odd = problems[~problems.answer_kind.isin(known)]
    if len(odd):
        raise UserError(
            f"problem {odd.index[0]!r} has answer_kind {odd.answer_kind.iloc[0]!r}; known are {', '.join(known)}"
        )
    empty = problems.index[problems.answer.fillna("").astype(str).str.strip() == ""]
    if len(empty):
        raise UserError(
            f"{len(empty)} problems have no answer to grade by: {', '.join(map(repr, empty[:10]))}; give them one, or "
            "leave out their completions"
        )
    for problem, kind, gold in zip(problems.index, problems.answer_kind, problems.answer, strict=True):
        if KINDS[kind].gold(str(gold)) is None:
            raise UserError(
                f"problem {problem!r}: the answer {str(gold)[:80]!r} is no answer of the kind {kind!r}; give "
                f"{KINDS[kind].expected}"
            )
