"""What math-verify says of single expressions whose notation the reader does not know, such as sums and integrals."""

import logging
from collections.abc import Callable
from functools import cache

from foretell.grading.spelling import clean

PRELOADED = ("pandas", "regex", "mpmath", "pydantic", "math_verify")  # by worker processes


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


def algebraically_equal(answer: str, gold: str) -> bool:
    """Whether math-verify finds two expressions equal, both of which it must be able to parse as such.

    It may take arbitrarily long: call it through `foretell.grading.workers`.
    """
    spellings = [clean(text).replace("\x02", "\\text{").replace("\x03", "}") for text in (gold, answer)]
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
