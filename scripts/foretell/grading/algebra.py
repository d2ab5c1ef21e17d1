"""What math-verify says of single expressions whose notation the reader does not know, such as sums and integrals."""

import logging
from collections.abc import Callable
from functools import cache

from foretell.grading.comparison import whole_points
from foretell.grading.spelling import clean

PRELOADED = ("pandas", "regex", "mpmath", "pydantic", "math_verify")  # by worker processes
POINTS = 3  # at which expressions are evaluated before they are compared
DIGITS = 20  # of their values


@cache
def load_algebra() -> tuple[Callable, Callable]:
    """math-verify's parser, on LaTeX alone, and its comparison; the first call takes a second."""
    from math_verify import LatexExtractionConfig, parse, verify

    for name in ("math_verify", "latex2sympy2_extended"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # it warns of timeouts that our worker processes enforce
    forms = [
        LatexExtractionConfig(boxed_match_priority=0)
    ]  # its other form takes the first number of what it cannot read

    def parsed(text: str) -> list:
        return parse(f"${text}$", forms, parsing_timeout=None, raise_on_error=True)

    return parsed, verify


def warm_up() -> None:
    """What only the first call of the parser and of its comparison takes time for."""
    algebraically_equal("\\sum_{k=1}^3 k", "\\frac{7}{2}")
    values_of("\\sum_{k=1}^3 k")


def values_of(expression: str) -> tuple[complex, ...] | None:
    """The values of an expression at `POINTS` points (see `whole_points`); None where it has none.

    Only expressions whose variables are single letters have values here. It may take arbitrarily long, as
    `algebraically_equal` may.

    Raises:
        Exception: whatever the parser or SymPy throws at a malformed one.
    """
    parsed, _ = load_algebra()
    read = parsed(_latex(expression))
    names = {str(symbol): symbol for symbol in getattr(read[0], "free_symbols", ())} if len(read) == 2 else {"": None}
    if any(len(name) != 1 for name in names) or not hasattr(read[0], "evalf"):
        return None
    found = []
    for point in whole_points(set(names), POINTS):
        at = {symbol: int(point[name]) for name, symbol in names.items()}
        value = read[0].subs(at).evalf(DIGITS)
        if not value.is_number or value.is_finite is not True or value.free_symbols:
            return None
        found.append(complex(value))
    return tuple(found)


def algebraically_equal(answer: str, gold: str) -> bool:
    """Whether math-verify finds two expressions equal, both of which it must be able to parse as such.

    It may take arbitrarily long: call it through `foretell.grading.workers`.
    """
    spellings = [_latex(text) for text in (gold, answer)]
    if spellings[0].replace(" ", "") == spellings[1].replace(" ", ""):
        return True
    parsed, verify = load_algebra()
    sides = [parsed(spelling) for spelling in spellings]
    if any(len(side) < 2 for side in sides):  # [expression, text], or the text alone, or nothing
        return False
    return bool(verify(*sides, timeout_seconds=None, raise_on_error=True))


def parses(answer: str) -> bool:
    """Whether math-verify reads an answer as an expression.

    Raises:
        Exception: whatever its parser throws at a malformed one.
    """
    parsed, _ = load_algebra()
    return len(parsed(clean(answer))) == 2


def _latex(text: str) -> str:
    return clean(text).replace("\x02", "\\text{").replace("\x03", "}")
