"""Finding the option letter that a completion states."""

import re

import pandas as pd

from foretell.grading.places import BOX, GUESS, MARKED, Found, after_thinking, boxes, sentences

_TEXT_MACRO = re.compile(r"\\(?:text[a-z]*|mathrm|mathbf|mathsf|mbox)\s*(?=\{)")
_DECORATED = re.compile(r"[(\[{\"'*$“]{1,8}\s*(?:[Oo]ption\s+)?([A-Za-z])\s*[)\]}\"'*$”]{1,8}")
_LETTER = (
    r"(?:\(([A-Za-z])\)|([B-HJ-Z])(?![\w'’]|\s*\()"
    r"|([AI])(?=\s*(?:[.,;:!?)]|$|\n|because\b|since\b|and\b|but\b))|([a-z])(?=\s*(?:[.,;:!?)]|$)))"
)
_STATED = re.compile(
    r"\b(?i:answer|option|choice|letter)\b[^.\n(]{0,60}?(?i:\bis\b|\bwould be\b|\bshould be\b|\bmust be\b|:)"
    rf"(?:\s|\*|:)*(?i:(?:the\s+)?(?:option|choice|answer)\s+)?(?P<not>(?i:not)\s+)?{_LETTER}"
)
_SHORT_STATED = re.compile(rf"\b(?i:answer|choose|pick|select|go with)\s+(?i:option\s+|answer\s+|choice\s+)?{_LETTER}")
_RIGHT = re.compile(rf"{_LETTER}\s+(?i:is|looks|seems)\s+(?i:the\s+|clearly\s+)?(?i:right|correct|best|true|answer)\b")
_CONCLUDED = re.compile(
    rf"\b(?i:therefore|so|thus|hence|it is|it's|must be|would be)\s*,?\s*(?:{_LETTER})(?=\s*(?:[.!]|$))"
)
_TAGGED = re.compile(rf"<answer>\s*{_LETTER}", re.IGNORECASE)
_INSTEAD = re.compile(rf"\b(?i:but)(?i:\s+rather)?\s+{_LETTER}")
_ALONE = re.compile(
    r"(?:(?i:option|choice|answer)\s*:?\s*)?(?:\(([A-Za-z])\)(?=$|[\s.,:\\])|([A-Za-z])(?=\s*$|[.):,](?:\s|$)))"
)


def choice(completion: str) -> Found | None:
    """The option letter that a completion states last, in upper case: in a box, after "the answer is", as right.

    Else the letter that it begins with (`B) Paris`), or as a guess one in brackets in its last sentence. The article
    "A" and the pronoun "I" are no options.
    """
    text = after_thinking(completion)
    if text is None:
        return None
    found = [Found(letter, BOX, box.start) for box in boxes(text) or [] if (letter := option(box.text)) is not None]
    plain = _undecorated(text)
    for pattern in (_STATED, _SHORT_STATED, _CONCLUDED, _RIGHT, _TAGGED):
        for match in pattern.finditer(plain):
            letter = _negated(plain, match) if match.groupdict().get("not") else _letter(match)
            if letter:
                found.append(Found(letter, MARKED, match.end()))
    if found:
        return max(found, key=lambda mark: mark.start)
    alone = option(text)
    if alone:
        return Found(alone, MARKED)
    last = sentences(text)[-1:] or [""]
    bracketed = re.findall(r"\(([A-Z])\)", _undecorated(last[0]))
    return Found(bracketed[-1], GUESS) if bracketed else None


def option(text: str) -> str | None:
    """The letter that a short text is or begins with, in upper case; None of anything else."""
    match = _ALONE.match(_undecorated(text.strip(" \n\t*$")[:300]).strip())
    return (match.group(1) or match.group(2)).upper() if match else None


def _undecorated(text: str) -> str:
    r"""A text in which `\textbf{(B)}`, `**B**`, `"B"` and the like are `(B)`, of the same length."""
    text = _TEXT_MACRO.sub(lambda macro: " " * len(macro.group()), text)
    return _DECORATED.sub(lambda found: f"({found.group(1)})".rjust(len(found.group())), text)


def _letter(match: re.Match[str]) -> str | None:
    return next((group.upper() for group in match.groups() if group and len(group) == 1), None)


def _negated(text: str, match: re.Match[str]) -> str | None:
    """What stands there in place of a refused option: `not A but B`."""
    instead = _INSTEAD.match(text, match.end()) or _INSTEAD.match(text, match.end() + 1)
    return _letter(instead) if instead else None


def grade_choices(answers: pd.DataFrame, workers: int) -> pd.DataFrame:
    """Grade distinct answers as option letters, by equality; see `foretell.grading.mathematical.grade`."""
    given = answers.extracted_answer.map(lambda text: option(text) or text.strip().upper())
    golds = answers.answer.map(option)
    return answers.assign(correct=given.eq(golds).fillna(False).astype(bool), grading_error=pd.NA, answer_class=given)
