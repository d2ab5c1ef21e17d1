"""Guessing the answer of a text without a mark. Every search takes time linear in its length."""

import re

from foretell.grading.places import GUESS, LISTED, LONGEST_ANSWER, Found, sentences
from foretell.grading.reading import read
from foretell.grading.values import Collection, Text, Unread, Value

_DISPLAYED = re.compile(r"\$\$([^$]{1,500})\$\$|\\\[((?:[^\\]|\\[^\]]){1,500})\\\]")
_INLINE = re.compile(  # a dollar sign before a space or a number ends no formula
    r"(?<!\\)\$(?!\s)([^$\n]{1,300})(?<![\s\\])\$(?!\d)|\\\(([^\n]{1,300}?)\\\)"
)
_CONCLUSION = re.compile(r"\b(?:so|therefore|thus|hence|altogether|totall?ing|means)\b", re.IGNORECASE)
_FREE = r"(?<![a-zA-Z0-9_.])"  # Chinese sets no space before a number
_NUMBER = re.compile(
    rf"{_FREE}\d{{1,3}}(?::\d{{1,3}})+(?:[ \t]?[ap]\.?m\b)?"
    rf"|{_FREE}[-−]?[$€£]\d{{1,3}}(?:[ \u00a0\u2009\u202f]\d{{3}})+(?![\d,])"
    rf"|{_FREE}[-−]?\d*[¼-¾⅐-⅞]"
    rf"|{_FREE}[-−]?[$€£]?(?:\d[\d,]*(?:\.\d+)?(?: \d+/\d+|/\d+)?|\.\d+)%?"
    r"(?:[ \t](?:million|billion|trillion|thousand|hundred|dozen)\b)?"
)
_SIGNED = r"[-−]?\d+(?:\.\d+)?(?:/\d+)?"
_BUILT = re.compile(  # what a number is only a part of
    rf"[(\[]\s*{_SIGNED}(?:,(?!\d{{3}}\b)\s*{_SIGNED})+\s*[)\]]"
    rf"|\b[a-zA-Z]\s?(?:[<>]=?|[≤≥≠])\s?{_SIGNED}"
    r"|(?:(?<![\d.,])\d+(?:\.\d+)?)?(?:√\(?\d+\)?|π)(?:\s?/\s?\d+)?"
    r"|(?<![\d.,])\d+(?:\.\d+)?(?:(?:\s?[·×*x]\s?10)?(?:\^\{?[-−]?\d+\}?|\*\*\d+)|e[-+]?\d+\b|!(?=\.)"
    r"|\s?±\s?\d+(?:\.\d+)?|\s?[-+−]\s?\d*i\b|[ixyzn](?![\w'’]))"
)
_BEFOREHAND = re.compile(
    r"^(?:(?:so|thus|hence|therefore)\b,?\s+)?"
    r"(?:out of|after|in|at|with|from|for|since|if|when|by|on|given)\b[^,=]*,\s",
    re.IGNORECASE,
)
_NAMED_BY = re.compile(r"\s*(?P<sign>=|is\b|equals\b)[\s*]*")  # between a formula and its value: `$x$ = 5`
_COMPARED = re.compile(r"\b(?:more|less|fewer|greater) than\s+[$€£]?$", re.IGNORECASE)
_PLAIN_WORD = re.compile(r"(?<![\\a-zA-Z])[a-zA-Z]{2,}")
_BEGUN = re.compile(  # words before a value, such as "so 7" or "I got 7"; functions are none
    r"^(?:[a-zA-Z]\s+)?(?!(?:sin|cos|tan|cot|sec|csc|arc\w+|log|ln|exp|sqrt|pi)\b)[a-zA-Z]{2,}[\s,:]"
)
_DENIED = re.compile(
    r"\banswer\s+(?:\w+\s+){0,2}(?:not|neither|cannot|\w+n['’]t)\b|\b(?:not|isn['’]t)\s+(?:the|an?|my)\s+(?:\w+\s+)?answer\b",
    re.IGNORECASE,
)
_PERHAPS = re.compile(
    r"\bor\s+(?:maybe|perhaps|possibly|even)\b|\b(?:maybe|perhaps|possibly)\s(?:\w+\s){0,2}\d[\d.,]*\s+or\s+\d",
    re.IGNORECASE,
)
_UNSOLVABLE = re.compile(r"\bno\s+(?:\w+\s+)?solutions?(?:\s+exists?)?[\s.!*]*$", re.IGNORECASE)
_BROKEN_OFF = re.compile(
    r"(?:\b(?:is|are|be|equals|the|of|and|to|gives)|[=+(])$", re.IGNORECASE
)  # by a limit of tokens
_UNCLOSED = re.compile(  # a formula in which a limit of tokens cut the text off; `$5` opens none
    r"(?<!\\)\\\[(?:(?!\\\]).)*$|(?<!\\)\\\((?:(?!\\\)).)*$|(?<!\\)\$(?=[a-zA-Z\\])[^$\n]*[^$.\n]$", re.DOTALL
)
_RANGE = re.compile(r"\d[ \t]*[-–—][ \t]*[$€£]?\d|(?<!from )(?<![\w:.,$])\d+[ \t]+to[ \t]+\d")
_TAIL = 20 * LONGEST_ANSWER  # characters at the end in which a guess is looked for


def guess(text: str) -> Found | None:
    """The answer of a text without a mark.

    That is the whole text if it is a value, or the display formula at its end; else, of the last sentence that has a
    number, the formula, or what stands behind the last equals sign, or the first number, or the first one behind
    "therefore"; or that there is no solution. A range (`3-5`) is no answer, and a text that breaks off has none.
    """
    text = re.sub(r"\s+!$", "", text[-_TAIL:].strip())
    short = len(text) <= 100 and "\n" not in text and len(_PLAIN_WORD.findall(text)) <= 1
    if short and not _BEGUN.match(text) and is_value(text):
        return Found(text, GUESS)
    displayed = list(_DISPLAYED.finditer(text))
    if displayed and len(text[displayed[-1].end() :].strip(" .,\n")) == 0:
        return Found((displayed[-1].group(1) or displayed[-1].group(2)).strip(), GUESS)
    if _BROKEN_OFF.search(text) or _in_formula(text):
        return None
    parts = sentences(text)
    if parts and _UNSOLVABLE.search(parts[-1]):
        return Found("no solution", GUESS)
    running = [part for part in parts if not LISTED.match(part)]
    for sentence in reversed(running if any(map(_NUMBER.search, running)) else parts):
        answer = of_sentence(sentence)
        if answer is not None:
            return Found(answer, GUESS) if answer else None
    return None


def _in_formula(text: str) -> bool:
    """Whether a text ends inside a formula."""
    opened = _UNCLOSED.search(text)
    return opened is not None and (opened.group()[0] == "\\" or text.count("$", 0, opened.start()) % 2 == 0)


def of_sentence(sentence: str) -> str | None:
    """The value that a sentence ends in; None without one, empty where it is a range."""
    formulas = list(_INLINE.finditer(sentence))
    if formulas:
        formula = (formulas[-1].group(1) or formulas[-1].group(2)).strip()
        return _value_behind(sentence[formulas[-1].end() :], formula) or formula
    if not _NUMBER.search(sentence):
        return None
    if _DENIED.search(sentence) or (_RANGE.search(sentence) and "=" not in sentence) or _PERHAPS.search(sentence):
        return ""
    last_number = [match.start() for match in _NUMBER.finditer(sentence)][-1]
    concluding = [match.end() for match in _CONCLUSION.finditer(sentence, 0, last_number)]
    part = sentence[concluding[-1] :].lstrip(" ,") if concluding else sentence
    if "=" in part and (equal := _equal_to(part.rpartition("=")[2].strip())):
        return equal
    beforehand = _BEFOREHAND.match(part)
    if beforehand and _NUMBER.search(part, beforehand.end()):
        part = part[beforehand.end() :]
    number = _NUMBER.search(part)
    if number and _COMPARED.search(part, 0, number.start()):
        return ""
    return _around(part, number) if number else None


def _equal_to(behind: str) -> str | None:
    """The value that begins behind an equals sign; None where none does."""
    number = _NUMBER.search(behind)
    if number and not behind[: number.start()].strip(" $*("):
        return _around(behind, number)
    whole = behind.rstrip(" .*")
    return whole if number is None and whole and is_value(whole) else None


def _value_behind(text: str, formula: str) -> str | None:
    """What a sentence says of its last formula: `$x$ = 5`, or `$x$ is 5` where that is all."""
    named = _NAMED_BY.match(text)
    if named is None or re.search(r"\d", formula):
        return None
    behind = text[named.end() :].rstrip(" .*")
    if named.group("sign") == "=":
        return _equal_to(behind.rpartition("=")[2].strip())
    return behind if re.search(r"\d", behind) and is_value(behind) else None


def _around(text: str, number: re.Match[str]) -> str:
    """A number, or what it is a part of: `5π`, `(3, 4)`, `x > 3`."""
    built = next((whole for whole in _BUILT.finditer(text) if whole.start() <= number.start() < whole.end()), number)
    return built.group().strip(" ,")


def is_value(text: str) -> bool:
    """Whether a text says a value, other than words."""
    values = read(text)
    return bool(values) and not any(map(_has_words, values))


def _has_words(value: Value) -> bool:
    return isinstance(value, Text | Unread) or (isinstance(value, Collection) and any(map(_has_words, value.items)))
