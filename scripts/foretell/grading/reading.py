"""Reading an answer: from its tokens to what it says."""

import re
from collections.abc import Sequence as Tokens
from fractions import Fraction
from functools import lru_cache

from foretell.grading import sets
from foretell.grading.matrices import matrix, system
from foretell.grading.quantities import measures, read_scalar, words_of
from foretell.grading.relations import relation
from foretell.grading.spelling import Token, clean, tokens
from foretell.grading.splitting import closing, is_macro, levels_of, split, unwrapped
from foretell.grading.units import date
from foretell.grading.values import (
    EVERYTHING,
    NOTHING,
    Collection,
    Equation,
    Named,
    Option,
    RealSet,
    Scalar,
    Sequence,
    Text,
    Unread,
    Value,
)

MOST_TOKENS = 1000

_PLAIN_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?!\d|,\d)")
_OPTION = re.compile(  # `\textbf{(C)}\ 12`, and `\text{(C) } 12`
    r"[\s$*]*\\(?:text[a-z]*|math(?:bf|rm|sf)|mbox)\s?\{\s?\(([A-H])\)[\s.:~]{0,9}\}?"
    r"(?:\\[,;:! ]|\\q?quad(?![a-zA-Z])|[\s.:~$]){0,9}"
    r"(?=[-−]?[\da-zA-Z$√π]|\\(?:[dt]?frac|sqrt|pi|\$|text))(?!(?:\\text\s?\{\s*)?(?:and|or)\b)(?!.*\([A-H]\))",
    re.DOTALL,
)
_PLAIN_OPTION = re.compile(  # `(C) 12`, and `(C)\ \frac12`
    r"[\s$*]*\(([A-H])\)(?:\\[,;: ]|\\q?quad(?![a-zA-Z])|[\s~$*]){1,9}"
    r"(?=[-−]?\d|\\(?:[dt]?frac|sqrt|pi))(?!.*\([A-H]\))",
    re.DOTALL,
)
_PHRASES: dict[str, Value] = {
    "all real numbers": EVERYTHING, "all reals": EVERYTHING, "real numbers": EVERYTHING, "all real": EVERYTHING,
    "no solution": NOTHING, "no solutions": NOTHING, "empty set": NOTHING, "no real solutions": NOTHING,
    "no real solution": NOTHING,
    "infinity": Scalar(("constant", "infty")),
    "does not exist": Text("dne"), "undefined": Text("undefined"),
}  # fmt: skip
_OUTWARD = {"][": ("(", ")"), "[[": ("[", ")"), "]]": ("(", "]")}  # of open ends, in French notation
_REASONED = tuple(
    f"{verdict} , {because} "
    for verdict in ("yes", "no", "true", "false")
    for because in ("because", "since", "as", "for")
)
_THERE_IS = re.compile(r"^(?:there (?:is|are)|(?:the )?(?:equation|system|inequality) has|it has|has) (?=no )")
_FORMULAS = {
    "sum",
    "prod",
    "int",
    "lim",
    "iint",
    "oint",
    "frac",
    "sqrt",
    "prime",
    "partial",
    "vec",
    "hat",
    "bmod",
    "limits",
}


@lru_cache(maxsize=100_000)
def read(answer: str) -> tuple[Value, ...]:
    """What an answer says; several readings where its notation means several things (`30,150` may be a number or two).

    Empty where the answer is. What is not understood is `Unread`, or a `Text` where it has words.
    """
    found: list[Value] = []
    if option := _OPTION.match(answer) or _PLAIN_OPTION.match(answer):
        letter, *_ = read(f"\\text{{({option.group(1)})}}")
        rest = answer[option.end() :]
        said = read(rest.removesuffix("}") if rest.count("}") > rest.count("{") else rest)
        return (Option(letter, said[0]),) if isinstance(letter, Text) and said else (letter,)
    joined = _PLAIN_THOUSANDS.sub(lambda number: number.group().replace(",", ""), answer)
    spellings = [joined, answer]
    if joined != answer and _bracketed(clean(answer)):  # commas separate, unless those before spaces do
        spellings = [answer, joined] if re.search(r",\s", answer) else [answer]
    for spelling in dict.fromkeys(spellings):
        value = _read(spelling)
        if value is not None and value not in found:
            found.append(value)
    return tuple(found)


def _bracketed(text: str) -> bool:
    return text[:1] in ("(", "[") or text.startswith("\\{")


def _read(answer: str) -> Value | None:
    given = list(tokens(answer))
    if not given or len(given) > MOST_TOKENS:
        return Unread(clean(answer)) if given else None
    return value_of(given)


def value_of(given: Tokens[Token]) -> Value:
    """What tokens say."""
    return _value_of(tuple(given))


@lru_cache(maxsize=10_000)  # a part is looked at once, whatever attempts it is part of
def _value_of(everything: tuple[Token, ...]) -> Value:
    given = unwrapped(everything)
    if not given:
        return NOTHING
    phrase = words_of(given)
    if phrase and "".join(token.text.lower() + " " for token in given[:3]).startswith(_REASONED):
        return Text(given[0].text.lower())
    if phrase and (said := _PHRASES.get(_THERE_IS.sub("", phrase))):
        return said
    dated = date(phrase) if phrase else None
    if dated is not None:
        return Scalar(("number", Fraction(dated[0])), dated[1])
    for attempt in (
        _excluded,
        _signs,
        measures,
        _enumeration,
        _environment,
        _union,
        _related,
        _braces,
        _brackets,
        _ratio,
    ):
        value = attempt(given)
        if value is not None:
            return value
    if is_macro(given, "emptyset") or is_macro(given, "varnothing"):
        return NOTHING
    if [token.text for token in given] in (["mathbb", "{", "R", "}"], ["mathbb", "R"]):
        return EVERYTHING
    scalar = read_scalar(given)
    if scalar is not None:
        return scalar
    if any(token.kind == "word" for token in given) and not any(token.kind == "macro" for token in given):
        return Text(phrase)
    spelling = " ".join(token.text for token in given)
    formula = any(token.kind == "macro" and token.text in _FORMULAS for token in given)
    return Unread(spelling, formula and not any(token.kind == "word" for token in given))


def _excluded(given: Tokens[Token]) -> Value | None:
    r"""All numbers but some: `x \ne 1, 2`."""
    at = [index for index, token in enumerate(given) if token.kind == "macro" and token.text in ("ne", "neq")]
    if len(at) != 1 or levels_of(given)[at[0]] or any(token.text in ",;" for token in given[: at[0]]):
        return None
    value = relation(given, value_of)
    return value if isinstance(value, RealSet) else None


def _signs(given: Tokens[Token]) -> Value | None:
    r"""Both values of `1 \pm \sqrt 2`."""
    if not any(token.kind == "macro" and token.text in ("pm", "mp") for token in given):
        return None
    sides = []
    for plus in ("+", "-"):
        minus = "-" if plus == "+" else "+"
        sides.append(value_of([_sign(token, plus, minus) for token in given]))
    parts = [item for side in sides for item in (side.items if isinstance(side, Collection) else (side,))]
    return Collection(False, tuple(dict.fromkeys(parts)))


def _sign(token: Token, plus: str, minus: str) -> Token:
    if token.kind != "macro" or token.text not in ("pm", "mp"):
        return token
    return Token("mark", plus if token.text == "pm" else minus, token.spaced)


def _enumeration(given: Tokens[Token]) -> Value | None:
    """Values between commas, `and` and `or`."""
    parts = split(
        given, lambda token: token.text in (",", ";") or (token.kind == "word" and token.text.lower() in ("and", "or"))
    )
    parts = [part for part in parts if part]
    if len(parts) < 2:
        return None
    if words_of(given) and not any(_is_value(part) for part in parts):
        return None
    values = [value_of(part) for part in parts]
    if all(isinstance(value, RealSet) for value in values):
        united = any(token.text.lower() == "or" for token in given)
        return sets.united(values) if united else sets.intersected(values) or sets.united(values)
    named = [value for value in values if isinstance(value, Equation | Named) and value.name]
    if len(named) == len(values) == len({value.name for value in named}):
        if len({value.name.partition("_")[0] for value in named}) == 1:
            return Collection(False, tuple(map(_right, named)))  # `x_1 = 2, x_2 = 3`
        return Sequence("()", tuple(map(_right, sorted(named, key=lambda value: value.name))))
    if isinstance(values[0], Equation) and values[0].name and all(isinstance(value, Scalar) for value in values[1:]):
        values[0] = _right(values[0])
    return Collection(False, tuple(values))


def _right(value: Equation | Named) -> Value:
    return value.value if isinstance(value, Named) else Scalar(value.right)


def _is_value(part: Tokens[Token]) -> bool:
    return any(token.kind in ("number", "symbol", "macro") or len(token.text) == 1 for token in part)


def _environment(given: Tokens[Token]) -> Value | None:
    if not any(token.text == "begin" for token in given):
        return None
    return system(given, value_of) or matrix(given, value_of)


def _union(given: Tokens[Token]) -> Value | None:
    parts = split(given, lambda token: (token.kind == "macro" and token.text == "cup") or _is_plain_union(token, given))
    if len(parts) < 2:
        return sets.difference(given, value_of, split)
    values = [sets.as_set(value_of(part)) if part else None for part in parts]
    return sets.united(values) if all(value is not None for value in values) else None


def _is_plain_union(token: Token, given: Tokens[Token]) -> bool:
    return (
        token.kind == "symbol"
        and token.text in ("U", "u")
        and given[0].text in ("(", "[")
        and given[-1].text in (")", "]")
    )


def _related(given: Tokens[Token]) -> Value | None:
    return relation(given, value_of)


def _braces(given: Tokens[Token]) -> Value | None:
    r"""A set in `\{...\}`: its elements, or the numbers for which a condition holds."""
    if given[0].text not in ("\\{", "{", "lbrace") or given[0].kind != "macro" or closing(given, 0) != len(given) - 1:
        return None
    inner = given[1:-1]
    conditions = split(inner, lambda token: token.text in ("mid", "|", ":", "vert"))
    if len(conditions) == 2 and all(conditions):
        condition = value_of(conditions[1])
        return condition if isinstance(condition, RealSet) else Unread(" ".join(token.text for token in given))
    if not inner:
        return NOTHING
    return Collection(
        True, tuple(value_of(part) for part in split(inner, lambda token: token.text in (",", ";")) if part)
    )


def _brackets(given: Tokens[Token]) -> Value | None:
    """A tuple or an interval; `(3)` is no tuple."""
    first, last = given[0].text, given[-1].text
    if first == "langle" and last == "rangle":
        first, last = "(", ")"
    elif first + last in _OUTWARD and not any(token.text in "()[]" for token in given[1:-1]):
        first, last = _OUTWARD[first + last]
    elif first not in ("(", "[") or last not in (")", "]") or closing(given, 0) != len(given) - 1:
        return None
    parts = split(given[1:-1], lambda token: token.text in (",", ";"))
    if len(parts) > 1 and all(parts):
        return Sequence(first + last, tuple(value_of(part) for part in parts))
    if len(given) == 3 and given[1].kind in ("symbol", "word") and given[1].text.isupper():
        return Text(given[1].text.lower())  # an option's letter
    return None


def _ratio(given: Tokens[Token]) -> Value | None:
    parts = split(given, lambda token: token.text == ":")
    if len(parts) < 2 or not all(parts):
        return None
    first_word = next((index for index, token in enumerate(parts[-1]) if token.kind == "word"), len(parts[-1]))
    words = words_of([token for token in parts[-1][first_word:] if token.kind == "word"])
    items = [value_of(part) for part in [*parts[:-1], parts[-1][:first_word]] if part]
    if len(items) != len(parts):
        return None
    if not all(isinstance(item, Scalar) for item in items):
        return None
    return Sequence(f": {words}".strip(), tuple(items))
