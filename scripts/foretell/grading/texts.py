"""Finding and grading short texts, such as names, by whether an accepted answer stands in them."""

import json
import re
from functools import partial

import pandas as pd

from foretell.grading.marks import enclosed, plain_marks, stated
from foretell.grading.mentions import candidates, doubted, hedges, longer_names, refuses, without_asides
from foretell.grading.normalisation import normalised, singular
from foretell.grading.places import (
    LONGEST_ANSWER,
    MARKED,
    Found,
    after_thinking,
    boxes,
    is_aside,
    last_box,
    until_next_question,
)
from foretell.problems.golds import after_hashes

_TITLE = re.compile(r"^(?:sir|dame|dr|mr|mrs|ms|prof|professor) (?=\w+ \w)")
_FONT = re.compile(r"\\(?:text[a-z]*|math[a-z]+|emph|mbox)\s*\{([^{}]*)\}")
_VERDICT = re.compile(  # what is said of an answer, which is none
    r"(?:as follows|above|below|based on|considered|correct|right|wrong|incorrect|verified|confirmed|clear|unclear"
    r"|obvious|unknown|not (?:explicitly|given|known|clear))\b",
    re.IGNORECASE,
)
_BEHIND_ANSWER = re.compile(r"\b(?:is|was) (?:the|my|our)(?: \w+)? $")  # "Paris is the answer: ..."
_ABBREVIATED = re.compile(r"\b(?:[A-Z]|St|Mt|Ft|Dr|Mrs?|Ms|Jr|Sr|Sgt|Lt|Col|Gen|Capt|Prof|Rev|Vol|vs|Inc|Co|ca?)$")
_END = re.compile(r"[.!?](?=[\s)*\"”]|$)|\n|,? because (?=\w)|[,;—–] (?:since|which|who|where|as|so|after|not) (?=\w)")
_BOLD = re.compile(  # what a sentence ends in, or a clause: "It is **Lyon**."
    r"\b(?:is|was|are|were|by|called|named)(?: (?:an?|the))? \*\*([A-Z0-9][^*\n:]{0,80})\*\*(?=[.,;!\n]|$)"
)
_SHORT = 5  # words; a completion that is no longer may name two things without listing candidates


def short_text(completion: str) -> Found | None:
    r"""The answer that is marked: in the last box, in `<answer>` or JSON, else behind the last "answer is", "Answer:".

    Without a mark what alone is bold, else the whole completion, without its thinking, on one line. None if that is
    blank or too long to be an answer, or if the last box was never closed. What follows where a model goes on with
    another question marks nothing.
    """
    text = after_thinking(completion)
    if text is None:
        return None
    own = plain_marks(until_next_question(text.strip(), 0))
    boxed = boxes(own)
    if boxed is None:
        return None
    box = last_box(own, [each for each in boxed if each.text.strip()], str.__eq__)
    found = ([box] if box else sorted(enclosed(own), key=_start)) or sorted(_stated(own), key=_start)
    for mark in reversed(found):
        answer = " ".join(_FONT.sub(r"\1", mark.text[:LONGEST_ANSWER]).split()).strip("*_ ")
        if answer and not is_aside(own, mark.start):
            return Found(answer, mark.place, mark.start)
    text = _emphasised(own) or " ".join(text.split())
    return Found(text, MARKED) if text and len(text) <= LONGEST_ANSWER else None


def _start(mark: Found) -> int:
    return mark.start


def _emphasised(text: str) -> str | None:
    """A name or number that alone stands in bold at the end of a clause, as models write answers they do not announce.

    Not where the clause doubts it. Of "not **Paris**" the whole text is graded.
    """
    bold = _BOLD.search(text) if text.count("**") == 2 else None
    if bold is None or doubted(re.split(r"[.;!?\n]", text[: bold.start()])[-1] + bold.group()):
        return None
    return bold.group(1).strip()


def _stated(text: str) -> list[Found]:
    """What stands behind "answer is" and "Answer:", to the end of its sentence, without the reason for it."""
    found = []
    for mark in stated(text):
        lead = re.split(r"[.!?;:\n]", text[max(0, mark.start() - 60) : mark.start()])[-1]
        if not _VERDICT.match(text, mark.end()) and not _BEHIND_ANSWER.search(lead) and not doubted(lead):
            following = text[mark.end() : mark.end() + LONGEST_ANSWER]
            ends = (end.start() for end in _END.finditer(following) if not _abbreviates(following, end))
            found.append(Found(following[: next(ends, len(following))], MARKED, mark.end()))
    return found


def _abbreviates(text: str, end: re.Match[str]) -> bool:
    """Whether a full stop belongs to its word: `J. K. Rowling`, `St. Louis`."""
    return end.group() == "." and _ABBREVIATED.search(text, max(0, end.start() - 5), end.start()) is not None


def grade_texts(answers: pd.DataFrame, workers: int, one_answer: bool | None = None) -> pd.DataFrame:
    """Grade distinct answers: right is what an accepted answer stands in, as whole words, singular or
    plural.

    Args:
        answers: problem_id, extracted_answer, answer (the gold: a text; a JSON list of accepted texts; or a JSON object
            with accepted and others, texts that are other answers although an accepted one stands in them; without
            it, names such as "New York" are, for "York").
        workers: not needed.
        one_answer: whether an accepted answer that is refused ("not Paris") or one of several candidates ("Paris, Rome
            or London") is wrong; None means so, of candidates in answers of more than five words only.

    Returns:
        The same with correct (bool), grading_error (null) and answer_class: the words without a leading article, equal
        for singular and plural.
    """
    golds = {gold: parse_gold(gold) for gold in answers.answer.unique()}
    correct = [
        _right(text, *golds[gold], one_answer)
        for text, gold in zip(answers.extracted_answer, answers.answer, strict=True)
    ]
    given = answers.extracted_answer.map(normalised)
    alike = answers.extracted_answer.map(lambda text: repr((singular(text), candidates(text))))
    shortest = partial(min, key=lambda text: (len(text), text))
    named = given.groupby([answers.problem_id, alike]).transform(shortest)
    return answers.assign(correct=correct, grading_error=pd.NA, answer_class=named)


def parse_gold(gold: str) -> tuple[list[str], list[str] | None]:
    """Accepted texts and other answers of a gold answer, as words; what is no JSON is one accepted text, or a solution
    that has it after `####`.

    None in place of other answers where the gold answer does not say which there are.
    """
    try:
        parsed = json.loads(gold)
    except ValueError:
        parsed = gold
    if isinstance(parsed, list):
        parsed = {"accepted": parsed}
    if not isinstance(parsed, dict):
        parsed = {"accepted": [after_hashes(gold) or gold]}
    accepted = [singular(str(text)) for text in parsed.get("accepted", [])]
    accepted += [untitled for text in accepted if (untitled := _TITLE.sub("", text)) != text]
    others = [singular(str(text)) for text in parsed["others"]] if "others" in parsed else None
    return [text for text in accepted if text], others


def gold_text(gold: str) -> str | None:
    """A gold answer; None where it has no accepted text."""
    return gold if parse_gold(gold)[0] else None


def _right(answer: str, accepted: list[str], others: list[str] | None, one_answer: bool | None) -> bool:
    """Whether an accepted text stands there, other than inside a longer one that is another answer."""
    said = answer if one_answer is False else without_asides(answer)
    text = singular(said)
    others = longer_names(said) if others is None else others
    listed = candidates(said)
    long = len(text.split()) > _SHORT or len(listed) > 2 or hedges(said)
    listing = one_answer is True or (one_answer is None and long)
    withheld = ([] if one_answer is False else doubted(said)) + (listed if listing else [])
    for phrase in sorted({*accepted, *others}, key=lambda each: (len(each), each in accepted, each), reverse=True):
        found = re.compile(rf"\b{re.escape(phrase)}\b")
        if phrase in accepted and not any(map(found.search, withheld)):
            for match in found.finditer(text):
                if one_answer is False or not refuses(text, *match.span()):
                    return True
        text = found.sub("|", text)
    return False
