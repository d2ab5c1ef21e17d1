"""Brackets and separators in a row of tokens."""

from collections.abc import Callable
from collections.abc import Sequence as Tokens

from foretell.grading.expressions import parse
from foretell.grading.numerals import NoExpressionError, Tree
from foretell.grading.spelling import Token

ABOUT = {"approx", "therefore", "simeq"}  # say nothing about a value
_OPENING = {"(": 1, "[": 1, "{": 1, "\\{": 1, "lbrace": 1, "lfloor": 1, "lceil": 1, "langle": 1}
_CLOSING = {")", "]", "}", "\\}", "rbrace", "rfloor", "rceil", "rangle"}


def unwrapped(given: Tokens[Token]) -> Tokens[Token]:
    """Without braces around everything, which only group."""
    while len(given) >= 2 and given[0].text == "{" and given[0].kind == "mark" and closing(given, 0) == len(given) - 1:
        given = given[1:-1]
    while given and (given[-1].text in (".", ",", ";") or (given[-1].kind == "macro" and given[-1].text == "\\")):
        given = given[:-1]
    while given and (given[0].text in (":", "=", ",") or (given[0].kind == "macro" and given[0].text in ABOUT)):
        given = given[1:]
    return given


def is_macro(given: Tokens[Token], name: str) -> bool:
    """Whether the tokens are this one macro."""
    return len(given) == 1 and given[0].kind == "macro" and given[0].text == name


def levels_of(given: Tokens[Token]) -> list[int]:
    """How many brackets are open before each token."""
    levels, depth = [], 0
    for token in given:
        closing = token.text in _CLOSING or (token.kind == "macro" and token.text in ("}", "end"))
        depth -= closing
        levels.append(depth)
        depth += (token.text in _OPENING) or (token.kind == "macro" and token.text in ("{", "begin"))
    return levels


def closing(given: Tokens[Token], index: int) -> int | None:
    """The position of the bracket that closes the one at `index`."""
    levels = levels_of(given[index:])
    for position in range(1, len(levels)):
        if levels[position] == 0:
            return index + position
    return None


def split(given: Tokens[Token], separates: Callable[[Token], bool]) -> list[Tokens[Token]]:
    """Split at the separators that stand in no bracket."""
    parts, start = [], 0
    for index, (token, level) in enumerate(zip(given, levels_of(given), strict=True)):
        if level == 0 and separates(token):
            parts.append(given[start:index])
            start = index + 1
    return [*parts, given[start:]]


def tree_of(side: Tokens[Token]) -> Tree | None:
    """The expression that tokens say; None where they say none."""
    try:
        return parse(side)
    except NoExpressionError:
        return None


def environment(given: Tokens[Token]) -> tuple[str, list[Tokens[Token]]] | None:
    r"""The name and the rows of `\begin{...}...\end{...}`; None of anything else."""
    if len(given) < 8 or given[0].text != "begin" or given[1].text != "{":
        return None
    closed = closing(given, 1)
    if closed is None:
        return None
    body = list(given[closed + 1 :])
    if body and body[0].text == "{":  # of an array's columns
        body = body[(closing(body, 0) or 0) + 1 :]
    end = next((index for index, token in enumerate(body) if token.kind == "macro" and token.text == "end"), None)
    if end is None or (closing(body, end + 1) if end + 1 < len(body) else None) != len(body) - 1:
        return None
    rows = split(body[:end], lambda token: token.kind == "macro" and token.text == "\\")
    return "".join(token.text for token in given[2:closed]), [row for row in rows if row]
