"""Whether two mathematical answers are equal."""

import logging
import re
from collections.abc import Callable
from fractions import Fraction
from functools import cache

from foretell.grading.normalisation import Normal, normalise
from foretell.grading.units import known_unit

TOLERANCE = Fraction(1, 10**6)  # relative, where one of two numbers is rounded; whole numbers are equal or not

_NUMBER = re.compile(r"[-+]?\d+(?:\.\d*)?")
_SIMPLE_FRACTION = re.compile(r"([-+]?)(\d*)(?:\\frac\{([-+]?\d+)\}\{(\d+)\}|(?<=\d)/(\d+))")
_MATRIX = re.compile(r"\\begin\{([pbvBV]?matrix|array)\}(?:\{[lcr|]*\})?(.*?)\\end\{\1\}")
_OPENING, _CLOSING = {"(": ")", "[": "]"}, {")": "(", "]": "["}
_WORD, _LETTER, _TIME = (
    re.compile(r"[a-zA-Z]{4}"),
    re.compile(r"[(\"'][A-Za-z][)\"']"),
    re.compile(r"\d{1,2}:\d\d[a-zA-Z.]*"),
)
_UNIONS = re.compile(r"\\cup(?![a-zA-Z])|(?<=[\])])[uU](?=[\[(])")


def equal(answer: str, gold: str) -> bool:
    r"""Whether an answer equals the gold answer.

    Equal means: the same in one spelling; the same number, exactly if both are whole, else to a relative 1e-6; the same
    texts, where an answer is words; the same elements, in order within tuples, intervals (whose brackets count) and
    matrices, in any order within sets, lists and unions; else what math-verify finds equal. Units and the base of a
    number may be left out, but not contradicted. `50\%` equals 50 and `\frac12`.

    It may take arbitrarily long on adversarial input: call it through `foretell.grading.workers`.
    """
    given, wanted = normalise(answer), normalise(gold)
    if not wanted.text or not given.text:
        return False
    if _contradict(given, wanted):
        return False
    if given.percent != wanted.percent:
        return _same(given, wanted) or _same_share(given, wanted)
    return _same(given, wanted)


def quickly_equal(answer: str, gold: str) -> bool | None:
    """`equal` where that takes no algebra: the same spelling, or two plain numbers; None where it does."""
    given, wanted = normalise(answer), normalise(gold)
    if given == wanted and given.text:
        return True
    numbers = [number(side.text) for side in (given, wanted)]
    return None if None in numbers else equal(answer, gold)


def parses(answer: str) -> bool:
    """Whether an answer means something: words, a plain number, a structure of such, or an expression.

    Raises:
        Exception: whatever the parser throws at a malformed one.
    """
    normal = normalise(answer)
    if not normal.text or _is_words(normal):
        return bool(normal.text)
    structure = _structure(normal.text)
    elements = structure[1] if structure else [normal.text]
    parsed, _ = load_algebra()
    return all(number(element) is not None or len(parsed(element)) == 2 for element in elements)


def number(text: str) -> Fraction | None:
    """The value of an integer, a decimal, a simple fraction or a mixed number; None of anything else."""
    if _NUMBER.fullmatch(text):
        return Fraction(text.rstrip("."))
    fraction = _SIMPLE_FRACTION.fullmatch(text)
    if not fraction:
        return None
    sign, whole, above, below, divisor = fraction.groups()
    if divisor is not None:
        value = Fraction(int(whole), int(divisor)) if int(divisor) else None
    elif not int(below):
        value = None
    else:
        value = (Fraction(int(whole)) if whole else 0) + Fraction(int(above), int(below))
    return None if value is None else -value if sign == "-" else value


def _contradict(given: Normal, wanted: Normal) -> bool:
    """Whether two units, or two bases of a number, are known and differ."""
    if given.base and wanted.base and given.base != wanted.base:
        return True
    units = ["%" if side.percent else known_unit(side.unit) for side in (given, wanted)]
    return None not in units and units[0] != units[1]


def _same(given: Normal, wanted: Normal) -> bool:
    if given.text == wanted.text:
        return True
    if _is_words(wanted) or _is_words(given):
        return bool(wanted.words) and given.words == wanted.words
    return _same_value(given.text, wanted.text)


def _is_words(answer: Normal) -> bool:
    """Whether an answer is a text: a word of four letters or more, an option letter in brackets, or a time of day."""
    if "\\" in answer.text:
        return False
    return bool(_WORD.search(answer.text) or _LETTER.fullmatch(answer.text) or _TIME.fullmatch(answer.text))


def _same_share(given: Normal, wanted: Normal) -> bool:
    """Whether one side in percent equals the other as a share."""
    values = [number(side.text) for side in (given, wanted)]
    if None in values:
        return False
    shares = [value / 100 if side.percent else value for value, side in zip(values, (given, wanted), strict=True)]
    return _same_number(*shares)


def _same_number(first: Fraction, second: Fraction) -> bool:
    if first.denominator == second.denominator == 1:
        return first == second
    return abs(first - second) <= TOLERANCE * max(abs(first), abs(second))


def _same_value(given: str, wanted: str) -> bool:
    if given == wanted:
        return True
    numbers = number(given), number(wanted)
    if None not in numbers:
        return _same_number(*numbers)
    structure = _structure(given), _structure(wanted)
    if structure[0] is None and structure[1] is None:
        return _algebraically_equal(given, wanted)
    if None in structure:
        return False
    (kind, elements), (wanted_kind, wanted_elements) = structure
    if len(elements) != len(wanted_elements) or not _compatible(kind, wanted_kind):
        return False
    if wanted_kind in ("list", "set", "union"):
        return _same_in_any_order(elements, wanted_elements)
    return all(map(_same_value, elements, wanted_elements))


def _compatible(kind: str, wanted: str) -> bool:
    """Whether brackets agree; a list without brackets stands for a tuple, and braces for a list."""
    loose = ("list", "set")
    return kind == wanted or (kind in loose and wanted in loose) or {kind, wanted} == {"list", "()"}


def _same_in_any_order(elements: list[str], wanted: list[str]) -> bool:
    left = list(wanted)
    for element in elements:
        match = next((candidate for candidate in left if _same_value(element, candidate)), None)
        if match is None:
            return False
        left.remove(match)
    return True


def _structure(text: str) -> tuple[str, list[str]] | None:
    """Kind (`union`, `list`, `set`, `ratio`, brackets, `matrix`) and elements; None of a single value."""
    parts = _UNIONS.split(text)
    if len(parts) > 1:
        return "union", parts
    matrix = _MATRIX.fullmatch(text)
    if matrix:
        rows = [row for row in re.split(r"\\\\", matrix.group(2)) if row]
        return f"matrix of {len(rows)}", [cell for row in rows for cell in row.split("&")]
    if ":" in text:
        return "ratio", text.split(":")
    braces = re.fullmatch(r"\\lbrace(.*)\\rbrace", text) or re.fullmatch(r"\{(.*)\}", text)
    if braces:
        return "set", _split(braces.group(1))
    if text[0] in _OPENING and text[-1] in _CLOSING and _closes_last(text):
        elements = _split(text[1:-1])
        if len(elements) > 1:
            return text[0] + text[-1], elements
        return None
    elements = _split(text)
    return ("list", elements) if len(elements) > 1 else None


def _closes_last(text: str) -> bool:
    """Whether the first bracket is closed by the last character, so that the two enclose everything."""
    depth = 0
    for index, character in enumerate(text):
        depth += (character in _OPENING) - (character in _CLOSING)
        if depth == 0:
            return index == len(text) - 1
    return False


def _split(text: str) -> list[str]:
    """Split at the commas that stand in no bracket or brace."""
    parts, depth, start = [], 0, 0
    for index, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if character == "," and depth == 0:
            parts.append(text[start:index])
            start = index + 1
    return [*parts, text[start:]]


@cache
def load_algebra() -> tuple[Callable, Callable]:
    """A parser of normalised answers, and math-verify's comparison of what it gives; the first call takes a second."""
    from math_verify import LatexExtractionConfig, parse, verify

    for name in ("math_verify", "latex2sympy2_extended"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # it warns of timeouts that our worker processes enforce
    forms = [
        LatexExtractionConfig(boxed_match_priority=0)
    ]  # its other form takes the first number of what it cannot read

    def parsed(text: str) -> list:
        latex = text.replace("\\lbrace", "\\{").replace("\\rbrace", "\\}")
        return parse(f"${latex}$", forms, parsing_timeout=None, raise_on_error=True)

    return parsed, verify


def _algebraically_equal(given: str, wanted: str) -> bool:
    """What math-verify says of two expressions, both of which it must be able to parse as such."""
    parsed, verify = load_algebra()
    sides = parsed(wanted), parsed(given)
    if any(len(side) < 2 for side in sides):  # [expression, text], or the text alone, or nothing
        return False
    return bool(verify(*sides, timeout_seconds=None, raise_on_error=True))
