"""Whether two expressions with their units are equal."""

from fractions import Fraction

from foretell.grading.comparison import same, within
from foretell.grading.evaluation import constant
from foretell.grading.expressions import symbols
from foretell.grading.numerals import Tree
from foretell.grading.units import size_of
from foretell.grading.values import Scalar

DIGITS_THAT_COUNT = 6  # a decimal of so many significant digits stands for the number that it is rounded from


def same_scalar(given: Scalar, wanted: Scalar) -> bool:
    """Whether two expressions are equal with their units and bases, which may be left out but not contradicted.

    Units of one kind are converted: `1000 g` is `1 kg`.
    """
    if given.base != wanted.base and given.base and wanted.base:
        return False
    if given.unit == wanted.unit or not (given.unit and wanted.unit):
        if _same_number(given, wanted):
            return True
        if "%" not in (given.unit, wanted.unit) or given.unit == wanted.unit:
            return _same_letters(given, wanted)
        return _same_number(*(_as_share(side) for side in (given, wanted)))
    first, second = size_of(given.unit), size_of(wanted.unit)
    if first is None or second is None or first[0] != second[0]:
        return False
    return _same_number(_scaled(given, first[1]), _scaled(wanted, second[1]))


def _as_share(side: Scalar) -> Scalar:
    if side.unit != "%":
        return side
    return _scaled(side, Fraction(1, 100))


def _scaled(side: Scalar, size: Fraction) -> Scalar:
    return Scalar(("multiply", side.tree, ("number", size)), "", side.digits, side.last_place * size)


def _same_number(given: Scalar, wanted: Scalar) -> bool:
    """Exactly the same, or one a decimal of enough digits that the other, which is none, is rounded or cut off to."""
    if same(given.tree, wanted.tree):
        return True
    for one, other in ((given, wanted), (wanted, given)):
        if one.digits >= DIGITS_THAT_COUNT and (not other.digits or other.digits > one.digits):
            values = constant(one.tree), constant(other.tree)
            if None not in values and not getattr(values[1], "imag", 0):
                return within(*values, one.last_place)
    return False


def _same_letters(given: Scalar, wanted: Scalar) -> bool:
    """`5 m` and `5\\text{ m}` (a product, if the letter were a variable); `3 + 4j` and `3 + 4i`."""
    for one, other in ((given, wanted), (wanted, given)):
        letter = one.unit if len(one.unit) == 1 and one.unit.isalpha() and not other.unit else None
        if letter and same(("multiply", one.tree, ("symbol", letter)), other.tree):
            return True
        imaginary = symbols(one.tree) == {"j"} and not symbols(other.tree)
        if imaginary and same(_with_imaginary_unit(one.tree), other.tree):
            return True
    return False


def _with_imaginary_unit(tree: Tree) -> Tree:
    if tree == ("symbol", "j"):
        return ("constant", "i")
    return tuple(_with_imaginary_unit(part) if isinstance(part, tuple) else part for part in tree)
