"""Texts in one spelling, so that those that say the same are equal."""

import re

from foretell.common.words import words
from foretell.grading.units import SMALL_NUMBERS, with_dates_alike

_ARTICLES = re.compile(r"^(?:the|an?) ")
_INITIALS = re.compile(r"(?<!\w)(?:[A-Za-z]\.\s?){2,}")
_USA = re.compile(r"(?<!\w)(?:US|U\.\s?S\.?)(?:\s?A\b\.?)?(?!\.?\w)")  # not the pronoun
_SIGNS = {  # what tells words apart although it is no letter
    r"(?<![\w)\]])[-−–](?=\.?\d)|\b(?:minus|negative)\s+(?=\d)": " minus",
    r"(?<=\b[A-Za-z])\+\+": "plusplus", r"(?<=\b[A-Za-z])#": "sharp", r"(?<=\b[A-Za-z])[+](?!\w)": "plus",
    r"(?<![<\w/])(\w{1,10})\s?<\s?(?=\w)": r"\1 below ", r"(?<![<\w/])(\w{1,10})\s?>\s?(?=\w)": r"\1 above ",
}  # fmt: skip
_WRITTEN_OUT = {r"\bMt\b\.?(?=\s[A-Z])": "Mount", r"\bSt\b\.?(?=\s[A-Z])": "Saint"} | {
    rf"(?i:\b{word}\b)": str(number)
    for number, word in enumerate(SMALL_NUMBERS)
    if number > 1  # "one" is a pronoun
}
_PLURAL = re.compile(r"(?<=[a-z]{3})(?<!s)s\b")


def normalised(text: str) -> str:
    """A text's words without a leading article.

    Initials are one word (`J. K.` is `JK`), `US` and `U.S.` are `usa`, `Mt.` is `mount`, `seven` is `7`, and days stand
    before their month.
    """
    plain = _INITIALS.sub(lambda found: re.sub(r"\W", "", found.group()) + " ", _USA.sub("USA", text))
    for sign, word in (_SIGNS | _WRITTEN_OUT).items():
        plain = re.sub(sign, word, plain)
    return _ARTICLES.sub("", with_dates_alike(words(plain)))


def singular(text: str) -> str:
    """As `normalised`, without the s of a plural."""
    return _PLURAL.sub("", normalised(text))
