"""Sets of real numbers: intervals, inequalities, unions and what is left without some points."""

from collections.abc import Callable
from collections.abc import Sequence as Tokens
from fractions import Fraction
from itertools import pairwise
from typing import Any

from foretell.grading.comparison import close, real
from foretell.grading.evaluation import UndefinedError, evaluate
from foretell.grading.expressions import symbols
from foretell.grading.numerals import Tree
from foretell.grading.spelling import Token
from foretell.grading.values import (
    NOTHING,
    Collection,
    Inequality,
    Interval,
    Named,
    RealSet,
    Scalar,
    Sequence,
    Value,
)

_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "!=": "!="}
_WITHOUT = {("macro", "setminus"), ("macro", "backslash"), ("word", "except")}
_ENDLESS: Tree = ("constant", "infty")
_MINUS_ENDLESS: Tree = ("negative", _ENDLESS)


def as_set(value: Value) -> RealSet | None:
    """A value as a set of real numbers; None where it is none."""
    if isinstance(value, RealSet):
        return value
    if isinstance(value, Named):
        return as_set(value.value)
    if isinstance(value, Sequence) and value.brackets in ("()", "[]", "(]", "[)"):
        ends = [item.tree for item in value.items if isinstance(item, Scalar)]
        if len(ends) != 2 or len(value.items) != 2:
            return None
        return RealSet((Interval(ends[0], value.brackets[0] == "[", ends[1], value.brackets[1] == "]"),))
    if value == NOTHING:
        return RealSet(())
    if isinstance(value, Collection) and value.braces and all(isinstance(item, Scalar) for item in value.items):
        trees = [item.tree for item in value.items if isinstance(item, Scalar)]
        return united([RealSet((Interval(tree, True, tree, True),)) for tree in trees])
    return None


def united(values: Any) -> RealSet | None:
    """The union of sets, its intervals in ascending order, those that touch made one; None where ends have no value."""
    intervals = [interval for value in values for interval in value.intervals]
    names = {value.name for value in values if value.name}
    ends = [(real(interval.low), real(interval.high)) for interval in intervals]
    if len(names) > 1 or any(low is None or high is None for low, high in ends):
        return RealSet(tuple(intervals), "?") if len(names) <= 1 else None
    order = sorted(range(len(intervals)), key=lambda index: (ends[index][0], not intervals[index].low_closed))
    kept: list[Interval] = []
    for index in order:
        interval = intervals[index]
        if kept and _touch(kept[-1], interval):
            last = kept.pop()
            high, other = real(last.high), real(interval.high)
            wider = interval if other > high or (other == high and interval.high_closed) else last
            interval = Interval(last.low, last.low_closed, wider.high, wider.high_closed)
        kept.append(interval)
    return RealSet(tuple(kept), *names)


def intersected(values: Any) -> RealSet | None:
    """What several single intervals have in common; None where that is nothing, or cannot be said."""
    low, high = Interval(_MINUS_ENDLESS, False, _ENDLESS, False), Interval(_MINUS_ENDLESS, False, _ENDLESS, False)
    for value in values:
        if len(value.intervals) != 1 or real(value.intervals[0].low) is None or real(value.intervals[0].high) is None:
            return None
        interval = value.intervals[0]
        if (real(interval.low), not interval.low_closed) > (real(low.low), not low.low_closed):
            low = interval
        if (real(interval.high), interval.high_closed) < (real(high.high), high.high_closed):
            high = interval
    if real(low.low) >= real(high.high):
        return None
    names = {value.name for value in values}
    return RealSet(
        (Interval(low.low, low.low_closed, high.high, high.high_closed),), names.pop() if len(names) == 1 else ""
    )


def from_inequalities(sides: list[Tree], signs: list[str]) -> Value | None:
    """What `a < x <= b`, `x > 5` or `x != 2` say; an inequality whose variable does not stand alone stays one."""
    if len(sides) == 3 and sides[1][0] == "symbol" and {sign[0] for sign in signs} in ({"<"}, {">"}):
        low, high = (0, 2) if signs[0][0] == "<" else (2, 0)
        closed = ["=" in sign for sign in (signs if low == 0 else signs[::-1])]
        return RealSet((Interval(sides[low], closed[0], sides[high], closed[1]),), str(sides[1][1]))
    if len(sides) != 2 or signs[0] not in _FLIPPED:
        return None
    (left, right), sign = sides, signs[0]
    if right[0] == "symbol" and left[0] != "symbol":
        left, right, sign = right, left, _FLIPPED[sign]
    if sign == "!=":
        return None
    if right[0] == "absolute" and left[0] != "absolute":
        left, right, sign = right, left, _FLIPPED[sign]
    if left[0] == "absolute" and not symbols(right):
        return _within(left[1], right, sign) or Inequality(*_greater(left, right, sign))
    if left[0] == "symbol" and not symbols(right):
        return RealSet(_half_lines(right, sign), str(left[1]))
    difference, strict = _greater(left, right, sign)
    return _solved(difference, strict) or Inequality(difference, strict)


def _greater(left: Tree, right: Tree, sign: str) -> tuple[Tree, bool]:
    """What is greater than zero where an inequality holds, and whether it must not be zero."""
    larger, smaller = (left, right) if sign[0] == ">" else (right, left)
    return ("add", larger, ("negative", smaller)), "=" not in sign


def _within(inner: Tree, bound: Tree, sign: str) -> RealSet | None:
    """Where the absolute value of a linear expression is below, or above, a positive number; None of any other."""
    if not (real(bound) or 0) > 0:
        return None
    upper = ("add", bound, ("negative", inner)) if sign[0] == "<" else ("add", inner, ("negative", bound))
    lower = ("add", inner, bound) if sign[0] == "<" else ("negative", ("add", inner, bound))
    sides = [_solved(tree, "=" not in sign) for tree in (upper, lower)]
    if None in sides:
        return None
    return intersected(sides) if sign[0] == "<" else united(sides)


def _solved(tree: Tree, strict: bool) -> RealSet | None:
    """Where a linear expression of one variable is greater than zero; None of any other."""
    names = symbols(tree)
    if len(names) != 1:
        return None
    (name,) = names
    try:
        at = [evaluate(tree, {name: Fraction(x)}) for x in (0, 1, 2, 7)]
    except UndefinedError:
        return None
    slope = at[1] - at[0] if all(isinstance(value, Fraction) for value in at) else 0
    if not slope or at[2] - at[1] != slope or at[3] - at[2] != 5 * slope:
        return None
    sign = (">" if slope > 0 else "<") + ("" if strict else "=")
    return RealSet(_half_lines(("number", -at[0] / slope), sign), name)


def difference(given: Tokens[Token], value_of: Callable[[Tokens[Token]], Value], split: Any) -> Value | None:
    r"""What is left of one set without another: `\mathbb{R} \setminus \{2\}`, `(0, 2) \setminus [1, 2)`."""
    parts = split(given, lambda token: (token.kind, token.text.lower()) in _WITHOUT)
    if len(parts) != 2 or not all(parts):
        return None
    whole, removed = as_set(value_of(parts[0])), value_of(parts[1])
    rest = without(removed) or _complement(as_set(removed))
    if whole is None or rest is None:
        return None
    common = [intersected([RealSet((a,)), RealSet((b,))]) for a in whole.intervals for b in rest.intervals]
    return united([part for part in common if part is not None])


def _complement(removed: RealSet | None) -> RealSet | None:
    if removed is None:
        return None
    lows = [(_MINUS_ENDLESS, False), *((interval.high, not interval.high_closed) for interval in removed.intervals)]
    highs = [*((interval.low, not interval.low_closed) for interval in removed.intervals), (_ENDLESS, False)]
    return RealSet(tuple(Interval(*low, *high) for low, high in zip(lows, highs, strict=True)))


def without(removed: Value, name: str = "") -> RealSet | None:
    """The real line without a number or several; None where they are none."""
    items = removed.items if isinstance(removed, Collection) else (removed,)
    ends = [item.tree for item in items if isinstance(item, Scalar)]
    values = [real(end) for end in ends]
    if len(ends) < len(items) or None in values:
        return None
    ordered = [ends[index] for index in sorted(range(len(ends)), key=lambda index: values[index])]
    edges = pairwise([_MINUS_ENDLESS, *ordered, _ENDLESS])
    return RealSet(tuple(Interval(low, False, high, False) for low, high in edges), name)


def _half_lines(end: Tree, sign: str) -> tuple[Interval, ...]:
    above, below = Interval(end, sign == ">=", _ENDLESS, False), Interval(_MINUS_ENDLESS, False, end, sign == "<=")
    return (above,) if sign[0] == ">" else (below,)


def _touch(first: Interval, second: Interval) -> bool:
    """Whether an interval begins inside another one, or where it ends and the end belongs to either."""
    high, low = real(first.high), real(second.low)
    if close(high, low):
        return first.high_closed or second.low_closed
    return bool(low < high)
