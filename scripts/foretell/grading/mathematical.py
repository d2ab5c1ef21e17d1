"""Grading mathematical answers, and telling which of them are the same."""

import pandas as pd

from foretell.grading import equivalence, extraction, votes
from foretell.grading.algebra import PRELOADED, parses, warm_up
from foretell.grading.formulas import SECONDS, compare
from foretell.grading.numerals import MOST_DIGITS
from foretell.grading.places import GUESS, LONGEST_ANSWER
from foretell.grading.workers import Outcome, run_bounded


def grade(answers: pd.DataFrame, workers: int) -> pd.DataFrame:
    """Grade distinct answers by mathematical equality (`foretell.grading.equivalence.equal`).

    Args:
        answers: problem_id, extracted_answer, answer (the gold); distinct rows.
        workers: processes for the comparisons that take algebra.

    Returns:
        The same with correct (bool), grading_error (null, or why a comparison gave no result, which counts as wrong)
        and answer_class (see `classes`).
    """
    pairs = list(zip(answers.extracted_answer, answers.answer, strict=True))
    known = {pair: _verdict(pair) for pair in dict.fromkeys(pairs)}
    hard = [pair for pair, outcome in known.items() if outcome is None]
    known.update(zip(hard, compare(hard, workers), strict=True))
    outcomes = [known[pair] or Outcome(None, None) for pair in pairs]
    return answers.assign(
        correct=[outcome.value is True for outcome in outcomes],
        grading_error=pd.Series([outcome.error for outcome in outcomes], index=answers.index, dtype="string"),
        answer_class=classes(answers),
    )


def grade_integers(answers: pd.DataFrame, workers: int) -> pd.DataFrame:
    """Grade distinct answers as whole numbers; see `grade`. What is no whole number is wrong."""
    values = [equivalence.integer(answer) for answer in answers.extracted_answer]
    golds = [equivalence.integer(answer) for answer in answers.answer]
    correct = [value is not None and value == gold for value, gold in zip(values, golds, strict=True)]
    names = [
        answer if value is None else _written(value)
        for value, answer in zip(values, answers.extracted_answer, strict=True)
    ]
    return answers.assign(correct=correct, grading_error=pd.NA, answer_class=names)


def _written(value: int) -> str:
    """A whole number in digits; in hexadecimal ones where Python writes no others."""
    return str(value) if abs(value) < 10**MOST_DIGITS else hex(value)


def classes(answers: pd.DataFrame) -> pd.Series:
    """Of the answers to a problem that say the same, the shortest: what votes are counted by.

    The classes come from the answers to the problem alone, whatever any gold answer is and whichever order they are in.
    Answers that agree but for a name or a unit are of one class if none that vote contradict each other: `5`, `5 cm`
    and `x = 5`, but not beside `5 km`. A percent sign always tells apart.

    Args:
        answers: problem_id, extracted_answer, votes (whether some sample that votes gave it).
    """
    keys = [_safely(answer) for answer in answers.extracted_answer]
    frame = pd.DataFrame({"problem": answers.problem_id, "value": [repr(value) for value, _ in keys]})
    frame["percent"] = ["%" in unit for _, (_, unit) in keys]
    contradicted = pd.Series(False, index=answers.index)
    for part in (0, 1):
        given = pd.Series([label[part] or None for _, label in keys], index=answers.index, dtype="string")
        given = given.where(answers.votes)
        contradicted |= given.groupby([frame.problem, frame.value, frame.percent]).transform("nunique") > 1
    frame["label"] = pd.Series([repr(label) for _, label in keys], index=answers.index).where(contradicted, "")
    frame["answer"] = answers.extracted_answer.astype(str)
    return frame.groupby(["problem", "value", "percent", "label"]).answer.transform(
        lambda group: min(group, key=lambda a: (len(a), a))
    )


def _safely(answer: str) -> tuple[tuple, tuple[str, str]]:
    """An answer's key; its text where it is nested too deep for one."""
    try:
        return votes.key(answer)
    except RecursionError:
        return ("text", answer), votes.UNNAMED


def gold_answer(gold: str) -> str | None:
    """A gold answer; of a whole solution, what is marked in it. None where that has no mark, or there are several.

    A JSON list of texts is several answers, which the kind `text` alone accepts; `[1, 2]` is an interval.
    """
    text = gold.strip()
    if text.startswith('["'):
        return None
    if "####" in text or "\\boxed" in text:
        found = extraction.mathematical(text)
        return found.text if found is not None and found.place != GUESS else None
    return text if len(text) <= LONGEST_ANSWER else None


def gold_integer(gold: str) -> str | None:
    """The same of a gold answer that must be a whole number, in some notation such as `1,080`."""
    answer = gold_answer(gold)
    return None if answer is None or equivalence.integer(answer) is None else answer


def unparsable(golds: list[str], workers: int) -> list[bool]:
    """Which gold answers neither the reader nor math-verify reads, so that they can be matched in spelling only."""
    strange = [gold for gold in dict.fromkeys(golds) if not equivalence.understood(gold)]
    outcomes = run_bounded(
        parses, [(gold,) for gold in strange], SECONDS, workers, "parsing gold answers", PRELOADED, warm_up
    )
    odd = {gold for gold, outcome in zip(strange, outcomes, strict=True) if outcome.value is not True}
    return [gold in odd for gold in golds]


def _verdict(pair: tuple[str, str]) -> Outcome | None:
    """What takes no algebra; None where it does. Whatever an odd answer makes Python throw is that answer's error."""
    try:
        verdict = equivalence.equal(*pair)
    except Exception as error:  # noqa: BLE001
        return Outcome(None, f"{type(error).__name__}: {error}"[:200])
    return None if verdict is None else Outcome(verdict, None)
