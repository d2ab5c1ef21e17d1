"""Units that may stand behind a value."""

_SYNONYMS = {
    "centimeter": "cm", "centimetre": "cm", "meter": "m", "metre": "m", "kilometer": "km", "kilometre": "km",
    "millimeter": "mm", "millimetre": "mm", "inche": "in", "inch": "in", "feet": "ft", "foot": "ft", "yard": "yd",
    "mile": "mi", "second": "s", "sec": "s", "minute": "min", "hour": "h", "hr": "h", "day": "day", "week": "week",
    "month": "month", "year": "year", "gram": "g", "kilogram": "kg", "pound": "lb", "ounce": "oz", "liter": "l",
    "litre": "l", "dollar": "dollar", "cent": "cent", "degree": "degree", "a.m": "am", "p.m": "pm",
}  # fmt: skip
_KNOWN = set(_SYNONYMS.values()) | {"am", "pm"}


def known_unit(words: str) -> str | None:
    """A known unit in one spelling; None for anything else, which is a description, as in `5 apples`."""
    word = words.lower().rstrip(".").replace(" ", "")
    for spelling in (word, word.removesuffix("s")):
        if _SYNONYMS.get(spelling, spelling) in _KNOWN:
            return _SYNONYMS.get(spelling, spelling)
    return None
