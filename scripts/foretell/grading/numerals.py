"""Numbers as they are written: with a point or an exponent, repeating, mixed with a fraction."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, TypeAlias

from foretell.grading.spelling import Token

Tree: TypeAlias = tuple[Any, ...]

MOST_DIGITS = 4000  # of a number that is written out; Python reads and writes no more than 4,300
FRACTIONS = {"frac", "dfrac", "tfrac", "cfrac", "sfrac", "nicefrac"}  # commands with two arguments


class NoExpressionError(ValueError):
    """These tokens are no single expression that is known here."""


def decimal(text: str) -> Fraction:
    """The value of digits with a point or an exponent.

    Raises:
        NoExpressionError: its exponent is too large to write out, or it has more digits than Python reads.
    """
    mantissa, _, exponent = text.lower().partition("e")
    if len(mantissa) > MOST_DIGITS:
        raise NoExpressionError("too many digits")
    if exponent and abs(int(exponent[:8])) > 5000:
        raise NoExpressionError("an exponent too large")
    return Fraction(mantissa) * Fraction(10) ** int(exponent or 0)


class NumberReader:
    """Reads numbers from a row of tokens."""

    def __init__(self, tokens: Sequence[Token]):
        self.tokens = list(tokens)
        self.position = 0

    def peek(self, ahead: int = 0) -> Token:
        """A token that comes; one of the kind `end` behind the last."""
        index = self.position + ahead
        return self.tokens[index] if index < len(self.tokens) else Token("end", "")

    def next(self) -> Token:
        """The token that comes; the reader goes on behind it."""
        token = self.peek()
        self.position += 1
        return token

    def expect(self, text: str) -> None:
        """Go on behind a token that must come.

        Raises:
            NoExpressionError: it does not.
        """
        if self.next().text != text:
            raise NoExpressionError(f"{text!r} is missing")

    def number(self, token: Token) -> Tree:
        """A number; with what makes it a repeating decimal or a mixed number."""
        if self.peek().text == "." and self.peek(1).kind == "macro" and self.peek(1).text in ("overline", "dot", "bar"):
            self.next()
            return ("number", self.repeating(token.text, ""))
        if self.peek().kind == "macro" and self.peek().text in ("overline", "dot", "bar") and "." in token.text:
            whole, _, digits = token.text.partition(".")
            return ("number", self.repeating(whole, digits))
        value = decimal(token.text)
        if token.text.isdigit():
            fraction = self.proper_fraction()
            if fraction is not None:
                return ("number", value + fraction)
        return ("number", value)

    def proper_fraction(self) -> Fraction | None:
        """Of `1 1/2` or `1\\frac{1}{2}`, the part behind the whole number; None, and nothing read, without one."""
        ahead = 0
        if self.peek().kind == "number" and self.peek().spaced and self.peek(1).text == "/":
            above, below, ahead = self.peek().text, self.peek(2).text, 3
        elif self.peek().kind == "macro" and self.peek().text in FRACTIONS:
            above, ahead = self.digits(1)
            below, ahead = self.digits(ahead)
        if ahead and above.isdigit() and below.isdigit() and 0 < int(above) < int(below):
            self.position += ahead
            return Fraction(int(above), int(below))
        return None

    def digits(self, ahead: int) -> tuple[str, int]:
        r"""What stands as an argument of digits alone, as in `\frac{1}{2}` or `\frac12`, and how far ahead it ends."""
        token = self.peek(ahead)
        if token.text == "{" and self.peek(ahead + 2).text == "}":
            return self.peek(ahead + 1).text, ahead + 3
        if token.kind == "number" and len(token.text) == 2 and self.peek(ahead - 1).kind == "macro":  # `\frac12`
            at = self.position + ahead
            self.tokens[at : at + 1] = [Token("number", digit) for digit in token.text]
            token = self.peek(ahead)
        return (token.text if token.kind == "number" and len(token.text) == 1 else ""), ahead + 1

    def repeating(self, whole: str, digits: str) -> Fraction:
        r"""`0.1\overline{6}`: the digits under the bar go on for ever."""
        self.next()
        bare = self.next()
        period = bare.text
        if bare.text == "{":
            period = self.next().text
            self.expect("}")
        if not period.isdigit():
            raise NoExpressionError("a bar over no digits")
        return Fraction(int(whole + digits or 0), 10 ** len(digits)) + Fraction(
            int(period), (10 ** len(period) - 1) * 10 ** len(digits)
        )
