"""Whether two mathematical answers are equal."""

from collections.abc import Iterable
from fractions import Fraction

from foretell.grading import sets
from foretell.grading.comparison import cleared, close, proportional, real, same
from foretell.grading.evaluation import constant
from foretell.grading.expressions import symbols
from foretell.grading.numerals import Tree
from foretell.grading.parameters import alike
from foretell.grading.reading import read
from foretell.grading.scalars import same_scalar
from foretell.grading.values import (
    NOTHING,
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
    Unread,
    Value,
)


def equal(answer: str, gold: str) -> bool | None:
    r"""Whether an answer equals the gold answer; None where only algebra (`foretell.grading.algebra`) can say.

    Equal means: the same number, exactly where both are exact, and to its digits where one is a decimal of six
    significant digits or more; the same function, equation (up to a factor), set, tuple or list; the same words. Units
    and the base of a number may be left out, but not contradicted. `50\%` equals 50 and `\frac12`. The name of a
    parameter that is declared to be an integer does not count.
    """
    undecided = False
    answer, gold = alike(answer, gold)
    for wanted in read(gold):
        for given in read(answer):
            verdict = same_value(given, wanted)
            if verdict:
                return True
            undecided |= verdict is None
    return None if undecided else False


def understood(answer: str) -> bool:
    """Whether an answer is read as something else than unknown notation."""
    values = read(answer)
    return bool(values) and not any(isinstance(value, Unread) for value in values)


def integer(answer: str) -> int | None:
    """The whole number that an answer says, also as `m + n = 204` or `2^3`; None of anything else."""
    for value in read(answer):
        value = value.said if isinstance(value, Option) else value
        tree = value.tree if isinstance(value, Scalar) else value.right if isinstance(value, Equation) else None
        if isinstance(value, Named) and isinstance(value.value, Scalar):
            tree = value.value.tree
        whole = None if tree is None else _whole(tree)
        if whole is not None:
            return whole
    return None


def _whole(tree: Tree) -> int | None:
    """The whole number that an expression is; None of any other."""
    number = constant(tree)
    if isinstance(number, Fraction):
        return int(number) if number.denominator == 1 else None
    number = real(tree)
    if number is not None and abs(number) < 10**15:
        nearest = Fraction(round(float(number)))
        return int(nearest) if close(number, nearest) else None
    return None


def same_value(given: Value, wanted: Value) -> bool | None:
    """Whether two values are equal; None where notation is not known here and only algebra can say."""
    if given == wanted:
        return True
    if isinstance(given, Option) or isinstance(wanted, Option):
        return _same_option(given, wanted)
    if isinstance(given, Unread) or isinstance(wanted, Unread):
        return None if _algebraic(given) and _algebraic(wanted) else False
    if isinstance(given, Named) or isinstance(wanted, Named):
        return _same_named(given, wanted)
    if isinstance(given, Scalar) and isinstance(wanted, Scalar):
        return same_scalar(given, wanted)
    if isinstance(given, Equation) or isinstance(wanted, Equation):
        return _same_equation(given, wanted)
    if isinstance(given, RealSet) or isinstance(wanted, RealSet):
        return _same_set(given, wanted)
    if isinstance(given, Sequence) and isinstance(wanted, Sequence):
        return _same_sequence(given, wanted)
    if isinstance(given, Collection | Sequence) and isinstance(wanted, Collection | Sequence):
        return _same_collection(given, wanted)
    if isinstance(given, Matrix) and isinstance(wanted, Matrix):
        shapes = [[len(row) for row in matrix.rows] for matrix in (given, wanted)]
        cells = zip(sum(given.rows, ()), sum(wanted.rows, ()), strict=False)
        return shapes[0] == shapes[1] and _all(same_value(*pair) for pair in cells)
    if isinstance(given, Text) or isinstance(wanted, Text):
        return _same_words(given, wanted)
    if isinstance(given, Inequality) and isinstance(wanted, Inequality):
        return given.strict == wanted.strict and proportional(given.tree, wanted.tree, positive=True)
    if isinstance(given, Congruence) and isinstance(wanted, Congruence):
        return _same_congruence(given, wanted)
    for one, other in ((given, wanted), (wanted, given)):
        if isinstance(one, Sequence) and isinstance(other, Scalar) and one.brackets == ":":
            return _same_ratio(one, other)
        if isinstance(one, Collection) and len(one.items) == 1 and isinstance(other, Scalar):
            return same_value(one.items[0], other)
    return False


def _algebraic(value: Value) -> bool:
    return value.formula if isinstance(value, Unread) else isinstance(value, Scalar | Equation)


def _same_option(given: Value, wanted: Value) -> bool | None:
    if isinstance(given, Option) and isinstance(wanted, Option):
        return given.letter == wanted.letter
    for one, other in ((given, wanted), (wanted, given)):
        if isinstance(one, Option):
            return same_value(one.letter, other) or same_value(one.said, other)
    return False


def _same_named(given: Value, wanted: Value) -> bool | None:
    if isinstance(given, Named) and isinstance(wanted, Named):
        return given.name == wanted.name and same_value(given.value, wanted.value)
    for one, other in ((given, wanted), (wanted, given)):
        if isinstance(one, Named):
            if isinstance(other, Equation) and isinstance(one.value, Scalar):
                return other.name == one.name and same_value(Scalar(other.right), one.value)
            return same_value(one.value, other)
    return False


def _same_equation(given: Value, wanted: Value) -> bool | None:
    if isinstance(given, Equation) and isinstance(wanted, Equation):
        first, second = (("add", side.left, ("negative", side.right)) for side in (given, wanted))
        return proportional(first, second) or proportional(cleared(first), cleared(second))
    for one, other in ((given, wanted), (wanted, given)):
        if isinstance(one, Equation) and isinstance(other, Scalar):
            if one.name:
                return same_value(Scalar(one.right), other)
            if not symbols(one.right) and one is given:  # `m + n = 204` where 204 is asked for
                return not _has_numbers(one.left) and same_value(Scalar(one.right), other)
        if isinstance(one, Equation) and one.name and isinstance(other, Collection) and len(other.items) == 1:
            return same_value(one, other.items[0])
    return False


def _has_numbers(tree: Tree) -> bool:
    return tree[0] == "number" or any(_has_numbers(part) for part in tree[1:] if isinstance(part, tuple))


def _same_set(given: Value, wanted: Value) -> bool:
    first, second = sets.as_set(given), sets.as_set(wanted)
    if first is None or second is None or len(first.intervals) != len(second.intervals):
        return False
    if first.name and second.name and first.name != second.name and "?" not in (first.name, second.name):
        return False
    pairs = zip(first.intervals, second.intervals, strict=True)
    return all(
        (a.low_closed, a.high_closed) == (b.low_closed, b.high_closed) and same(a.low, b.low) and same(a.high, b.high)
        for a, b in pairs
    )


def _same_sequence(given: Sequence, wanted: Sequence) -> bool | None:
    brackets = [side.brackets for side in (given, wanted)]
    if brackets[0].startswith(":") and brackets[1].startswith(":"):
        brackets = [":" if ":" in brackets else bracket for bracket in map(meridiem, brackets)]
    if brackets[0] != brackets[1]:
        return False
    if brackets[0] == ":" and _is_ratio(given) and _is_ratio(wanted):
        return same(*(("divide", _tree_of(side.items[0]), _tree_of(side.items[1])) for side in (given, wanted)))
    return _same_in_order(given.items, wanted.items)


def _is_ratio(value: Sequence) -> bool:
    """Whether two numbers with a colon between them are no time of day."""
    numbers = [constant(_tree_of(item)) for item in value.items]
    if len(numbers) != 2 or None in numbers or not numbers[1]:
        return False
    return not (isinstance(numbers[1], Fraction) and 10 <= numbers[1] < 60 and 0 <= numbers[0] <= 24)


def _tree_of(value: Value) -> Tree:
    return value.tree if isinstance(value, Scalar) else ("symbol", "?")


def meridiem(brackets: str) -> str:
    """The brackets of a time with its half of the day in one spelling."""
    return brackets.replace(".", "").replace(" m", "m")


def _all(verdicts: Iterable[bool | None]) -> bool | None:
    """Whether all are true; None where none is false and only algebra can say of some."""
    known = set(verdicts)
    if False in known:
        return False
    return None if None in known else True


def _same_in_order(items: tuple[Value, ...], wanted: tuple[Value, ...]) -> bool | None:
    return len(items) == len(wanted) and _all(map(same_value, items, wanted))


def _same_collection(given: Collection | Sequence, wanted: Collection | Sequence) -> bool | None:
    """In any order; repetitions do not count in braces; a list without brackets may stand for a tuple, in its order."""
    for one, other in ((given, wanted), (wanted, given)):
        if isinstance(one, Sequence):
            loose = one.brackets == "()" and isinstance(other, Collection) and not other.braces
            return loose and _same_in_order(one.items, other.items)
    if isinstance(given, Collection) and isinstance(wanted, Collection):
        items = [list(given.items), list(wanted.items)]
        if given.braces or wanted.braces:
            items = [_distinct(side) for side in items]
        return _same_in_any_order(*items)
    return False


def _distinct(items: list[Value]) -> list[Value]:
    kept: list[Value] = []
    for item in items:
        if not any(same_value(item, other) for other in kept):
            kept.append(item)
    return kept


def _same_in_any_order(items: list[Value], wanted: list[Value]) -> bool | None:
    """Whether each item has an equal one of its own; None where only algebra can say of some."""
    left = list(wanted)
    if len(items) != len(left):
        return False
    undecided = []
    for item in items:
        match = next((index for index, candidate in enumerate(left) if same_value(item, candidate)), None)
        if match is None:
            undecided.append(item)
        else:
            del left[match]
    if any(all(same_value(item, candidate) is False for candidate in left) for item in undecided):
        return False
    return None if undecided else True


def _same_words(given: Value, wanted: Value) -> bool:
    """Words without their spaces; a letter stands for an option in brackets; no set for no value."""
    words = [words_in(side) for side in (given, wanted)]
    if NOTHING in (given, wanted):
        return "none" in words
    return None not in words and words[0] == words[1]


def _same_congruence(given: Congruence, wanted: Congruence) -> bool:
    names = given.name == wanted.name or not (given.name and wanted.name)
    values = [constant(tree) for tree in (given.remainder, wanted.remainder, given.modulus, wanted.modulus)]
    if not all(isinstance(value, Fraction) for value in values) or not names:
        return False
    return bool(values[2] == values[3] and values[3] and (values[0] - values[1]) % values[3] == 0)


def _same_ratio(ratio: Sequence, fraction: Scalar) -> bool:
    """`3:2` is 3/2 or 1.5; no ratio is a whole number."""
    if _whole(fraction.tree) is not None:
        return False
    if len(ratio.items) != 2 or not all(isinstance(item, Scalar) for item in ratio.items):
        return False
    above, below = (item.tree for item in ratio.items if isinstance(item, Scalar))
    return same(("divide", above, below), fraction.tree)


def words_in(value: Value) -> str | None:
    """The letters and digits of a text or of a name; None of anything else."""
    if isinstance(value, Text):
        return "".join(character for character in value.words if character.isalnum())
    if isinstance(value, Scalar) and value.tree[0] == "symbol":
        return str(value.tree[1]).lower()
    if isinstance(value, Scalar) and value.tree[0] == "constant":
        return str(value.tree[1])
    return _letters(value.tree) if isinstance(value, Scalar) else None


def _letters(tree: Tree) -> str | None:
    """What a word was that was read as a product of letters."""
    if tree[0] in ("symbol", "constant"):
        return str(tree[1]).lower()
    if tree[0] != "multiply":
        return None
    parts = [_letters(part) for part in tree[1:]]
    return None if None in parts else "".join(part for part in parts if part)
