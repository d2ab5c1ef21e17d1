"""Judging short texts, such as names, by whether an accepted answer stands in them."""

import json
import re
import unicodedata

import pandas as pd

_ARTICLES = re.compile(r"^(?:the|an?) ")


def words(text: str) -> str:
    """A text as its words: lower case, no accents, one space between letters and digits that belong together."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    return " ".join(re.findall(r"\w+", plain.replace("'", "").replace("’", "")))


def judge_texts(answers: pd.DataFrame, workers: int) -> pd.DataFrame:
    """Judge distinct answers: right is what an accepted answer stands in, as whole words.

    Args:
        answers: problem_id, extracted_answer, answer (the gold: a text; a JSON list of accepted texts; or a JSON object
            with accepted and others, texts that are other answers although an accepted one stands in them).
        workers: not needed.

    Returns:
        The same with correct (bool), grading_error (null) and answer_class: the words without a leading article; all
        right answers to a problem are one class.
    """
    golds = {gold: parse_gold(gold) for gold in answers.answer.unique()}
    given = answers.extracted_answer.map(words)
    correct = [_right(text, *golds[gold]) for text, gold in zip(given, answers.answer, strict=True)]
    classes = [
        golds[gold][0][0] if right else _ARTICLES.sub("", text)
        for text, gold, right in zip(given, answers.answer, correct, strict=True)
    ]
    return answers.assign(correct=correct, grading_error=pd.NA, answer_class=classes)


def parse_gold(gold: str) -> tuple[list[str], list[str]]:
    """Accepted texts and other answers of a gold answer, as words; what is no JSON is one accepted text."""
    try:
        parsed = json.loads(gold)
    except ValueError:
        parsed = gold
    if isinstance(parsed, list):
        parsed = {"accepted": parsed}
    if not isinstance(parsed, dict):
        parsed = {"accepted": [gold]}
    accepted = [words(str(text)) for text in parsed.get("accepted", [])]
    return [text for text in accepted if text], [words(text) for text in parsed.get("others", [])]


def _right(text: str, accepted: list[str], others: list[str]) -> bool:
    """Whether an accepted text stands there, other than inside a longer one that is another answer."""
    for phrase in sorted({*accepted, *others}, key=len, reverse=True):
        found = re.compile(rf"\b{re.escape(phrase)}\b")
        if phrase in accepted and found.search(text):
            return True
        text = found.sub("|", text)
    return False
