"""Numbers with what stands behind them: units, percent signs, money, multiples and remarks."""

from collections.abc import Sequence as Tokens
from fractions import Fraction
from itertools import pairwise

from foretell.grading.expressions import parse
from foretell.grading.numerals import FRACTIONS, MOST_DIGITS, NoExpressionError, Tree
from foretell.grading.spelling import Token
from foretell.grading.splitting import closing, tree_of
from foretell.grading.units import CHANGING, MULTIPLES, compound_unit, known_unit, number_in_words, size_of
from foretell.grading.values import Scalar

_CURRENCIES = {"$": "dollar", "\\$": "dollar", "£": "gbp", "€": "euro", "¥": "yen", "pounds": "gbp"}
_POWERS = {"squared": 2, "cubed": 3}
_NEGATIVE = ("negative", "minus", "-")


def read_scalar(given: Tokens[Token]) -> Scalar | None:
    """A number or an expression with its unit; None where the tokens say something else.

    Words that are no unit describe (`5 apples`), unless they make another value of the number (`5 squared`). A multiple
    belongs to the value: `1.5 million` is 1500000.
    """
    value, unit = _money(list(given))
    value = _without_remark(value)
    share = _share(value)
    if share is not None:
        return Scalar(share, unit)
    value, behind = _words_behind(_units_in_line(_signed(value)))
    if all(token.text == "-" for token in value):
        return _in_words([*value, *behind], unit)
    if behind and not any(token.kind in ("number", "macro") for token in value):
        return None  # words describe a number, not a variable
    value, sign = _sign_behind(value)
    factor = Fraction(1)
    while behind and behind[0].text.lower().removesuffix("s") in MULTIPLES and sign in ("", "%"):
        factor *= MULTIPLES[behind.pop(0).text.lower().removesuffix("s")]
    while behind and behind[0].text.lower() == "of" and factor != 1:
        behind.pop(0)
    power = _POWERS[behind.pop().text.lower()] if len(behind) == 1 and behind[0].text.lower() in _POWERS else 1
    found = _unit(behind)
    if found is None or (unit and found and unit != found):
        return None
    if sign and found:
        if sign != "degree" or found not in ("C", "F", "celsius", "fahrenheit", "degree"):
            return None
        found = {"C": "celsius", "F": "fahrenheit"}.get(found, found)
    value, base = _base(value)
    try:
        tree = parse(value)
    except NoExpressionError:
        return None
    if factor != 1:
        tree = ("multiply", tree, ("number", factor))
    if power != 1:
        tree = ("power", tree, ("number", Fraction(power)))
    digits, last_place = _decimal(value) if factor == power == 1 else (0, Fraction(0))
    return Scalar(tree, unit or found or sign, digits, last_place, base)


def words_of(given: Tokens[Token]) -> str:
    """Letters and digits only, in lower case, one space between words; empty where there is no word."""
    if not any(token.kind == "word" for token in given):
        return ""
    text = ""
    for token in given:
        if token.kind in ("word", "number", "symbol", "function"):
            text += (" " if token.spaced else "") + token.text.lower()
        elif token.kind == "mark":
            text += " " if token.text in "-/" or token.spaced else ""
    found = text.split()
    return " ".join(word for word in found if len(found) == 1 or word not in ("the", "a", "an"))


def _in_words(behind: list[Token], unit: str) -> Scalar | None:
    """A number written out, as `five`."""
    value = _in_words_only(behind)
    return None if value is None else Scalar(("number", value), unit)


def _in_words_only(given: Tokens[Token]) -> Fraction | None:
    negative = bool(given) and given[0].text.lower() in _NEGATIVE
    value = number_in_words([token.text.lower() for token in given[negative:] if token.text != "-"])
    return -value if negative and value is not None else value


def measures(given: Tokens[Token]) -> Scalar | None:
    """Several measures of one kind as one, in the smallest of their units: `3 hours 20 minutes`; None of others."""
    if len(given) < 4 or given[0].kind != "number" or given[1].kind != "word":
        return None
    amounts: list[Fraction] = []
    units: list[str] = []
    for token in given:
        if len(amounts) == len(units) and token.text.isdigit() and len(token.text) <= MOST_DIGITS:
            amounts.append(Fraction(int(token.text)))
        elif token.kind == "word" and len(amounts) == len(units) + 1 and (unit := known_unit(token.text)):
            units.append(unit)
        elif not (units and len(amounts) == len(units) and token.text in (",", "and")):
            return None
    sizes = [size for unit in units if (size := size_of(unit))]
    if len(units) < 2 or len(amounts) != len(units) or len(sizes) != len(units) or len({kind for kind, _ in sizes}) > 1:
        return None
    if any(first <= second for (_, first), (_, second) in pairwise(sizes)):
        return None
    total = sum((amount * size for amount, (_, size) in zip(amounts, sizes, strict=True)), Fraction(0))
    return Scalar(("number", total / sizes[-1][1]), units[-1])


def _share(given: Tokens[Token]) -> Tree | None:
    r"""The value of `50\% of 200`; None of anything else."""
    of = next((index for index, token in enumerate(given) if token.kind == "word" and token.text.lower() == "of"), 0)
    if of < 2 or given[of - 1].text.lower() not in ("%", "percent"):
        return None
    share, whole = tree_of(given[: of - 1]), tree_of(given[of + 1 :])
    return None if share is None or whole is None else ("multiply", share, ("number", Fraction(1, 100)), whole)


def _signed(given: list[Token]) -> list[Token]:
    """With a sign for a word in front: `negative 5`."""
    if len(given) > 1 and given[0].kind == "word" != given[1].kind and given[0].text.lower() in _NEGATIVE:
        return [Token("mark", "-"), *given[1:]]
    return given


def _units_in_line(given: list[Token]) -> list[Token]:
    r"""With a slash for a fraction of units: `5 \frac{\text{m}}{\text{s}^2}`."""
    at = next((index for index, token in enumerate(given) if token.text in FRACTIONS), 0)
    if not at or given[at + 1 : at + 2] != [Token("mark", "{")] or given[at + 2].kind != "word":
        return given
    middle = closing(given, at + 1)
    end = closing(given, middle + 1) if middle and given[middle + 1 : middle + 2] else None
    if not middle or not end:
        return given
    return [*given[:at], *given[at + 2 : middle], Token("mark", "/"), *given[middle + 2 : end], *given[end + 1 :]]


def _money(given: list[Token]) -> tuple[list[Token], str]:
    """Without a currency's sign in front, or behind a minus."""
    unit = ""
    kept = []
    for token in given:
        if token.text in _CURRENCIES or (token.kind == "macro" and token.text == "$"):
            unit = _CURRENCIES.get(token.text, "dollar")
        elif token.kind == "macro" and token.text == "pounds":
            unit = "gbp"
        else:
            kept.append(token)
    return kept, unit


def _without_remark(given: list[Token]) -> list[Token]:
    """Without words in brackets at the end, as in `84 (corrected)`."""
    if len(given) > 2 and given[-1].text == ")":
        opening = max((index for index, token in enumerate(given) if token.text == "("), default=0)
        first = given[opening + 1] if opening else given[0]
        if opening and tree_of(given[opening + 1 : -1]) == ("number", _in_words_only(given[:opening])):
            return given[opening + 1 : -1]  # `five (5)`
        if opening and len(given) > 3 and first.kind == "word" and len(first.text) > 1 and first.text.lower() != "mod":
            return given[:opening]
    return given


def _words_behind(given: list[Token]) -> tuple[list[Token], list[Token]]:
    """The value, and the words behind it, with powers and slashes between them (`km/h`, `cm^2`)."""
    first_word = next((index for index, token in enumerate(given) if token.kind == "word"), None)
    if first_word is None:
        return given, []
    for token in given[first_word:]:
        allowed = token.kind == "word" or token.text in "^{}/.-*,²³'\"" or token.text == "cdot"
        allowed = allowed or (token.kind == "number" and token.text in ("1", "2", "3")) or token.kind == "symbol"
        if not allowed:
            return given, []
    value = given[:first_word]
    while len(value) > 1 and value[-1].text in (",", "-"):
        value = value[:-1]
    return value, list(given[first_word:])


def _sign_behind(given: list[Token]) -> tuple[list[Token], str]:
    r"""Without a percent or degree sign at the end."""
    if len(given) > 1 and given[-1].text in ("%", "\\%") and given[-1].kind in ("mark", "macro"):
        return given[:-1], "%"
    texts = [token.text for token in given]
    for tail in (["^", "{", "circ", "}"], ["^", "circ"], ["degree"]):
        if (
            len(texts) > len(tail)
            and texts[-len(tail) :] == tail
            and not any(token.kind == "function" for token in given)
        ):
            return given[: -len(tail)], "degree"
    return given, ""


def _unit(behind: list[Token]) -> str | None:
    """The known unit that words are, empty for a description; None where they make another value of the number."""
    texts = [token.text for token in behind if token.text not in (".", "{", "}", ",")]
    lower = [text.lower() for text in texts]
    letters = [token.text for token in behind if token.kind == "symbol"]
    if {"of", "per"} & set(lower) and not all(map(known_unit, letters)):
        return None  # `5 per x`
    if not texts or (lower[0] == "of" and not any(text.isdigit() for text in texts)):
        return ""
    if lower[0] in ("square", "sq", "cubic"):
        unit = known_unit(texts[1]) if len(texts) > 1 else None
        return f"{unit}^{3 if lower[0] == 'cubic' else 2}" if unit else ""
    if len(lower) == 1 and lower[0] in ("c", "f"):
        return texts[0]
    if "".join(lower) in ("am", "pm", "a.m", "p.m"):
        return "".join(lower).replace(".", "")
    if "degrees" in lower and lower[-1] in ("celsius", "fahrenheit", "c", "f"):
        return {"c": "celsius", "f": "fahrenheit"}.get(lower[-1], lower[-1])
    unit = known_unit(texts[0])
    if unit == "degree" and len(lower) == 2 and lower[1] in ("celsius", "fahrenheit"):
        return lower[1]
    if unit is None:
        return None if CHANGING & set(lower[:2]) or set(lower) & {"plus", "minus", "times"} else ""
    return compound_unit(texts)


def _base(given: list[Token]) -> tuple[list[Token], str]:
    """Without the subscript that says a number's base."""
    texts = [token.text for token in given]
    for size in (2, 4):
        tail = texts[-size:]
        if len(given) > size and tail[0] == "_" and (size == 2 or (tail[1], tail[3]) == ("{", "}")):
            number = tail[1] if size == 2 else tail[2]
            if number.isdigit() and all(token.kind == "number" or token.text == "-" for token in given[:-size]):
                return given[:-size], number
    return given, ""


def _decimal(given: list[Token]) -> tuple[int, Fraction]:
    """Significant digits and last place, without zeros at the end, where the value is one decimal with a point."""
    digits = [token for token in given if token.kind == "number"]
    if (
        len(digits) != 1
        or "." not in digits[0].text
        or any(token.text not in "+-" for token in given if token.kind != "number")
    ):
        return 0, Fraction(0)
    if "e" in digits[0].text.lower():
        return 0, Fraction(0)
    text = digits[0].text.rstrip("0")
    places = len(text.partition(".")[2])
    return (len(text.replace(".", "").lstrip("0")), Fraction(1, 10**places)) if places else (0, Fraction(0))
