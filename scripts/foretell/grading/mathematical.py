"""Judging mathematical answers, and telling which of them are the same."""

from itertools import combinations

import pandas as pd

from foretell.grading.equivalence import equal, load_algebra, normalise, number, parses, quickly_equal
from foretell.grading.workers import Outcome, run_bounded

SECONDS = 5.0  # per comparison


def judge(answers: pd.DataFrame, workers: int) -> pd.DataFrame:
    """Judge distinct answers by mathematical equality (`foretell.grading.equivalence.equal`).

    Args:
        answers: problem_id, extracted_answer, answer (the gold); distinct rows, those of one problem in sample order.
        workers: processes for the comparisons that take algebra.

    Returns:
        The same with correct (bool), grading_error (null, or why a comparison gave no result, which counts as wrong)
        and answer_class: of the answers to one problem that are equal, the first; all right ones are equal.
    """
    outcomes = _compare(list(zip(answers.extracted_answer, answers.answer, strict=True)), workers, "grading answers")
    judged = answers.assign(
        correct=[outcome.value is True for outcome in outcomes],
        grading_error=pd.Series([outcome.error for outcome in outcomes], index=answers.index, dtype="string"),
    )
    return judged.assign(answer_class=_classes(judged, workers))


def judge_integers(answers: pd.DataFrame, workers: int) -> pd.DataFrame:
    """Judge distinct answers as whole numbers; see `judge`. What is no whole number is wrong."""
    values = [_integer(answer) for answer in answers.extracted_answer]
    golds = [_integer(answer) for answer in answers.answer]
    correct = [value is not None and value == gold for value, gold in zip(values, golds, strict=True)]
    names = [
        answer if value is None else str(value) for value, answer in zip(values, answers.extracted_answer, strict=True)
    ]
    return answers.assign(correct=correct, grading_error=pd.NA, answer_class=names)


def judge_choices(answers: pd.DataFrame, workers: int) -> pd.DataFrame:
    """Judge distinct answers as option letters, by equality; see `judge`."""
    golds = answers.answer.str.strip().str.strip("().").str.upper()
    correct = answers.extracted_answer.str.upper().eq(golds).fillna(False).astype(bool)
    return answers.assign(correct=correct, grading_error=pd.NA, answer_class=answers.extracted_answer.str.upper())


def unparsable(golds: list[str], workers: int) -> list[bool]:
    """Which gold answers mean nothing to the parser, so that they can be matched in spelling only."""
    outcomes = run_bounded(parses, [(gold,) for gold in golds], SECONDS, workers, "parsing gold answers", load_algebra)
    return [outcome.value is not True for outcome in outcomes]


def is_integer(answer: str) -> bool:
    """Whether an answer is a whole number in some spelling, such as `1,080`."""
    return _integer(answer) is not None


def _integer(answer: str) -> int | None:
    value = number(normalise(answer).text)
    return int(value) if value is not None and value.denominator == 1 else None


def _compare(pairs: list[tuple[str, str]], workers: int, description: str) -> list[Outcome]:
    """Compare pairs, each distinct one once, and only those that take algebra in worker processes."""
    known = {pair: _quickly(pair) for pair in dict.fromkeys(pairs)}
    hard = [pair for pair, outcome in known.items() if outcome is None]
    known.update(zip(hard, run_bounded(equal, hard, SECONDS, workers, description, load_algebra), strict=True))
    return [known[pair] for pair in pairs]


def _quickly(pair: tuple[str, str]) -> Outcome | None:
    verdict = quickly_equal(*pair)
    return None if verdict is None else Outcome(verdict, None)


def _classes(judged: pd.DataFrame, workers: int) -> pd.Series:
    """The first answer to each problem that equals each answer; wrong answers are compared with each other."""
    groups = [
        group.extracted_answer.to_dict() for _, group in judged[~judged.correct].groupby("problem_id", sort=False)
    ]
    pairs = [pair for group in groups for pair in combinations(group, 2)]
    texts = judged.extracted_answer
    outcomes = _compare([(texts[later], texts[first]) for first, later in pairs], workers, "comparing wrong answers")
    classes = texts.copy()
    for (first, later), outcome in zip(pairs, outcomes, strict=True):
        if outcome.value is True and classes[first] == texts[first] and classes[later] == texts[later]:
            classes[later] = texts[first]
    right = judged[judged.correct].groupby("problem_id", sort=False).extracted_answer.transform("first")
    classes.loc[right.index] = right
    return classes
