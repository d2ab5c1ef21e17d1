"""Numbers with what stands behind them: units, percent signs, money, multiples and remarks."""

from collections.abc import Sequence as Tokens
from fractions import Fraction

from foretell.grading.expressions import parse
from foretell.grading.numerals import NoExpressionError
from foretell.grading.spelling import Token
from foretell.grading.units import CHANGING, MULTIPLES, known_unit, number_in_words
from foretell.grading.values import Scalar

_CURRENCIES = {"$": "dollar", "\\$": "dollar", "£": "gbp", "€": "euro", "¥": "yen", "pounds": "gbp"}


def read_scalar(given: Tokens[Token]) -> Scalar | None:
    """A number or an expression with its unit; None where the tokens say something else.

    Words that are no unit describe (`5 apples`), unless they make another value of the number (`5 squared`). A multiple
    belongs to the value: `1.5 million` is 1500000.
    """
    value, unit = _money(list(given))
    value = _without_remark(value)
    value, behind = _words_behind(value)
    if not value:
        return _in_words(behind, unit)
    if behind and not any(token.kind in ("number", "macro") for token in value):
        return None  # words describe a number, not a variable
    value, sign = _sign_behind(value)
    factor = Fraction(1)
    while behind and behind[0].text.lower().removesuffix("s") in MULTIPLES and sign in ("", "%"):
        factor *= MULTIPLES[behind.pop(0).text.lower().removesuffix("s")]
    while behind and behind[0].text.lower() == "of" and factor != 1:
        behind.pop(0)
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
    digits, last_place = _decimal(value) if factor == 1 else (0, Fraction(0))
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
    words = [token.text.lower() for token in behind if token.text != "-"]
    value = number_in_words(words)
    return None if value is None else Scalar(("number", value), unit)


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
    if len(given) > 3 and given[-1].text == ")":
        opening = max((index for index, token in enumerate(given) if token.text == "("), default=0)
        first = given[opening + 1] if opening else given[0]
        if opening and first.kind == "word" and len(first.text) > 1 and first.text.lower() != "mod":
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
    while value and value[-1].text in (",", "-"):
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
    if not texts or (lower[0] == "of" and not any(text.isdigit() for text in texts)):
        return ""
    if lower[0] in ("square", "sq", "cubic"):
        unit = known_unit(texts[1]) if len(texts) > 1 else None
        return f"{unit}^{3 if lower[0] == 'cubic' else 2}" if unit else ""
    if lower[0] in ("squared", "cubed"):
        return None
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
    power = next((texts[i + 1] for i, text in enumerate(texts[:-1]) if text == "^" and i == 1), "")
    power = power or {"squared": "2", "cubed": "3"}.get(lower[1] if len(lower) > 1 else "", "")
    below = texts[2] if len(texts) > 2 and texts[1] in ("/", "per") else ""
    if not below and len(lower) > 2 and lower[1] in ("per", "an", "a"):
        below = texts[2]
    return unit + (f"^{power}" if power else "") + (f"/{known_unit(below) or below}" if below else "")


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
