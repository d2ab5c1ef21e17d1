"""Equations, inequalities, membership and congruences."""

import re
from collections.abc import Callable
from collections.abc import Sequence as Tokens
from typing import TypeAlias

from foretell.grading import sets
from foretell.grading.expressions import symbols
from foretell.grading.spelling import Token
from foretell.grading.splitting import levels_of, tree_of
from foretell.grading.values import Congruence, Equation, Named, Scalar, Sequence, Unread, Value

Reader: TypeAlias = Callable[[Tokens[Token]], Value]  # of what tokens say

_RELATIONS = {
    "=": "=", "<": "<", ">": ">", "lt": "<", "gt": ">", "le": "<=", "leq": "<=", "leqslant": "<=", "ge": ">=",
    "geq": ">=", "geqslant": ">=", "ne": "!=", "neq": "!=", "in": "in", "equiv": "equiv",
}  # fmt: skip

_INVERSE = re.compile(r"[a-zA-Z]\^\{?-1\}?\([a-zA-Z]\)")  # `f^{-1}(x)`


def relation(given: Tokens[Token], value_of: Reader) -> Value | None:
    """Equations, inequalities, membership and congruences."""
    levels = levels_of(given)
    at = [
        index
        for index, token in enumerate(given)
        if token.text in _RELATIONS and token.kind in ("mark", "macro") and levels[index] == 0
    ]
    if not at:
        return _congruence([], given) if any(token.text == "pmod" for token in given) else None
    signs: list[str] = []
    sides: list[Tokens[Token]] = []
    start = 0
    for index in at:
        sign = _RELATIONS[given[index].text]
        if start == index and signs and given[index].text == "=" and signs[-1] in "<>":  # `<=` in two characters
            signs[-1] += "="
        else:
            signs.append(sign)
            sides.append(given[start:index])
        start = index + 1
    sides.append(given[start:])
    if not sides[-1]:
        return None
    if signs[-1] == "equiv":
        return _congruence(sides[-2], sides[-1])
    if set(signs) <= {"="}:
        return _equation(sides, value_of)
    if signs == ["in"]:
        name = _name(sides[0])
        return Named(name, value_of(sides[1])) if name else None
    if signs == ["!="] and (name := _name(sides[0])):
        return sets.without(value_of(sides[1]), name)
    trees = [tree_of(side) for side in sides]
    if any(tree is None for tree in trees):
        return None
    return sets.from_inequalities([tree for tree in trees if tree is not None], signs)


def _equation(sides: list[Tokens[Token]], value_of: Reader) -> Value | None:
    """The last two sides of a chain; a calculation (`10 - 3 = 7`) is its result."""
    right = value_of(sides[-1])
    if not sides[-2]:
        return right
    left = tree_of(sides[-2])
    name = _name(sides[-2])
    if not isinstance(right, Scalar):
        names = _names(value_of(sides[-2])) if isinstance(right, Sequence) else []
        if isinstance(right, Sequence) and len(names) == len(right.items):
            return Sequence("()", tuple(item for _, item in sorted(zip(names, right.items, strict=True), key=_first)))
        return Named(name, right) if name and not isinstance(right, Unread) else None
    if left is None:
        return Named(name, right) if name else right if any(token.kind == "word" for token in sides[-2]) else None
    if (
        not symbols(left)
        and (len(sides) > 2 or left[0] != "number" or not symbols(right.tree))
        and not symbols(right.tree)
    ):
        return right
    if len(sides) > 2 and not symbols(right.tree):
        return right
    if name and name not in symbols(right.tree):
        return Named(name, right) if right.unit or right.digits or right.base else Equation(left, right.tree, name)
    return Equation(left, right.tree)


def _congruence(left: Tokens[Token], right: Tokens[Token]) -> Value | None:
    at = next((index for index, token in enumerate(right) if token.text in ("pmod", "mod", "bmod", "(")), None)
    if not at:
        return None
    remainder = tree_of(right[:at])
    modulus = tree_of([token for token in right[at:] if token.text not in ("pmod", "mod", "bmod", "(", ")", "{", "}")])
    if remainder is None or modulus is None:
        return None
    return Congruence(_name(left) or "", remainder, modulus)


def _name(side: Tokens[Token]) -> str | None:
    """The name of one variable, or of a function with its variable as `f(x)`; None of anything else."""
    texts = [token.text for token in side]
    if not side or side[0].kind != "symbol" or texts[0] in ("e", "i"):
        return None
    if len(texts) == 4 and texts[1] == "(" and texts[3] == ")" and (side[2].kind == "symbol" or texts[0] in "fghpPFE"):
        return "".join(texts)
    if _INVERSE.fullmatch("".join(texts)):
        return "".join(texts)
    tree = tree_of(side)
    return str(tree[1]) if tree is not None and tree[0] == "symbol" else None


def _names(value: Value) -> list[str]:
    """The names in a tuple or a vector of variables; empty of anything else."""
    trees = (
        [item.tree if isinstance(item, Scalar) else () for item in value.items] if isinstance(value, Sequence) else []
    )
    return [str(tree[1]) for tree in trees] if all(tree[:1] == ("symbol",) for tree in trees) else []


def _first(pair: tuple[str, Value]) -> str:
    return pair[0]
