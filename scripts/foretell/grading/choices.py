"""Finding the option letter that a completion states."""

import re

import pandas as pd

from foretell.grading.places import (
    ADVERBS,
    BOX,
    GUESS,
    MARKED,
    Found,
    after_thinking,
    boxes,
    is_aside,
    sentences,
    until_next_question,
)

_TEXT_MACRO = re.compile(r"\\(?:text[a-z]*|mathrm|mathbf|mathsf|mbox)\s*(?=\{)")
_DECORATED = re.compile(r"[(\[{\"'*$“`]{1,8}\s*(?:[Oo]ption\s+)?([A-Za-z])\s*[)\]}\"'*$”`]{1,8}")
_LETTER = (
    r"(?:\(([A-Za-z])\)|([B-HJ-Z])(?![\w'’]|\s*\([^a-z)]{0,20}\))"
    r"|([AI])(?=\*{0,3}\s*(?:[.,;:!?)]|$|\n|because\b|since\b|and\b|but\b|\((?i:not)\b))"
    r"|([a-z])(?=\*{0,3}\s*(?:[.,;:!?)]|$)))"
)
_ADVERBS = rf"(?i:(?:{ADVERBS}[\s,]*){{1,3}})?"
_STATED = re.compile(
    r"\b(?i:answer|option|choice|letter)\b[^.\n(]{0,60}?(?i:\bis\b|\bwould be\b|\bshould be\b|\bmust be\b|:)"
    rf"(?:\s|\*|:|,)*{_ADVERBS}(?i:(?:the\s+)?(?:option|choice|answer)\s+)?(?P<not>(?i:not)\s+)?{_LETTER}"
)
_SHORT_STATED = re.compile(rf"\b(?i:answer|choose|pick|select|go with)\s+(?i:option\s+|answer\s+|choice\s+)?{_LETTER}")
_RIGHT = re.compile(rf"{_LETTER}\s+(?i:is|looks|seems)\s+(?i:the\s+|clearly\s+)?(?i:right|correct|best|true|answer)\b")
_CONCLUDED = re.compile(
    rf"\b(?i:therefore|so|thus|hence|it is|it's|must be|would be|leav(?:ing|es?)(?:\s+us)?(?:\s+with)?|except)"
    rf"\s*,?\s*(?i:(?:option|choice|answer)\s+)?(?:{_LETTER})(?=\s*(?:[.!]|$))"
)
_TAGGED = re.compile(rf"<answer>\s*{_LETTER}", re.IGNORECASE)
_LISTED = re.compile(  # other letters behind one: none of them is stated
    r"[)\s]{0,3}(?:(?:,|/|&|\band\b|\bor\b)\s{0,3}(?i:and\s|or\s)?\(?[A-Z]\)?(?![\w'’])\s{0,3}){1,9}"
    r"(?=[.;:!?)}$]|$|\n|are\b(?!\s+(?:both\s+|all\s+)?(?:wrong|incorrect|false|not)\b))"
)
_REFUSED = re.compile(  # in front of a letter
    r"\b(?:not|n't|neither|nor|rather than|instead of|unlike|than|over|eliminated?|exclude|rule out|whereas|while)"
    r"(?:\s+(?:the\s+)?(?:option|choice|answer))?[\s(*]*$",
    re.IGNORECASE,
)
_REFUSED_BEHIND = re.compile(
    r"[)\s]{0,3}(?i:is|was|looks|seems|can|does)\s{0,3}(?i:n['’]t|not|clearly|also|wrong|incorrect|false|out|impossible)\b"
)
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
    found = _marks(text)
    if found:
        until = len(until_next_question(text, min(mark.start for mark in found)))
        return max(
            (mark for mark in found if mark.start <= until),
            key=lambda mark: (not is_aside(text, mark.start), mark.start),
        )
    alone = option(text)
    if alone:
        return Found(alone, MARKED)
    last = _undecorated((sentences(text)[-1:] or [""])[0])
    bracketed = re.finditer(r"(?<!\band )(?<!\bor )(?<!, )\(([A-Z])\)", last)
    left = {match.group(1) for match in bracketed if not _refused(last, match)}
    return Found(left.pop(), GUESS) if len(left) == 1 else None


def _marks(text: str) -> list[Found]:
    """The letters that are marked, with the places behind them."""
    found = [Found(letter, BOX, box.start) for box in boxes(text) or [] if (letter := option(box.text)) is not None]
    plain = _undecorated(text)
    for pattern in (_STATED, _SHORT_STATED, _CONCLUDED, _RIGHT, _TAGGED):
        for match in pattern.finditer(plain):
            refused = match.groupdict().get("not") or _refused(plain, match)
            letter = _instead(plain, match) if refused else _letter(match)
            if letter:
                found.append(Found(letter, MARKED, match.end()))
    return found


def _refused(text: str, match: re.Match[str]) -> bool:
    """Whether a sentence refuses the letter of a match, or lists it with others."""
    at = next(match.start(group) for group in range(1, 1 + len(match.groups())) if len(match.group(group) or "") == 1)
    before = _REFUSED.search(text, max(0, at - 40), at)
    return bool(before or _REFUSED_BEHIND.match(text, at + 1) or _LISTED.match(text, at + 1))


def option(text: str) -> str | None:
    """The letter that a short text is or begins with, in upper case; None of anything else."""
    plain = _undecorated(text.strip(" \n\t*$")[:300]).strip().lstrip("{ ")
    match = _ALONE.match(plain)
    if match is None or _LISTED.match(plain, match.end(1) if match.group(1) else match.end(2)):
        return None
    return (match.group(1) or match.group(2)).upper()


def _undecorated(text: str) -> str:
    r"""A text in which `\textbf{(B)}`, `**B**`, `"B"` and the like are `(B)`, of the same length."""
    text = _TEXT_MACRO.sub(lambda macro: " " * len(macro.group()), text)
    return _DECORATED.sub(lambda found: f"({found.group(1)})".rjust(len(found.group())), text)


def _letter(match: re.Match[str]) -> str | None:
    return next((group.upper() for group in match.groups() if group and len(group) == 1), None)


def _instead(text: str, match: re.Match[str]) -> str | None:
    """What stands there in place of a refused option: `not A but B`."""
    instead = _INSTEAD.match(text, match.end()) or _INSTEAD.match(text, match.end() + 1)
    return _letter(instead) if instead else None


def grade_choices(answers: pd.DataFrame, workers: int) -> pd.DataFrame:
    """Grade distinct answers as option letters, by equality; see `foretell.grading.mathematical.grade`."""
    given = answers.extracted_answer.map(lambda text: option(text) or text.strip().upper())
    golds = answers.answer.map(option)
    return answers.assign(correct=given.eq(golds).fillna(False).astype(bool), grading_error=pd.NA, answer_class=given)
