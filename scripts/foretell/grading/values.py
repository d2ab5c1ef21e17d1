"""What an answer says, as a small typed value; each answer is read once."""

from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from foretell.grading.numerals import Tree


@dataclass(frozen=True)
class Scalar:
    """One expression, most often a number.

    Attributes:
        tree: the expression.
        unit: a known unit behind it, in one spelling, with its power (`cm^2`, `%`, `dollar`), or the month of a day;
            empty without any.
        digits: significant digits, where the whole answer is a decimal with a point, without zeros at its end; else 0.
        last_place: the value of the last of these digits; else 0.
        base: subscript of a number's base; empty without one.
    """

    tree: Tree
    unit: str = ""
    digits: int = 0
    last_place: Fraction = Fraction(0)
    base: str = ""


@dataclass(frozen=True)
class Text:
    """Words, in lower case, without articles."""

    words: str


@dataclass(frozen=True)
class Sequence:
    """Values in an order: a tuple or an interval, with its brackets, or a ratio or a time (`:`)."""

    brackets: str
    items: tuple["Value", ...]


@dataclass(frozen=True)
class Collection:
    """Values in any order: a list (repetitions count) or a set in braces (they do not)."""

    braces: bool
    items: tuple["Value", ...]


@dataclass(frozen=True)
class Interval:
    """Between two ends, each of which may belong to it."""

    low: Tree
    low_closed: bool
    high: Tree
    high_closed: bool


@dataclass(frozen=True)
class RealSet:
    """A union of intervals of real numbers, in ascending order; `name` is the variable that they were written with."""

    intervals: tuple[Interval, ...]
    name: str = ""


@dataclass(frozen=True)
class Equation:
    """Two equal sides; `name` is set where the left side is one variable that the right side does not have."""

    left: Tree
    right: Tree
    name: str = ""


@dataclass(frozen=True)
class Named:
    """A value of any kind with the name that it was given: `D = (0, 1)`."""

    name: str
    value: "Value"


@dataclass(frozen=True)
class Inequality:
    """`tree` is greater than zero, or not less than zero."""

    tree: Tree
    strict: bool


@dataclass(frozen=True)
class Congruence:
    """A remainder and its modulus; `name` may be empty."""

    name: str
    remainder: Tree
    modulus: Tree


@dataclass(frozen=True)
class Matrix:
    """Rows of values, all of one length."""

    rows: tuple[tuple["Value", ...], ...]


@dataclass(frozen=True)
class Option:
    """An option's letter, and what the option says: either stands for both."""

    letter: Text
    said: "Value"


@dataclass(frozen=True)
class Unread:
    """Notation that is not known here: equal in the same spelling or, if it is a formula, where math-verify says so."""

    spelling: str
    formula: bool = False


Value: TypeAlias = (
    Scalar
    | Text
    | Sequence
    | Collection
    | RealSet
    | Equation
    | Named
    | Inequality
    | Congruence
    | Matrix
    | Option
    | Unread
)
EVERYTHING = RealSet((Interval(("negative", ("constant", "infty")), False, ("constant", "infty"), False),))
NOTHING = Collection(True, ())
