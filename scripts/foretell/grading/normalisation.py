"""One spelling for answers that differ in notation only: LaTeX spacing, separators, money, degrees, units, words."""

import re
from dataclasses import dataclass
from functools import lru_cache

from foretell.grading.units import known_unit

_OUTER_MATH = re.compile(r"^\s*(?:\$\$?(.*?)\$\$?|\\\((.*?)\\\)|\\\[(.*?)\\\])\s*[.,;]?\s*$", re.DOTALL)
_SPACING = re.compile(
    r"\\[,!;:> ]|\\(?:quad|qquad|displaystyle|textstyle|thinspace|hfill|\\$)(?![a-zA-Z])|~|\u00a0|\u2009"
)
_ROW_END = "\\\\"  # of a matrix; before `\\,` it is no space
_SIZING = re.compile(r"\\(?:left|right|[bB]igg?[lrm]?|limits)(?![a-zA-Z])\.?")
_FRACTION = re.compile(r"\\[dtc]frac(?![a-zA-Z])")
_ARGUMENT = r"\d|[a-zA-Z](?![a-zA-Z])|\\[a-zA-Z]+"
_SHORT_FRACTION = re.compile(rf"\\frac\s*(\{{[^{{}}]*\}}|{_ARGUMENT})\s*(\{{|{_ARGUMENT})")
_SHORT_ROOT = re.compile(r"\\sqrt\s*([0-9a-zA-Z])")
_TEXT = re.compile(r"\\(?:text|textbf|textit|textrm|textnormal|mbox|mathrm|mathbf|mathit|operatorname)\s*\{([^{}]*)\}")
_DEGREES = re.compile(r"\^\s*(?:\{\s*\\circ\s*\}|\\circ)|\\degree|°")
_LAST_DEGREES = re.compile(rf"(?:{_DEGREES.pattern})([\s.;]*)$")
_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:(?:,|\{,\}|,\s?\\!|\\,|\u202f)\d{3})+(?![\d,])")
_MONEY = re.compile(r"\\?\$|\\?[£€]|\b(?:USD|EUR)\b")
_PERCENT = re.compile(r"\\?%|\\?\bpercent\b")
_ASSIGNMENT = re.compile(r"^\s*[a-zA-Z](?:_\{?\w+\}?)?(?:\([a-zA-Z]\))?\s*(?:=|\\in(?![a-zA-Z])|∈)\s*(?=\S)")
_CONJUNCTION = re.compile(r"\s*,?\s+(?:and|or)\s+")
_BASE = re.compile(r"^([0-9A-F]+)_\{?(\d+)\}?$")
_UNIT = re.compile(
    r"(?<=[\d})])(?P<space>\s*)(?P<unit>(?:[a-zA-Z][a-zA-Z./]*(?:\s*\^\s*\{?[23]\}?|[²³])?)(?:\s+[a-zA-Z./]+(?:\^\{?[23]\}?)?)*)$"
)
_REMARK = re.compile(r"(?<=[\d}])\s+\([a-zA-Z][a-zA-Z ,.]*\)$")
_NO_UNIT = re.compile(r"^(?:and|or|pi|e|i|x|y|z|sqrt|to|mod|cup|cap)\b", re.IGNORECASE)
_SHORT_UNITS = {"m", "g", "s", "h", "l", "k", "j", "n", "v", "w", "b"}
_WORDS = re.compile(r"[^0-9a-z]+")
_SYMBOLS = str.maketrans(
    {"−": "-", "–": "-", "×": "*", "·": "*", "⋅": "*", "÷": "/", "≈": "", "’": "'"}
    | {"π": "\\pi ", "∞": "\\infty ", "√": "\\sqrt ", "∪": "\\cup "}
)


@dataclass(frozen=True)
class Normal:
    """An answer in one spelling.

    Attributes:
        text: without spaces, units and separators.
        percent: whether a percent sign was taken off.
        unit: words that were taken off behind a value, lower case; empty without any.
        base: subscript of a number's base that was taken off; empty without one.
    """

    text: str
    percent: bool
    unit: str
    base: str

    @property
    def words(self) -> str:
        """Letters and digits only, lower case: all that counts where the answer is a text."""
        return _WORDS.sub("", re.sub(r"\\[a-zA-Z]+", "", self.text.lower()))


@lru_cache(maxsize=100_000)
def normalise(answer: str) -> Normal:
    """Bring an answer into one spelling.

    What is no part of the value is taken off and remembered: percent signs, units in words, a base's subscript. Money
    and degree signs, an assignment's left side (`x =`), spaces and closing punctuation are dropped.
    """
    text = answer.strip()
    while (outer := _OUTER_MATH.match(text)) and outer.group() and any(outer.groups()):
        text = next(group for group in outer.groups() if group is not None)
        if "$" in text:
            break
    text = _SIZING.sub("", text.translate(_SYMBOLS).replace("\n", " "))
    text = _THOUSANDS.sub(lambda number: re.sub(r"\D", "", number.group()), text)
    text = _ROW_END.join(_SPACING.sub(" ", row) for row in text.split(_ROW_END))
    text = _DEGREES.sub(" ", _LAST_DEGREES.sub(r" degrees\1", text) if "," not in text else text)
    text = text.replace("\\approx", "").replace("\\{", "\\lbrace ").replace("\\}", "\\rbrace ").replace("**", "")
    text = _TEXT.sub(lambda found: f" {found.group(1)} ", text)
    text = _CONJUNCTION.sub(", ", text)
    percent = bool(_PERCENT.search(text))
    text = _MONEY.sub(" ", _PERCENT.sub(" ", text)).strip().rstrip(".,;:").strip()
    text = _REMARK.sub("", text)
    text = _ASSIGNMENT.sub("", text) if text.count("=") <= 1 else text
    text = _write_out(text).strip()
    text, unit = _take_unit(text)
    base = _BASE.match(re.sub(r"\s+", "", text))
    if base:
        text = base.group(1)
    return Normal(re.sub(r"\s+", "", text), percent, unit, base.group(2) if base else "")


def _write_out(text: str) -> str:
    r"""Braces around the arguments of fractions and roots, a leading zero before a decimal point, one kind of times."""
    text = _FRACTION.sub(r"\\frac", text)
    while True:
        longer = _SHORT_FRACTION.sub(_braced, text)
        if longer == text:
            break
        text = longer
    text = _SHORT_ROOT.sub(r"\\sqrt{\1}", text)
    text = re.sub(r"(?<![\d)])\.(?=\d)", "0.", text)
    text = re.sub(r"\\(?:cdot|times|ast)(?![a-zA-Z])", "*", text)
    return re.sub(r"\\(?:pi|infty)(?![a-zA-Z])", lambda symbol: symbol.group() + " ", text)


def _braced(fraction: re.Match) -> str:
    above, below = fraction.groups()
    above = above if above.startswith("{") else f"{{{above}}}"
    return rf"\frac{above}" + ("{" if below == "{" else f"{{{below}}}")


def _take_unit(text: str) -> tuple[str, str]:
    """Split words off behind a value; single letters only where they are units and stand apart."""
    found = _UNIT.search(text)
    if not found or _NO_UNIT.match(found["unit"]) or "\\" in found["unit"]:
        return text, ""
    unit = found["unit"].lower().strip(" .")
    letters = re.sub(r"[^a-z]", "", unit)
    if len(letters) < 2 and not (found["space"] and letters in _SHORT_UNITS):
        return text, ""
    if not found["space"] and not known_unit(unit):
        return text, ""  # `2xy` is a product
    return text[: found.start()], unit
