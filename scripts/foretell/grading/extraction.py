"""Finding the mathematical answer that a completion states. Every search takes time linear in its length."""

import json
import re

from foretell.grading.places import (
    BOX,
    GUESS,
    LISTED,
    LONGEST_ANSWER,
    MARKED,
    Found,
    after_thinking,
    boxes,
    last_box,
    sentences,
    to_sentence_end,
    until_next_question,
)
from foretell.grading.reading import read
from foretell.grading.values import Collection, Text, Unread, Value

_CALCULATION = re.compile(r"<<[^<>]{0,200}>>")
_HASHES = re.compile(r"####[ \t]*([^\n]+)")
_TAGGED = re.compile(r"<answer>([^<]{1,300})</answer>", re.IGNORECASE)
_JSON = re.compile(
    r'"(?:final[_ ]?)?answer"\s*:\s*("(?:[^"\\\n]|\\.){1,300}"|[^\s"{}\[\],][^,}\n]{0,100})', re.IGNORECASE
)
_LABELLED = re.compile(r"^[ \t]*A:[ \t]*([^\n]+)$", re.MULTILINE)
_STATED = re.compile(
    r"\b(?:answers?|ans)\b(?:\*\*|__)?(?:[ \t]+(?:to|for|of)[ \t][^\n.:]{0,80}?)?"
    r"(?:[ \t]*(?:\b(?:is|are|would be|will be|should be|must be|equals|becomes)\b|:|=)(?:\*\*|__)?)+\s*(?:\*\*)?",
    re.IGNORECASE,
)
_HEADING = re.compile(r"(?:^|\n)[#* \t]{0,10}(?:final )?answer[* \t]*\n\s*", re.IGNORECASE)
_SELF = re.compile(r"^\s*(?:\\text\s*\{)?\s*(?:the\s+)?(?:final\s+)?answer(?:\s+is)?\s*:?\s*", re.IGNORECASE)
_CUT = re.compile(
    r"[,;]?\s+(?:because|since|as|when|where|which|so|therefore|if|after|but|instead|due|given|then)\b|\s+\((?=[a-z]{2,}\s)"
)
_DISPLAYED = re.compile(r"\$\$([^$]{1,500})\$\$|\\\[((?:[^\\]|\\[^\]]){1,500})\\\]")
_INLINE = re.compile(  # a dollar sign before a space or a number ends no formula
    r"(?<!\\)\$(?!\s)([^$\n]{1,300})(?<![\s\\])\$(?!\d)|\\\(([^\n]{1,300}?)\\\)"
)
_CONCLUSION = re.compile(r"\b(?:so|therefore|thus|hence|altogether|totall?ing|means)\b", re.IGNORECASE)
_NUMBER = re.compile(
    r"(?<![\w.])\d{1,3}(?::\d{1,3})+(?:[ \t]?[ap]\.?m\b)?"
    r"|(?<![\w.])[-−]?[$€£]?(?:\d[\d,]*(?:\.\d+)?(?: \d+/\d+|/\d+)?|\.\d+)%?"
    r"(?:[ \t](?:million|billion|trillion|thousand|hundred|dozen)\b)?"
)
_PLAIN_WORD = re.compile(r"(?<![\\a-zA-Z])[a-zA-Z]{2,}")
_BEGUN = re.compile(  # words before a value, such as "so 7" or "I got 7"; functions are none
    r"^(?:[a-zA-Z]\s+)?(?!(?:sin|cos|tan|cot|sec|csc|arc\w+|log|ln|exp|sqrt|pi)\b)[a-zA-Z]{2,}[\s,:]"
)
_PROSE = re.compile(r"[A-Za-z]{2,}\s+[A-Za-z]{2,}\s")
_ADVERBS = re.compile(
    r"^(?:(?:approximately|about|roughly|therefore|thus|hence|then|simply|just|exactly|equal to|clearly)\b[\s,:]*)+",
    re.IGNORECASE,
)
_INSTEAD = re.compile(r"^not\b.{1,60}?\bbut\s+(?:rather\s+)?", re.IGNORECASE)
_RANGE = re.compile(r"\d[ \t]*[-–—][ \t]*[$€£]?\d")
_TAIL = 20 * LONGEST_ANSWER  # characters at the end in which a guess is looked for


def mathematical(completion: str) -> Found | None:
    r"""The last answer that is marked: in a box, after `####`, `A:`, "answer is", in `<answer>` or JSON; else a guess.

    Thinking does not count, nor what follows where a model goes on with another question. A last box that was never
    closed, as in a truncated completion, means that there is no answer. See `guess` for text without a mark.
    """
    text = after_thinking(completion)
    if text is None:
        return None
    text = _CALCULATION.sub("", text)
    found = _marks(text)
    text = until_next_question(text, found[0].start if found else None)
    found = [mark for mark in found if mark.start < len(text)]
    boxed = boxes(text)
    if boxed is None:
        return None
    box = last_box(text, boxed)
    found = [mark for mark in found if mark.place != BOX] + ([box] if box else [])
    for mark in sorted(found, key=lambda mark: mark.start, reverse=True):
        answer = _own_words(mark.text) if mark.place == BOX else _stated(mark.text)
        if answer and len(answer) <= LONGEST_ANSWER:
            return Found(answer, mark.place, mark.start)
    return None if found and box is not None and not box.text.strip() else guess(text)


def guess(text: str) -> Found | None:
    """The answer of a text without a mark.

    That is the whole text if it is a value, or the display formula at its end; else, of the last sentence that has a
    number, the formula, or what stands behind the last equals sign, or the first number, or the first one behind
    "therefore". A range (`3-5`) is no answer.
    """
    text = re.sub(r"\s+!$", "", text[-_TAIL:].strip())
    short = len(text) <= 100 and "\n" not in text and len(_PLAIN_WORD.findall(text)) <= 1
    if short and not _BEGUN.match(text) and _is_value(text):
        return Found(text, GUESS)
    displayed = list(_DISPLAYED.finditer(text))
    if displayed and len(text[displayed[-1].end() :].strip(" .,\n")) == 0:
        return Found((displayed[-1].group(1) or displayed[-1].group(2)).strip(), GUESS)
    parts = sentences(text)
    running = [part for part in parts if not LISTED.match(part)]
    for sentence in reversed(running if any(map(_NUMBER.search, running)) else parts):
        answer = _of_sentence(sentence)
        if answer is not None:
            return Found(answer, GUESS) if answer else None
    return None


def _marks(text: str) -> list[Found]:
    """Marked answers in order, boxes with an empty text."""
    found = [
        Found(match.group(1), MARKED, match.start(1))
        for pattern in (_HASHES, _TAGGED, _LABELLED)
        for match in pattern.finditer(text)
    ]
    found += [Found(_unquoted(match.group(1)), MARKED, match.start(1)) for match in _JSON.finditer(text)]
    for pattern in (_STATED, _HEADING):
        for match in pattern.finditer(text):
            stated = to_sentence_end(text[match.end() : match.end() + 300])
            if stated.strip(" *$"):
                found.append(Found(stated, MARKED, match.end()))
    boxed = boxes(text) or []
    found = [mark for mark in found if not any(box.start < mark.start < box.end for box in boxed)]
    return sorted([*found, *(box._replace(text="") for box in boxed)], key=lambda mark: mark.start)


def _unquoted(value: str) -> str:
    """What a JSON value says; models may leave the backslashes of LaTeX single."""
    try:
        return str(json.loads(value, parse_float=str)) if "\\" not in value.replace("\\\\", "") else value.strip('"')
    except ValueError:
        return value.strip('"')


def _stated(text: str) -> str | None:
    """The value in what follows a mark: all of it, or the number of a sentence."""
    text = text[:LONGEST_ANSWER].strip().strip("*").strip()
    if "\\boxed" in text or "\\fbox" in text:
        return None
    text = _INSTEAD.sub("", _ADVERBS.sub("", text))
    cut = _CUT.search(text)
    if cut and cut.start() > 0 and (_is_value(text[: cut.start()]) or not _is_value(text)):
        text = text[: cut.start()]
    if (_is_value(text) and not _PROSE.match(text)) or len(text.split()) < 3:
        return text.rstrip(" .*")
    return _of_sentence(text) or text.rstrip(" .*")


def _own_words(text: str) -> str | None:
    """What stands in a box, without "The answer is"."""
    own = _SELF.sub("", text)
    if own != text:
        text = own if own.count("{") == own.count("}") else own.replace("}", "", 1)
    return text.strip() or None


def _of_sentence(sentence: str) -> str | None:
    """The value that a sentence ends in; None without one, empty where it is a range."""
    formulas = list(_INLINE.finditer(sentence))
    if formulas:
        return (formulas[-1].group(1) or formulas[-1].group(2)).strip()
    if not _NUMBER.search(sentence):
        return None
    if _RANGE.search(sentence) and "=" not in sentence:
        return ""
    last_number = [match.start() for match in _NUMBER.finditer(sentence)][-1]
    concluding = [match.end() for match in _CONCLUSION.finditer(sentence, 0, last_number)]
    part = sentence[concluding[-1] :] if concluding else sentence
    if "=" in part and (behind := part.rpartition("=")[2].strip()):
        number = _NUMBER.search(behind)
        if number and not behind[: number.start()].strip(" $*("):
            return number.group().strip(" ,")
        whole = behind.rstrip(" .*")
        if number is None and _is_value(whole):
            return whole
    number = _NUMBER.search(part)
    return number.group().strip(" ,") if number else None


def _is_value(text: str) -> bool:
    """Whether a text says a value, other than words."""
    values = read(text)
    return bool(values) and not any(map(_has_words, values))


def _has_words(value: Value) -> bool:
    return isinstance(value, Text | Unread) or (isinstance(value, Collection) and any(map(_has_words, value.items)))
