"""Values of expressions: exact where they are rational, else to sixty digits; at a point where they have variables."""

from fractions import Fraction
from functools import lru_cache
from math import comb, factorial, gcd, isqrt, lcm
from typing import Any, TypeAlias

from mpmath.ctx_mp import MPContext

from foretell.grading.expressions import symbols
from foretell.grading.numerals import Tree

DIGITS = 60
_EXACT_BITS = 32_000  # rational numbers are written out up to here
_LARGEST_POWER = 10**8  # bits of exponent that a rounded number may take

Number: TypeAlias = Any  # Fraction, or a real or complex number of mpmath


class UndefinedError(ArithmeticError):
    """An expression has no value, or none that can be computed in a moment."""


@lru_cache(maxsize=4)
def context_of(digits: int = DIGITS) -> MPContext:
    """Arithmetic with so many digits."""
    context = MPContext()
    context.dps = digits
    return context


def evaluate(tree: Tree, point: dict[str, Fraction] | None = None, digits: int = DIGITS) -> Number:
    """The value of an expression: a Fraction where it is rational and not too large, else a number of mpmath.

    Raises:
        UndefinedError: division by zero, a value too large, a variable that the point lacks.
    """
    try:
        return _Evaluation(point or {}, context_of(digits)).of(tree)
    except (ZeroDivisionError, OverflowError, ValueError, TypeError, NotImplementedError) as error:
        raise UndefinedError(str(error)) from error


def constant(tree: Tree) -> Number:
    """The value of an expression without variables; None where it has none."""
    if symbols(tree):
        return None
    try:
        return evaluate(tree)
    except UndefinedError:
        return None


def as_mp(value: Number, context: MPContext) -> Number:
    """A value of either kind as a number of mpmath."""
    return context.mpf(value.numerator) / value.denominator if isinstance(value, Fraction) else value


class _Evaluation:
    def __init__(self, point: dict[str, Fraction], context: MPContext):
        self.point, self.mp = point, context

    def of(self, tree: Tree) -> Number:
        return getattr(self, tree[0])(*tree[1:])

    def number(self, value: Fraction) -> Number:
        return value

    def symbol(self, name: str) -> Number:
        if name not in self.point:
            raise UndefinedError(f"{name} has no value")
        return self.point[name]

    def constant(self, name: str) -> Number:
        return {"pi": +self.mp.pi, "e": +self.mp.e, "i": self.mp.mpc(0, 1), "infty": self.mp.inf}[name]

    def add(self, *terms: Tree) -> Number:
        total: Number = Fraction(0)
        for term in terms:
            total = self.both(total, self.of(term), lambda a, b: a + b)
        return total

    def negative(self, tree: Tree) -> Number:
        return -self.of(tree)

    def multiply(self, *factors: Tree) -> Number:
        product: Number = Fraction(1)
        for factor in factors:
            product = self.both(product, self.of(factor), lambda a, b: a * b)
        return product

    def divide(self, above: Tree, below: Tree) -> Number:
        return self.both(self.of(above), self.of(below), lambda a, b: a / b)

    def both(self, first: Number, second: Number, operation: Any) -> Number:
        """An operation on two numbers; a rational one becomes one of mpmath where the other is."""
        exact = isinstance(first, Fraction) and isinstance(second, Fraction)
        if exact and _bits(first) + _bits(second) < _EXACT_BITS * 2:
            return operation(first, second)
        return operation(as_mp(first, self.mp), as_mp(second, self.mp))

    def power(self, base: Tree, exponent: Tree) -> Number:
        return self.raised(self.of(base), self.of(exponent))

    def raised(self, base: Number, exponent: Number) -> Number:
        if isinstance(base, Fraction) and isinstance(exponent, Fraction) and exponent.denominator == 1:
            if not exponent and not base:
                raise UndefinedError("0 to the power 0")
            if abs(exponent) * _bits(base) <= _EXACT_BITS:
                return base ** int(exponent)
        number, power = as_mp(base, self.mp), as_mp(exponent, self.mp)
        if not number:
            if self.mp.re(power) <= 0:
                raise UndefinedError("zero to a negative power")
            return Fraction(0)
        if abs(power) > _LARGEST_POWER or abs(power) * (abs(self.mp.log(abs(number), 2)) + 1) > _LARGEST_POWER:
            raise UndefinedError("a power too large")
        return number**power

    def root(self, radicand: Tree, index: Tree) -> Number:
        value, degree = self.of(radicand), self.of(index)
        if isinstance(value, Fraction) and degree == 2 and value >= 0 and _bits(value) < _EXACT_BITS:
            roots = isqrt(value.numerator), isqrt(value.denominator)
            if roots[0] ** 2 == value.numerator and roots[1] ** 2 == value.denominator:
                return Fraction(*roots)
        if (
            isinstance(value, Fraction)
            and value < 0
            and isinstance(degree, Fraction)
            and degree.numerator % 2
            and degree.denominator == 1
        ):
            return -self.raised(-value, 1 / degree)  # the real root
        return self.raised(value, self.both(Fraction(1), degree, lambda a, b: a / b))

    def factorial(self, tree: Tree) -> Number:
        value = self.of(tree)
        if isinstance(value, Fraction) and value.denominator == 1 and 0 <= value <= 3000:
            return Fraction(factorial(int(value)))
        if abs(value) > 10**6:
            raise UndefinedError("a factorial too large")
        return self.mp.factorial(as_mp(value, self.mp))

    def binomial(self, above: Tree, below: Tree) -> Number:
        n, k = self.of(above), self.of(below)
        whole = all(isinstance(value, Fraction) and value.denominator == 1 for value in (n, k))
        if whole and 0 <= k <= n <= 3000:
            return Fraction(comb(int(n), int(k)))
        if max(abs(n), abs(k)) > 10**6:
            raise UndefinedError("a binomial coefficient too large")
        return self.mp.binomial(as_mp(n, self.mp), as_mp(k, self.mp))

    def absolute(self, tree: Tree) -> Number:
        return abs(self.of(tree))

    def degrees(self, tree: Tree) -> Number:
        return as_mp(self.of(tree), self.mp) * self.mp.pi / 180

    def floor(self, tree: Tree) -> Number:
        return Fraction(int(self.mp.floor(as_mp(self.of(tree), self.mp))))

    def ceiling(self, tree: Tree) -> Number:
        return Fraction(int(self.mp.ceil(as_mp(self.of(tree), self.mp))))

    def function(self, name: str, *arguments: Tree) -> Number:
        values = [self.of(argument) for argument in arguments]
        if name in ("gcd", "lcm", "max", "min"):
            return self.of_several(name, values)
        value = as_mp(values[0], self.mp)
        if name in ("log", "ln", "lg"):
            base = as_mp(values[1], self.mp) if len(values) > 1 else 10 if name == "lg" else None
            return self.mp.log(value) if base is None else self.mp.log(value) / self.mp.log(base)
        if len(values) > 1:
            raise UndefinedError(f"{name} of several arguments")
        if abs(value) > (_LARGEST_POWER if name == "exp" else 10**50):
            raise UndefinedError("an argument too large")
        plain = {"arcsin": "asin", "arccos": "acos", "arctan": "atan", "abs": "fabs"}
        return getattr(self.mp, plain.get(name, name))(value)

    def of_several(self, name: str, values: list[Number]) -> Number:
        if not all(isinstance(value, Fraction) for value in values):
            raise UndefinedError(f"{name} of numbers that are not rational")
        if name in ("max", "min"):
            return max(values) if name == "max" else min(values)
        return Fraction((gcd if name == "gcd" else lcm)(*map(int, values)))


def _bits(value: Fraction) -> int:
    return max(1, value.numerator.bit_length() + value.denominator.bit_length())
