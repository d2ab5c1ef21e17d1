"""One spelling for answers that differ in notation only, and its tokens; all in time linear in the length."""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from foretell.grading.units import CHANGING, MULTIPLES, known_unit

FUNCTIONS = {
    "sin", "cos", "tan", "cot", "sec", "csc", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "log", "ln", "lg",
    "exp", "sqrt", "gcd", "lcm", "max", "min", "floor", "ceil", "abs",
}  # fmt: skip
GREEK = {
    "alpha", "beta", "gamma", "delta", "epsilon", "varepsilon", "zeta", "eta", "theta", "kappa", "lambda", "mu", "nu",
    "xi", "rho", "sigma", "tau", "phi", "varphi", "chi", "psi", "omega", "Gamma", "Delta", "Theta", "Lambda", "Sigma",
    "Phi", "Psi", "Omega", "ell",
}  # fmt: skip
_SHORT_WORDS = {"yes", "no", "odd", "and", "or", "not", "all", "of", "per", "the", "for", "are", "is", "dne", "red",
                "sum", "mod", "any", "one", "two", "six", "ten", "day", "men", "may", "mon", "tue", "wed", "thu", "fri",
                "sat", "sun", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}  # fmt: skip

_INVISIBLE = {"Cf"}
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ", "0123456789+-n")
_SUPERSCRIPT = re.compile(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ]+")
_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_SUBSCRIPT = re.compile("[₀₁₂₃₄₅₆₇₈₉]+")
_SYMBOLS = str.maketrans(
    {"−": "-", "–": "-", "×": "*", "·": "*", "⋅": "*", "∗": "*", "÷": "/", "⁄": "/", "∕": "/", "’": "'", "′": "'"}
    | {"π": "\\pi ", "∞": "\\infty ", "√": "\\sqrt ", "∪": "\\cup ", "∩": "\\cap ", "≈": "\\approx ", "≤": "\\le "}
    | {"≥": "\\ge ", "≠": "\\ne ", "±": "\\pm ", "∓": "\\mp ", "∈": "\\in ", "∅": "\\emptyset ", "ℝ": "\\mathbb{R}"}
    | {"°": "^\\circ ", "º": "^\\circ ", "θ": "\\theta ", "α": "\\alpha ", "β": "\\beta ", "…": "\\ldots "}
    | {"≡": "\\equiv ", "∣": "\\mid ", "⌊": "\\lfloor ", "⌋": "\\rfloor ", "⌈": "\\lceil ", "⌉": "\\rceil "}
    | {"“": '"', "”": '"', "λ": "\\lambda ", "φ": "\\phi ", "⩽": "\\le ", "⩾": "\\ge "}
)
_SIZING = re.compile(
    r"\\(?:left|right|middle|[bB]igg?[lrm]?)(?![a-zA-Z])\.?|\\(?:limits|displaystyle|textstyle)(?![a-zA-Z])"
)
_THOUSANDS = re.compile(r"(?<![\d.])\d{1,3}(?:(?:\{\s*,\s*\}|,\\!|,\s\\!)\s?\d{3}(?!\d)|\\[,;:!]\d{3}(?!\d))+")
_PLACEHOLDER = re.compile(r"\s*<\s*([^<>,]{1,100}?)\s*>\s*")  # "<70>", where "<number>" was asked for
_SPACED_THOUSANDS = re.compile(r"(?:\\\$|[€£])?\s*[1-9]\d{0,2}(?: \d{3})+")
_COLON = re.compile(r"(?:\\math(?:bin|ord|punct|rel)\s?)?\{\s?:\s?\}")  # `6{:}30`
_HALF_DAY = re.compile(r"\b([apAP])\.\s?[mM]\b\.?")
_BOLD = re.compile(r"\*\*([^*]{1,1000})\*\*|^\s*\*\*|\*\*\s*$")
_SHORT_NOUN = re.compile(r"[b-df-hj-np-tv-z][aeiou][b-df-hj-np-tv-z]|egg|ant|pie|ice")  # `3/4 cup`
_TEMPERATURE = re.compile(r"(\^\s*\{?\s*\\circ\s*\}?)\s*([CF])$")
_SPEED = re.compile(r"(?<=[\d}])\s+(m/s)\b")
_CROSS = re.compile(r"(?<=\d)\s*[xX]\s*(?=10\s*\^)")  # `1.5 x 10^8`
_REPEATED = re.compile(r"^(\d{0,9}\.\d{0,6}?)(\d{1,6}?)\2{2,9}\s*(?:\.\.\.|\\ldots|\\dots|\\cdots)$")
_NOTHING = re.compile(r"\\!|\\(?:phantom|hspace\*?|vspace)\{[^{}]*\}|\\(?:hfill|nonumber|thinspace)(?![a-zA-Z])")
_SPACING = re.compile(r"\\[,;:> ]|\\(?:quad|qquad)(?![a-zA-Z])|~")
_WORDS_MACRO = re.compile(
    r"\\(?:text|textbf|textit|textrm|textsf|texttt|textnormal|textup|emph|mbox|hbox)\s*"
    r"\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}"
)
_OPEN_BRACE = re.compile(r"\\left\s*\\\{(.*)\\right\s*\.", re.DOTALL)  # before the rows of a system
_ROW_SPACE = re.compile(r"(\\\\)\s*\[\s*-?[\d.]+\s*[a-z]{2}\s*\]")
_FONT_MACRO = re.compile(
    r"\\(?:mathrm|mathbf|mathit|mathsf|mathnormal|mathcal|boldsymbol|bm|rm|operatorname\*?|displaystyle)\s*"
    r"\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}"
)
_AROUND = re.compile(
    r"\\(?:boxed|fbox|framebox|underline|overbrace|underbrace|ensuremath|mathop|mathord)(?![a-zA-Z])"
    r"|\\(?:textcolor|color(?:box)?)\s*(?:\[[^\]]*\])?\s*\{[^{}]*\}|\\(?:bf|rm|it|tt|sf)(?![a-zA-Z])"
)
_AROUND_ALL = re.compile(r"\s*(?:\\text)?\{")
_TEXT_OPEN, _TEXT_CLOSE = "\x02", "\x03"
_TOKEN = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<number>(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+(?![\d.]))?)"
    r"|(?P<macro>\\(?:[a-zA-Z]+|.))"
    r"|(?P<letters>[^\W\d_]+)"
    r"|(?P<mark>.)",
    re.DOTALL,
)


class Token(NamedTuple):
    r"""A piece of an answer.

    Attributes:
        kind: number, symbol (a variable), word, function, macro (text without the backslash) or mark.
        text: as it stands there.
        spaced: whether a space stands before it.
    """

    kind: str
    text: str
    spaced: bool = False


def clean(answer: str) -> str:
    r"""An answer in plain characters: no unicode variants, sizes, colours, fonts or mathematical delimiters.

    What stood in `\text{...}` stands between two control characters, so that words and variables can be told apart.
    """
    text = "".join(c for c in answer if unicodedata.category(c) not in _INVISIBLE)
    text = _SUPERSCRIPT.sub(lambda run: "^{" + run.group().translate(_SUPERSCRIPTS) + "}", text.translate(_SYMBOLS))
    text = _SUBSCRIPT.sub(lambda run: "_{" + run.group().translate(_SUBSCRIPTS) + "}", text)
    text = _REPEATED.sub(r"\1\\overline{\2}", "".join(map(_plain, text)).strip())
    text = _ROW_SPACE.sub(r"\1 ", _OPEN_BRACE.sub(r"\1", text))
    text = _without_text_around(_without_delimiters(_BOLD.sub(r"\1", text).replace("`", "")))
    text = found.group(1) if (found := _PLACEHOLDER.fullmatch(text)) else text
    text = _HALF_DAY.sub(r"\1m", _AROUND.sub(" ", _SIZING.sub("", text)))
    text = _COLON.sub(":", text)
    text = _THOUSANDS.sub(lambda number: re.sub(r"\D", "", number.group()), text)
    text = "\\\\".join(_SPACING.sub(" ", _NOTHING.sub("", row)) for row in text.split("\\\\"))
    text = _FONT_MACRO.sub(_font, text)
    text = _SPEED.sub(lambda found: f" {_TEXT_OPEN}{found.group(1)}{_TEXT_CLOSE}", _TEMPERATURE.sub(_scale, text))
    text = _CROSS.sub("*", text)
    text = _WORDS_MACRO.sub(lambda found: f" {_TEXT_OPEN}{found.group(1)}{_TEXT_CLOSE} ", text)
    text = text.rstrip(" \n\t.,;:\\").lstrip(" \n\t,;:")
    return text.replace(" ", "") if _SPACED_THOUSANDS.fullmatch(text) else text


@lru_cache(maxsize=100_000)
def tokens(answer: str) -> tuple[Token, ...]:
    """The tokens of an answer, cleaned; letters are told into functions, words, units and products of variables."""
    found: list[Token] = []
    spaced = in_text = False
    for match in _TOKEN.finditer(clean(answer)):
        kind, text = str(match.lastgroup), match.group()
        if text in (_TEXT_OPEN, _TEXT_CLOSE):
            in_text, spaced = text == _TEXT_OPEN, True
        elif kind == "space":
            spaced = True
        else:
            found += _letters(text, spaced, in_text, found) if kind == "letters" else [_token(kind, text, spaced)]
            spaced = False
    return tuple(found)


def _token(kind: str, text: str, spaced: bool) -> Token:
    if kind != "macro":
        return Token(kind, text, spaced)
    name = text[1:]
    if name in FUNCTIONS - {"sqrt"}:
        return Token("function", name, spaced)
    return Token("symbol" if name in GREEK else "macro", name, spaced)


def _letters(text: str, spaced: bool, in_text: bool, before: list[Token]) -> list[Token]:
    """Tokens of a run of letters."""
    lower = text.lower()
    if in_text and text not in FUNCTIONS - {"min", "max"}:
        return [Token("word", text, spaced)]
    if text == "sqrt" or lower in ("pi", "infty", "inf", "infinity", "pm"):
        after_number = bool(before) and before[-1].kind == "number"
        if lower == "pm":
            return [Token("word" if after_number else "macro", lower, spaced)]
        return [Token("macro", {"sqrt": "sqrt", "pi": "pi"}.get(lower, "infty"), spaced)]
    if lower in FUNCTIONS:
        return [Token("function", lower, spaced)]
    if text in GREEK:
        return [Token("symbol", text, spaced)]
    behind_value = bool(before) and (before[-1].kind == "number" or before[-1].text in ("}", ")", "$"))
    if len(text) >= 2 and (lower in _SHORT_WORDS or (known_unit(lower) and (behind_value or _is_unit(before)))):
        return [Token("word", text, spaced)]
    if spaced and before and before[-1].kind == "number" and _SHORT_NOUN.fullmatch(text):
        return [Token("word", text, spaced)]
    if len(text) >= 4 or lower in MULTIPLES or lower in CHANGING:
        opening = next((name for name in ("sin", "cos", "tan", "log", "ln") if text.startswith(name)), None)
        if opening is None or len(text) - len(opening) > 1:
            return [Token("word", text, spaced)]
    opening = next((name for name in ("sin", "cos", "tan", "log", "ln") if text.startswith(name)), "")
    if opening:
        return [Token("function", opening, spaced), *_letters(text[len(opening) :], False, False, [])]
    return [Token("symbol", letter, spaced and not index) for index, letter in enumerate(text)]


def _is_unit(before: list[Token]) -> bool:
    """Whether what stands before is a unit or the slash behind one, as in `km/h`."""
    return bool(before) and (
        before[-1].kind == "word" or (before[-1].text == "/" and len(before) > 1 and before[-2].kind == "word")
    )


def _plain(character: str) -> str:
    """ASCII digits and letters for full-width and other ones; `½` written out."""
    if character.isascii():
        return character
    number = unicodedata.numeric(character, None) if unicodedata.category(character) in ("Nd", "No") else None
    if unicodedata.category(character) == "Nd" and number is not None:
        return str(int(number))
    spelled = unicodedata.normalize("NFKC", character)
    if "⁄" in spelled:
        above, below = spelled.split("⁄")
        return f"\\frac{{{above}}}{{{below}}}"
    return spelled


def _without_delimiters(text: str) -> str:
    r"""Without `$...$`, `\(...\)` and `\[...\]`; a dollar sign that is money becomes `\$`."""
    text = re.sub(r"\\[()\[\]]", " ", text).strip()
    text = text.replace("$$", " ").rstrip(" .,;").lstrip(" ,;")
    if len(text) > 1 and text[0] == "$" and text[-1] == "$" and not text.endswith("\\$"):
        text = text[1:-1]
    if re.sub(r"\\\$", "", text).count("$") % 2 == 0:
        return re.sub(r"(?<!\\)\$", " ", text)
    return re.sub(r"(?<!\\)\$(?=\s*[\d.])", r"\\$", text)


def _without_text_around(text: str) -> str:
    r"""A formula without braces and `\text{...}` that all of it stands in; words stay in their `\text{...}`."""
    for _ in range(4):
        opening = _AROUND_ALL.match(text)
        if opening is None or not text.rstrip(" .").endswith("}"):
            return text
        inner, depth = text.rstrip(" .")[opening.end() : -1], 0
        for character in inner:
            depth += (character == "{") - (character == "}")
            if depth < 0:
                return text
        if "t" in opening.group() and re.search("[A-Za-z]{2}", inner) and not re.search(r"[\\^+=(\d]", inner):
            return text
        text = inner
    return text


def _scale(found: re.Match[str]) -> str:
    """The scale behind a degree sign as a word."""
    return f"{found.group(1)} {_TEXT_OPEN}{found.group(2)}{_TEXT_CLOSE}"


def _font(found: re.Match[str]) -> str:
    """What a font was set on: a variable, a function or a number as it is, other words as words."""
    content = found.group(1).strip()
    if content in FUNCTIONS:
        return f"\\{content} "
    names = re.findall(r"(?<![A-Za-z\\])[A-Za-z]+", content)
    if re.fullmatch(r"[A-Za-z]{2,}", content) or (names and all(map(known_unit, names))):
        return f" {_TEXT_OPEN}{content}{_TEXT_CLOSE} "
    return f" {re.sub(r'(?<=[0-9]),(?=[0-9]{3})', '', content)} "
