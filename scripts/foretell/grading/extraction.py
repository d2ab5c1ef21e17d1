"""Finding the answer that a completion states. Every search takes time linear in the completion's length."""

import re

import regex

LONGEST_ANSWER = 1000  # characters; what is longer is no answer but a derivation
MOST_BOXES = 50  # looked at, from the last on
_PATTERN_SECONDS = 1.0  # a study's own pattern may backtrack without end

_BOX = re.compile(r"\\(?:boxed|fbox)")
_MARKED = re.compile(r"####[ \t]*([^\n]+)")
_LABELLED = re.compile(r"^[ \t]*A:[ \t]*([^\n]+)$", re.MULTILINE)
_STATED = re.compile(
    r"\banswer(?:[ \t]+is)?(?:[ \t]*[:=])?[ \t]*(?:\*\*)?[ \t]*"
    r"(\$[^$\n]{1,300}\$|\\\([^\n]{1,300}?\\\)|[(\[{]?[-+]?[$\\\d.][^\n]{0,300}?)"
    r"(?:\*\*)?(?=[.,;]?(?:\s|$))",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"[-−]?\$?\d[\d,]*(?:\.\d+)?(?:/\d+)?%?|[-−]?\$?\.\d+%?")
_INLINE_MATH = re.compile(r"\$([^$\n]{1,300})\$|\\\(([^\n]{1,300}?)\\\)")
_LETTER = r"\(?\{?([A-Z])\}?\)?"
_CHOICE_STATED = re.compile(rf"\b(?i:answer|option|choice)(?:[ \t]+is)?[ \t]*:?[ \t]*\**{_LETTER}\**(?![A-Za-z'])")
_CHOICE_ALONE = re.compile(rf"^[\s*]*{_LETTER}(?:[.):\s*]|$)")
_FENCED = re.compile(r"^[ \t]*```[^\n`]*\n(.*?)^[ \t]*```", re.DOTALL | re.MULTILINE)
_OPEN_FENCE = re.compile(r"^[ \t]*```[^\n`]*\n", re.MULTILINE)


def by_pattern(completion: str, pattern: str) -> str | None:
    """The first group of the pattern's last match; None without one.

    Raises:
        TimeoutError: the pattern takes too long on this completion.
    """
    matches = list(regex.finditer(pattern, completion, timeout=_PATTERN_SECONDS))
    return matches[-1].group(1) if matches else None


def mathematical(completion: str) -> str | None:
    r"""The last answer that is stated: in a box, after `####`, after `A:`, after "answer is", else in passing.

    In passing means the last inline formula or number, whichever comes later. A box that was never closed, as in a
    truncated completion, is none.
    """
    for find in (boxed, _after(_MARKED), _after(_LABELLED), _after(_STATED), _in_passing):
        answer = find(completion)
        if answer is not None and answer.strip() and len(answer) <= LONGEST_ANSWER:
            return answer.strip()
    return None


def choice(completion: str) -> str | None:
    """The option letter that a completion states: in a box, after "answer", or as its first word; upper case."""
    box = boxed(completion)
    if box is not None:
        letter = _CHOICE_ALONE.match(re.sub(r"\\(?:text|mathrm|textbf)\b", "", box))
        return letter.group(1) if letter else None
    stated = list(_CHOICE_STATED.finditer(completion))
    if stated:
        return stated[-1].group(1)
    alone = _CHOICE_ALONE.match(completion)
    return alone.group(1) if alone else None


def short_text(completion: str) -> str | None:
    """The whole completion on one line; None if it is blank or too long to be an answer."""
    text = " ".join(completion.split())
    return text if text and len(text) <= LONGEST_ANSWER else None


def program(completion: str) -> str | None:
    """The last fenced block of code, closed or cut off; without a fence, the whole completion. None if it is blank."""
    blocks = _FENCED.findall(completion)
    if not blocks and (opened := list(_OPEN_FENCE.finditer(completion))):
        blocks = [completion[opened[-1].end() :]]
    text = blocks[-1] if blocks else completion
    return text if text.strip() else None


def boxed(completion: str) -> str | None:
    """Content of the last box whose braces close, or that has none around one token (`\\boxed 5`); None without one."""
    for found in reversed(list(_BOX.finditer(completion))[-MOST_BOXES:]):
        content = _box_content(completion[found.end() : found.end() + 2 * LONGEST_ANSWER])
        if content is not None:
            return content
    return None


def _box_content(text: str) -> str | None:
    stripped = text.lstrip(" ")
    if not stripped.startswith("{"):
        token = re.match(r"[^\s{}$\\]+", stripped)
        return token.group().rstrip(".,;") if token else None
    depth = 0
    for index, character in enumerate(stripped):
        depth += (character == "{") - (character == "}")
        if depth == 0:
            return stripped[1:index]
    return None


def _after(pattern: re.Pattern):
    def find(completion: str) -> str | None:
        found = pattern.findall(completion)
        return found[-1] if found else None

    return find


def _in_passing(completion: str) -> str | None:
    tail = completion[-20 * LONGEST_ANSWER :]
    formulas = list(_INLINE_MATH.finditer(tail))
    numbers = list(_NUMBER.finditer(tail))
    if formulas and (not numbers or formulas[-1].end() >= numbers[-1].end()):
        return formulas[-1].group(1) or formulas[-1].group(2)
    return numbers[-1].group() if numbers else None
