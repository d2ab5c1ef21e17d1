"""Words beside a number: units, multiples, months, words that make another value of it, and numbers in words."""

import re
from fractions import Fraction

_SYNONYMS = {
    "centimeter": "cm", "centimetre": "cm", "meter": "m", "metre": "m", "kilometer": "km", "kilometre": "km",
    "millimeter": "mm", "millimetre": "mm", "inche": "in", "inch": "in", "feet": "ft", "foot": "ft", "yard": "yd",
    "mile": "mi", "second": "s", "sec": "s", "minute": "min", "hour": "h", "hr": "h", "day": "day", "week": "week",
    "month": "month", "year": "year", "gram": "g", "kilogram": "kg", "pound": "lb", "lbs": "lb", "ounce": "oz",
    "liter": "l", "litre": "l", "milliliter": "ml", "millilitre": "ml", "milligram": "mg", "dollar": "dollar",
    "usd": "dollar", "buck": "dollar", "cent": "cent", "euro": "euro", "eur": "euro", "yen": "yen", "rupee": "rupee",
    "gbp": "gbp", "degree": "degree", "deg": "degree", "radian": "radian", "rad": "radian", "celsius": "celsius",
    "fahrenheit": "fahrenheit", "kelvin": "K", "a.m": "am", "p.m": "pm", "am": "am", "pm": "pm",
    "newton": "N", "joule": "J", "watt": "W", "volt": "V", "hertz": "hz", "hz": "hz", "kph": "km/h", "mole": "mol",
    "mph": "mi/h", "percent": "%", "kmh": "km/h", "gallon": "gal", "quart": "quart", "pint": "pint",
    "kilojoule": "kj", "kilowatt": "kw", "tonne": "t", "acre": "acre", "hectare": "ha", "millisecond": "ms",
}  # fmt: skip
UNITS = set(_SYNONYMS.values()) | {
    "cm", "mm", "km", "ft", "yd", "mi", "kg", "mg", "lb", "oz", "ml", "ms", "gal", "mol", "kj", "kw",
}  # fmt: skip
SINGLE_LETTERS = {"m", "g", "s", "h", "l", "L", "N", "J", "W", "V", "K"}  # units only inside `\\text`, or with a slash

_CONVERTED: dict[str, dict[str, Fraction | int]] = {
    "m": {"mm": Fraction(1, 1000), "cm": Fraction(1, 100), "m": 1, "km": 1000},
    "in": {"in": 1, "ft": 12, "yd": 36, "mi": 63360},
    "g": {"mg": Fraction(1, 1000), "g": 1, "kg": 1000, "t": 10**6},
    "oz": {"oz": 1, "lb": 16},
    "s": {"ms": Fraction(1, 1000), "s": 1, "min": 60, "h": 3600, "day": 86400, "week": 604800},
    "l": {"ml": Fraction(1, 1000), "l": 1},
    "pint": {"pint": 1, "quart": 2, "gal": 8},
    "cent": {"cent": 1, "dollar": 100},
}
_SIZES = {unit: (base, Fraction(size)) for base, sizes in _CONVERTED.items() for unit, size in sizes.items()}

MULTIPLES = {
    "dozen": 12, "hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12,
}  # fmt: skip
CHANGING = {
    "squared", "cubed", "plus", "minus", "times", "more", "less", "fewer", "factorial", "half", "halves", "third",
    "thirds", "quarters", "fourths", "fifths", "tenths", "hundredths", "of", "power", "root", "over", "divided",
    "multiplied", "not", "modulo", "mod", "to", "than", "twice", "double", "between", "except", "score",
}  # fmt: skip
SMALL_NUMBERS = (  # noqa: SIM905
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = dict(
    zip(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], range(20, 100, 10), strict=True)
)


_MONTHS = (  # noqa: SIM905
    "january february march april may june july august september october november december"
).split()
_MONTH = rf"(?P<month>{'|'.join(f'{month[:3]}(?:{month[3:]})?' for month in _MONTHS).replace('sep(?:', 'sep(?:t|')})"
_DAY = r"(?P<day>[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?"
_YEAR = r"(?P<year> \d{4})?"
_DATES = [re.compile(rf"\b{form}{_YEAR}\b") for form in (f"{_DAY} (?:of )?{_MONTH}", f"{_MONTH} {_DAY}")]


def known_unit(word: str) -> str | None:
    """A known unit in one spelling; None for anything else, which is a description, as in `5 apples`."""
    if word in SINGLE_LETTERS:
        return word.lower() if word in {"l", "L", "h", "m", "g", "s"} else word
    word = word.lower().strip(".").replace(" ", "")
    for spelling in (word, word.removesuffix("s")):
        if _SYNONYMS.get(spelling, spelling) in UNITS:
            return _SYNONYMS.get(spelling, spelling)
    return None


def compound_unit(texts: list[str]) -> str | None:
    r"""A unit of several, in one spelling: `m s^{-2}`, `m/s^2` and `metres per second squared` are `m/s^2`.

    Args:
        texts: words, slashes, signs and numbers, without braces and points.

    Returns:
        None where they do not begin with a known unit; what is not known behind a slash stands as it is.
    """
    powers: dict[str, int] = {}
    side, position = 1, 0
    while position < len(texts):
        text = texts[position]
        unit = known_unit(text)
        if text in ("/", "per", "a", "an") and position:
            side = -1
        elif text not in ("*", "cdot", "-"):
            if unit is None and not (side < 0 and texts[position - 1] in ("/", "per", "a", "an")):
                break
            power, position = _power(texts, position + 1)
            for name, sign in zip((unit or text.lower()).split("/"), (1, -1), strict=False):
                powers[name] = powers.get(name, 0) + side * sign * power
            continue
        position += 1
    if not powers:
        return None
    above, below = (
        sorted(
            name + (f"^{abs(power)}" if abs(power) > 1 else "") for name, power in powers.items() if side * power > 0
        )
        for side in (1, -1)
    )
    return "*".join(above) + ("/" + "*".join(below) if below else "")


def _power(texts: list[str], position: int) -> tuple[int, int]:
    """The power that stands at a position, 1 without one, and where it ends."""
    if texts[position : position + 1] in (["squared"], ["cubed"]):
        return (2 if texts[position] == "squared" else 3), position + 1
    found = re.match(r"\^ ?(-?) ?(\d)(?: |$)", " ".join(texts[position : position + 3]) + " ")
    if found is None:
        return 1, position
    return int(found.group(1) + found.group(2)), position + (3 if found.group(1) else 2)


def number_in_words(words: list[str]) -> Fraction | None:
    """The value of `five` or `one hundred twenty-three` (words without hyphens); None of anything else."""
    total, current, used = 0, 0, False
    for word in words:
        if word in SMALL_NUMBERS:
            current += SMALL_NUMBERS.index(word)
        elif word in _TENS:
            current += _TENS[word]
        elif word == "hundred":
            current = max(current, 1) * 100
        elif word in MULTIPLES and word != "dozen" and used:
            total, current = total + max(current, 1) * MULTIPLES[word], 0
        elif not (word == "and" and used):
            return None
        used = True
    return Fraction(total + current) if used else None


def size_of(unit: str) -> tuple[str, Fraction] | None:
    """What a unit is in those that it can be converted to: `km/h` is 5/18 `m/s`; None where it cannot be converted."""
    bases, total = [], Fraction(1)
    for sign, side in zip((1, -1), unit.split("/"), strict=False):
        for part in filter(None, side.split("*")):
            name, _, power = part.partition("^")
            if name not in _SIZES or (power and not power.isdigit()):
                return None
            base, size = _SIZES[name]
            bases.append(f"{base}^{sign * int(power or 1)}")
            total *= size ** (sign * int(power or 1))
    return " ".join(sorted(bases)), total


def date(words: str) -> tuple[int, str] | None:
    """The day, and the month with the year if there is one, of words that are a date: `march 14th 2020`; else None."""
    found = next((match for form in _DATES if (match := form.fullmatch(words))), None)
    return None if found is None else (int(found["day"]), _month(found))


def with_dates_alike(words: str) -> str:
    """Words with the dates among them in one form, the day before the month: `14 march 2020`."""
    for form in _DATES:
        words = form.sub(lambda found: f"{found['day']} {_month(found)}", words)
    return words


def _month(found: re.Match[str]) -> str:
    name = next(month for month in _MONTHS if month.startswith(found["month"][:3]))
    return name + (found["year"] or "")
