r"""Integer parameters of solutions: `\frac{\pi}{4} + n\pi,\ n \in \mathbb{Z}`, whose name does not count."""

import re

_DECLARED = re.compile(
    r"(?:[\s,;$]|\\[,;: ]|\\q?quad(?![a-zA-Z])|\\text\s?\{\s*(?:where|for|with)\s*\}|\b(?:where|for|with)\b){1,9}"
    r"(?P<open>\()?\s?(?P<name>[a-zA-Z])\s*(?:\\in(?![a-zA-Z])|∈)\s*(?:\\mathbb\s?(?:\{\s?Z\s?\}|Z)|ℤ)\s?(?(open)\))[\s.$]*$"
)
_TAIL = 150  # characters in which a declaration is looked for
_USUAL = set("jklmn")  # names of integers where none is declared
_ANY = "Z"


def declared(answer: str) -> tuple[str, str | None]:
    """An answer without the declaration of its integer parameter, and the parameter's name; None without one."""
    if "\\mathbb" not in answer and "ℤ" not in answer:
        return answer, None
    found = _DECLARED.search(answer, max(0, len(answer) - _TAIL))
    if found is None or found.group("name") not in _names(answer[: found.start()]):
        return answer, None
    return answer[: found.start()], found.group("name")


def alike(answer: str, gold: str) -> tuple[str, str]:
    """Both answers with one name for an integer parameter that at least one of them declares."""
    (given, of_given), (wanted, of_wanted) = declared(answer), declared(gold)
    if of_given and of_wanted:
        return renamed(given, of_given), renamed(wanted, of_wanted)
    if of_given:
        return given, _named_as(of_given, wanted, given)
    return (_named_as(of_wanted, given, wanted), wanted) if of_wanted else (answer, gold)


def renamed(text: str, name: str, to: str = _ANY) -> str:
    """A text in which a variable has another name."""
    return re.sub(rf"(?<![A-Za-z\\]){name}(?![A-Za-z])", to, text)


def _named_as(name: str, text: str, other: str) -> str:
    """A text without a declaration, whose only usual name of an integer that the other text lacks is the given one."""
    own = (_names(text) - _names(other)) & _USUAL
    return renamed(text, own.pop(), name) if len(own) == 1 and name not in _names(text) else text


def _names(text: str) -> set[str]:
    return set(re.findall(r"(?<![A-Za-z\\])[a-zA-Z](?![A-Za-z])", text))
