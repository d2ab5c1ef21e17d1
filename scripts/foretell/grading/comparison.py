"""Comparing expressions by their values: exactly where they are rational, at fixed points where they have variables."""

from fractions import Fraction
from zlib import crc32

from foretell.grading.evaluation import DIGITS, Number, UndefinedError, as_mp, constant, context_of, evaluate
from foretell.grading.expressions import symbols
from foretell.grading.numerals import Tree

_AGREE = 45  # of which so many must agree
_POINTS = 6  # of which the first three are positive
_MOST_DIVISIONS = 6  # by variables, up to which an equation is multiplied by them
_SHORT_BITS = 44  # numerators and denominators up to here make fractions that differ in the first thirty digits
_MIXTURE = 1.2345678901234567890123456789  # no decimal stays at the edge of rounding when multiplied by it


def same(first: Tree, second: Tree) -> bool:
    """Whether two expressions have the same values: exactly where they are rational, else to forty-five digits.

    With variables they are compared at fixed points; where a point has a negative coordinate, only if both are real.
    """
    if first == second:
        return True
    names = symbols(first) | symbols(second)
    if not names:
        return _same_at(first, second, {}) is True
    agreed = 0
    for index, point in enumerate(points(names)):
        verdict = _same_at(first, second, point, only_real=index >= _POINTS // 2)
        if verdict is False:
            return names <= {"k", "m", "n"} and _same_at_integers(first, second, names)
        agreed += verdict is True
    return agreed >= 2


def proportional(first: Tree, second: Tree, positive: bool = False) -> bool:
    """Whether one expression is a constant multiple of another, not zero; a positive one if asked for."""
    ratios = []
    for point in points(symbols(first) | symbols(second)):
        try:
            above, below = evaluate(first, point), evaluate(second, point)
        except UndefinedError:
            continue
        if not above or not below:
            if bool(above) != bool(below):
                return False
            continue
        ratios.append((above, below))
    if len(ratios) < 2:
        return False
    context = context_of()
    (above, below), *others = ratios
    if positive and context.re(as_mp(above / below, context)) <= 0:
        return False
    return all(close(above * b, a * below) for a, b in others)


def cleared(tree: Tree) -> Tree:
    """An expression times the variables that it is divided by, if these are few.

    It is zero where the expression is, and may be where it is divided by zero.
    """
    return _fraction(tree)[0] if 0 < _divisions(tree) <= _MOST_DIVISIONS else tree


def _divisions(tree: Tree) -> int:
    """How often a tree divides by something with variables."""
    own = tree[0] == "divide" and bool(symbols(tree[2]))
    return own + sum(_divisions(part) for part in tree[1:] if isinstance(part, tuple))


def _fraction(tree: Tree) -> tuple[Tree, Tree | None]:
    """Numerator and denominator of sums, products and quotients; the denominator is None where there is none."""
    if tree[0] == "negative":
        above, below = _fraction(tree[1])
        return ("negative", above), below
    if tree[0] not in ("add", "multiply", "divide"):
        return tree, None
    parts = [_fraction(part) for part in tree[1:]]
    if tree[0] == "divide":
        (above, other), (below, under) = parts
        return _product(above, under), _product(below, other)
    total, common = parts[0]
    for above, below in parts[1:]:
        if tree[0] == "multiply":
            total = _product(total, above)
        else:
            total = ("add", _product(total, below), _product(above, common))
        common = below if common is None else _product(common, below)
    return total, common


def _product(first: Tree, second: Tree | None) -> Tree:
    return first if second is None else ("multiply", first, second)


def close(first: Number, second: Number) -> bool:
    """Whether two values are the same: exactly if both are rational, else to forty-five digits."""
    if isinstance(first, Fraction) and isinstance(second, Fraction):
        return first == second
    context = context_of()
    first, second = as_mp(first, context), as_mp(second, context)
    if context.isinf(first) or context.isinf(second):
        return bool(first == second)
    return bool(abs(first - second) <= context.mpf(10) ** -_AGREE * max(abs(first), abs(second)))


def within(first: Number, second: Number, gap: Fraction) -> bool:
    """Whether two values differ by less than a gap."""
    return bool(abs(as_mp(difference(first, second), context_of())) < as_mp(gap, context_of()))


def difference(first: Number, second: Number, digits: int = DIGITS) -> Number:
    """The difference of two values of either kind."""
    if isinstance(first, Fraction) and isinstance(second, Fraction):
        return first - second
    context = context_of(digits)
    return as_mp(first, context) - as_mp(second, context)


def quotient(first: Number, second: Number) -> Number:
    """The quotient of two values of either kind."""
    if isinstance(first, Fraction) and isinstance(second, Fraction):
        return first / second
    context = context_of()
    return as_mp(first, context) / as_mp(second, context)


def real(tree: Tree) -> Number:
    """The real value of an expression without variables, as a number of mpmath; None where it has none."""
    value = constant(tree)
    if value is None or getattr(value, "imag", False):
        return None
    return context_of().re(as_mp(value, context_of()))


def points(names: set[str]) -> list[dict[str, Fraction]]:
    """Fixed pseudo-random points; a variable's coordinate depends on its name and the point's number alone."""
    return [
        {
            name: Fraction(crc32(f"{index} {name}".encode()) % 9973 + 500, 4099)
            * (-1 if index >= _POINTS // 2 and crc32(f"sign {index} {name}".encode()) % 4 else 1)
            for name in names
        }
        for index in range(_POINTS)
    ]


def whole_points(names: set[str], number: int) -> list[dict[str, Fraction]]:
    """As `points`, of small positive whole numbers."""
    return [
        {name: Fraction(crc32(f"whole {index} {name}".encode()) % 29 + 2) for name in names} for index in range(number)
    ]


def fingerprint(tree: Tree) -> tuple:
    """Equal for expressions with the same values, in whatever notation; can be hashed.

    Raises:
        UndefinedError: it has no value at any of the points.
    """
    names = symbols(tree)
    values: list[tuple | None] = []
    for point in points(names) if names else [{}]:
        try:
            values.append(rounded(evaluate(tree, point)))
        except UndefinedError:
            values.append(None)
    if all(value is None for value in values):
        raise UndefinedError("no value at any point")
    return (tuple(sorted(names)), *values)


def rounded(value: Number) -> tuple:
    """A value to thirty digits, off the edges of rounding; one of mpmath equals the rational one that it stands for.

    Rational ones that thirty digits may not tell apart are exact, and infinite ones are themselves.
    """
    if isinstance(value, Fraction) and max(value.numerator.bit_length(), value.denominator.bit_length()) > _SHORT_BITS:
        return hex(value.numerator), hex(value.denominator)  # decimal digits have a limit
    context = context_of()
    number = as_mp(value, context)
    parts = [context.re(number), context.im(number)]
    size = max(map(abs, parts))
    if context.isinf(size):
        return tuple(map(str, parts))
    kept = [part if abs(part) > size * context.mpf(10) ** -30 else context.mpf(0) for part in parts]
    return tuple(context.nstr(part * context.mpf(_MIXTURE), 30) for part in kept)


def _same_at_integers(first: Tree, second: Tree, names: set[str]) -> bool:
    """Whether two expressions agree where their variables are whole numbers, as `(-1)^n` and `cos(n pi)` do."""
    return all(_same_at(first, second, point) is True for point in whole_points(names, 2 * _POINTS))


def _same_at(first: Tree, second: Tree, point: dict[str, Fraction], only_real: bool = False) -> bool | None:
    """Whether two expressions have the same value at a point; None where that cannot be said."""
    try:
        values = evaluate(first, point), evaluate(second, point)
    except UndefinedError:
        return None
    if only_real and not all(isinstance(value, Fraction) or _is_real(value) for value in values):
        return None
    if close(*values):
        return True
    if all(isinstance(value, Fraction) for value in values):
        return False
    context = context_of()
    if max(abs(as_mp(value, context)) for value in values) > context.mpf(10) ** -30:
        return False
    finer = evaluate(first, point, 2 * DIGITS), evaluate(second, point, 2 * DIGITS)
    gap, finer_gap = (
        abs(difference(*values)),
        abs(difference(*finer, digits=2 * DIGITS)),
    )  # zero, if more digits make it smaller
    return bool(finer_gap < gap * context.mpf(10) ** -(DIGITS // 2))


def _is_real(value: Number) -> bool:
    context = context_of()
    return bool(abs(context.im(value)) <= abs(value) * context.mpf(10) ** -_AGREE)
