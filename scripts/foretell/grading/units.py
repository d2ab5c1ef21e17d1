"""Words that stand behind a number: units, multiples, words that make another value of it, and numbers in words."""

from fractions import Fraction

_SYNONYMS = {
    "centimeter": "cm", "centimetre": "cm", "meter": "m", "metre": "m", "kilometer": "km", "kilometre": "km",
    "millimeter": "mm", "millimetre": "mm", "inche": "in", "inch": "in", "feet": "ft", "foot": "ft", "yard": "yd",
    "mile": "mi", "second": "s", "sec": "s", "minute": "min", "hour": "h", "hr": "h", "day": "day", "week": "week",
    "month": "month", "year": "year", "gram": "g", "kilogram": "kg", "pound": "lb", "lbs": "lb", "ounce": "oz",
    "liter": "l", "litre": "l", "milliliter": "ml", "millilitre": "ml", "milligram": "mg", "dollar": "dollar",
    "usd": "dollar", "buck": "dollar", "cent": "cent", "euro": "euro", "eur": "euro", "yen": "yen", "rupee": "rupee",
    "gbp": "gbp", "degree": "degree", "deg": "degree", "radian": "radian", "rad": "radian", "celsius": "celsius",
    "fahrenheit": "fahrenheit", "kelvin": "kelvin", "a.m": "am", "p.m": "pm", "am": "am", "pm": "pm",
    "newton": "newton", "joule": "joule", "watt": "watt", "volt": "volt", "hertz": "hz", "hz": "hz", "kph": "km/h",
    "mph": "mi/h", "percent": "%", "kmh": "km/h", "gallon": "gal", "quart": "quart", "pint": "pint",
    "tonne": "t", "acre": "acre", "hectare": "ha", "millisecond": "ms",
}  # fmt: skip
UNITS = set(_SYNONYMS.values()) | {"cm", "mm", "km", "ft", "yd", "mi", "kg", "mg", "lb", "oz", "ml", "ms", "gal"}
SINGLE_LETTERS = {"m", "g", "s", "h", "l", "L", "N", "J", "W", "V", "K"}  # units only inside `\\text`, or with a slash

MULTIPLES = {
    "dozen": 12, "hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12,
}  # fmt: skip
CHANGING = {
    "squared", "cubed", "plus", "minus", "times", "more", "less", "fewer", "factorial", "half", "halves", "third",
    "thirds", "quarters", "fourths", "fifths", "tenths", "hundredths", "of", "power", "root", "over", "divided",
    "multiplied", "not", "modulo", "mod", "to", "than", "twice", "double", "between", "except", "score",
}  # fmt: skip
_SMALL = (  # noqa: SIM905
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = dict(
    zip(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], range(20, 100, 10), strict=True)
)


def known_unit(word: str) -> str | None:
    """A known unit in one spelling; None for anything else, which is a description, as in `5 apples`."""
    if word in SINGLE_LETTERS:
        return word.lower() if word in {"l", "L", "h", "m", "g", "s"} else word
    word = word.lower().strip(".").replace(" ", "")
    for spelling in (word, word.removesuffix("s")):
        if _SYNONYMS.get(spelling, spelling) in UNITS:
            return _SYNONYMS.get(spelling, spelling)
    return None


def number_in_words(words: list[str]) -> Fraction | None:
    """The value of `five` or `one hundred twenty-three` (words without hyphens); None of anything else."""
    total, current, used = 0, 0, False
    for word in words:
        if word in _SMALL:
            current += _SMALL.index(word)
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
