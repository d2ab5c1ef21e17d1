"""Finding the mathematical answer that a completion states. Every search takes time linear in its length."""

import re

from foretell.grading.equivalence import equal
from foretell.grading.guesses import guess, is_value, of_sentence
from foretell.grading.marks import enclosed, plain_marks, stated
from foretell.grading.places import (
    ADVERBS,
    BOX,
    LONGEST_ANSWER,
    MARKED,
    Found,
    after_thinking,
    boxes,
    is_aside,
    last_box,
    to_sentence_end,
    until_next_question,
)

_CALCULATION = re.compile(r"<<[^<>]{0,200}>>")
_HASHES = re.compile(r"####[ \t]*([^\n]+)")
_LABELLED = re.compile(r"^[ \t]*A:[ \t]*([^\n]+)$", re.MULTILINE)
_SELF = re.compile(r"^\s*(?:\\text\s*\{)?\s*(?:the\s+)?(?:final\s+)?answer(?:\s+is)?\s*:?\s*", re.IGNORECASE)
_CUT = re.compile(
    r"[,;]?\s+(?:because|since|as|when|where|which|so|therefore|if|after|but|instead|due|given|then)\b|\s+\((?=[a-z]{2,}\s)"
)
_PROSE = re.compile(r"[A-Za-z]{2,}\s+[A-Za-z]{2,}\s")
_ADVERBS = re.compile(rf"^(?:(?:approximately|about|roughly|somewhere|equal to|{ADVERBS})[\s,:]*)+", re.IGNORECASE)
_INSTEAD = re.compile(
    r"^not\b.{1,60}?(?:\bbut\s+(?:rather\s+)?|[,;:—]\s*(?:it|this)(?:['’]s|\s+is)\s+|[,;]\s*rather\s+)", re.IGNORECASE
)
_NO_ANSWER = re.compile(  # what is said of one
    r"^(?:not\b(?=.*\d)|neither|never|correct|right|wrong|incorrect|verified|confirmed|consistent|reasonable|found|obtained|given"
    r"|as follows|below|above|clear|unclear)\b",
    re.IGNORECASE,
)
_RESTATED = re.compile(r"^.*,\s(?:that is|i\.e\.|which (?:is|equals|gives))[,:\s]+", re.IGNORECASE)
_EITHER = re.compile(r"^either\s+", re.IGNORECASE)
_BOUND = re.compile(  # before a number: the answer is none, but lies somewhere
    r"^(?:between|at least|at most|up to|(?:no )?(?:less|more|fewer|greater|larger|smaller|higher|lower) than"
    r"|above|below|over|under|within)\s.{0,20}\d|^[\d.,]+\s*(?:to|or|and)\s+(?:\d|more|less|fewer|greater|above|below|over|under)",
    re.IGNORECASE,
)


def mathematical(completion: str) -> Found | None:
    r"""The last answer that is marked: in a box, after `####`, `A:`, "answer is", in `<answer>` or JSON; else a guess.

    Thinking does not count, nor what follows where a model goes on with another question. A last box that was never
    closed, as in a truncated completion, means that there is no answer. See `guess` for text without a mark.
    """
    text = after_thinking(completion)
    if text is None:
        return None
    text = plain_marks(_CALCULATION.sub("", text))
    boxed = boxes(text)
    found = _marks(text, boxed or [])
    until = until_next_question(text, found[0].start if found else None)
    if len(until) < len(text):
        text, boxed = until, boxes(until)
    if boxed is None:
        return None
    box = last_box(text, boxed, _same)
    found = [mark for mark in found if mark.place != BOX and mark.start < len(text)] + ([box] if box else [])
    aside = None
    for mark in sorted(found, key=lambda mark: mark.start, reverse=True):
        answer = _own_words(mark.text) if mark.place == BOX else _stated(mark.text)
        if not answer or len(answer) > LONGEST_ANSWER:
            continue
        if mark.place != BOX and box is not None and not is_value(answer):
            continue  # words do not take back a box
        if not is_aside(text, mark.start):
            return Found(answer, mark.place, mark.start)
        aside = aside or Found(answer, mark.place, mark.start)
    return aside or (None if found and box is not None and not box.text.strip() else guess(text))


def _marks(text: str, boxed: list[Found]) -> list[Found]:
    """Marked answers in order, boxes with an empty text."""
    found = [
        Found(match.group(1), MARKED, match.start(1))
        for pattern in (_HASHES, _LABELLED)
        for match in pattern.finditer(text)
    ]
    found += enclosed(text)
    for match in stated(text):
        answer = to_sentence_end(text[match.end() : match.end() + 300])
        if answer.strip(" *$"):
            found.append(Found(answer, MARKED, match.end()))
    found = [mark for mark in found if not any(box.start < mark.start < box.end for box in boxed)]
    return sorted([*found, *(box._replace(text="") for box in boxed)], key=lambda mark: mark.start)


def _same(one: str, other: str) -> bool:
    """Whether two boxes say the same; not where an odd one makes Python throw."""
    try:
        return equal(one, other) is True
    except Exception:  # noqa: BLE001
        return False


def _stated(text: str) -> str | None:
    """The value in what follows a mark: all of it, or the number of a sentence."""
    text = text[:LONGEST_ANSWER].strip().strip('*"“”').strip()
    if "\\boxed" in text or "\\fbox" in text:
        return None
    text = _EITHER.sub("", _INSTEAD.sub("", _ADVERBS.sub("", text)))
    if text.count("$") % 2 and text.rstrip(" .").endswith("$"):  # the formula began before the mark
        text = text.rstrip(" .").removesuffix("$")
    if _NO_ANSWER.match(text):
        return None
    if _BOUND.match(text):
        return text.rstrip(" .*")
    text = _RESTATED.sub(lambda found: "" if is_value(text[found.end() :]) else found.group(), text, count=1)
    cut = _CUT.search(text)
    if cut and cut.start() > 0 and (is_value(text[: cut.start()]) or not is_value(text)):
        text = text[: cut.start()]
    if (is_value(text) and not _PROSE.match(text)) or len(text.split()) < 3:
        return text.rstrip(" .*")
    return of_sentence(text) or text.rstrip(" .*")


def _own_words(text: str) -> str | None:
    """What stands in a box, without "The answer is"."""
    own = _SELF.sub("", text)
    if own != text:
        text = own if own.count("{") == own.count("}") else own.replace("}", "", 1)
    return text.strip() or None
