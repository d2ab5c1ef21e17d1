"""What votes are counted by: a key that answers share which say the same, made from each answer alone."""

from foretell.grading import sets
from foretell.grading.comparison import cleared, fingerprint, points, quotient, rounded
from foretell.grading.equivalence import meridiem, words_in
from foretell.grading.evaluation import UndefinedError, evaluate
from foretell.grading.expressions import symbols
from foretell.grading.numerals import Tree
from foretell.grading.parameters import declared, renamed
from foretell.grading.reading import read
from foretell.grading.scalars import DIGITS_THAT_COUNT
from foretell.grading.values import (
    Collection,
    Congruence,
    Equation,
    Inequality,
    Matrix,
    Named,
    Option,
    RealSet,
    Scalar,
    Sequence,
    Text,
    Value,
)

UNNAMED = ("", "")  # an answer without name and unit


def key(answer: str) -> tuple[tuple, tuple[str, str]]:
    """Equal for answers that say the same, whatever the gold answer; and the name and the unit that stand with it.

    Answers that agree in both are graded alike by any gold answer. There are two exceptions, where notation is loose
    and classes of their own would split many votes: `30,150` votes as the number but may also be a list, and lists vote
    in any order although one without brackets may stand for a tuple. An option with what it says, `(C) 12`, is graded
    otherwise than its letter and its value alone, so it votes with neither.
    """
    plain, parameter = declared(answer)
    values = read(renamed(plain, parameter) if parameter else answer)
    if not values:
        return ("empty",), UNNAMED
    return _key(values[0])


def _key(value: Value) -> tuple[tuple, tuple[str, str]]:
    if isinstance(value, Scalar):
        rounded_at = (value.last_place,) if value.digits >= DIGITS_THAT_COUNT else ()
        return ("value", *_print(value.tree), value.base, *rounded_at), ("", value.unit)
    if isinstance(value, Named):
        inner, (name, unit) = _key(value.value)
        return inner, (f"{value.name} {name}".strip(), unit)
    if isinstance(value, Equation):
        if value.name:
            return ("value", *_print(value.right), ""), (value.name, "")
        return ("equation", *_ray(cleared(("add", value.left, ("negative", value.right))))), UNNAMED
    if isinstance(value, Option):
        return ("option", _key(value.letter), _key(value.said)), UNNAMED
    if isinstance(value, Text):
        return ("words", words_in(value)), UNNAMED
    if isinstance(value, Sequence):
        real_set = sets.as_set(value)
        if real_set is not None and value.brackets != "()":
            return _key(real_set)
        return ("sequence", meridiem(value.brackets), *(_key(item) for item in value.items)), UNNAMED
    if isinstance(value, Collection):
        return ("collection", *sorted(map(_key, value.items), key=repr)), UNNAMED
    if isinstance(value, RealSet):
        if len(value.intervals) == 1 and not (value.intervals[0].low_closed or value.intervals[0].high_closed):
            ends = value.intervals[0].low, value.intervals[0].high  # as the tuple that it may be
            return ("sequence", "()", *((("value", *_print(end), ""), UNNAMED) for end in ends)), (
                value.name.strip("?"),
                "",
            )
        intervals = ((_print(i.low), i.low_closed, _print(i.high), i.high_closed) for i in value.intervals)
        return ("set", *intervals), (value.name.strip("?"), "")
    if isinstance(value, Matrix):
        return ("matrix", *(tuple(map(_key, row)) for row in value.rows)), UNNAMED
    if isinstance(value, Inequality):
        return ("inequality", value.strict, *_ray(value.tree, signed=True)), UNNAMED
    if isinstance(value, Congruence):
        return ("congruence", _print(value.remainder), _print(value.modulus)), (value.name, "")
    return ("unread", value.spelling), UNNAMED


def _print(tree: Tree) -> tuple:
    try:
        return fingerprint(tree)
    except UndefinedError:
        return (repr(tree),)


def _ray(tree: Tree, signed: bool = False) -> tuple:
    """Equal for expressions that are constant multiples of each other; positive ones, where the sign counts."""
    values = []
    for point in points(symbols(tree)):
        try:
            values.append(evaluate(tree, point))
        except UndefinedError:
            values.append(None)
    first = next((value for value in values if value), None)
    if first is None:
        return (repr(tree),)
    scale = abs(first) if signed else first
    return tuple(None if value is None else rounded(quotient(value, scale)) for value in values)
