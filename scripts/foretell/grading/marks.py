"""What marks an answer in text, whatever its kind. Every search takes time linear in the length."""

import json
import re
from collections.abc import Iterator

from foretell.grading.places import MARKED, Found

_ANSWER_MACRO = re.compile(
    r"\\(?:text[a-z]*|math(?:bf|rm|sf|it)|emph|underline|section\*?)\s*"
    r"\{([^{}]{0,30}\banswers?\b[^{}]{0,200})\}",
    re.IGNORECASE,
)
_TAGGED = re.compile(r"<answer>([^<]{1,300})</answer>", re.IGNORECASE)
_JSON = re.compile(
    r'"(?:final[_ ]?)?answer"\s*:\s*("(?:[^"\\\n]|\\.){1,300}"|[^\s"{}\[\],][^,}\n]{0,100})', re.IGNORECASE
)
_STATED = re.compile(
    r"\b(?:answers?|ans)\b(?:\*\*|__)?(?:[ \t]+(?:to|for|of)[ \t][^\n.:]{0,80}?)?"
    r"(?:[ \t]*(?:\b(?:is|are|would be|will be|should be|must be|equals|becomes)\b|:|=)(?:\*\*|__)?)+"
    r"\s*(?:\*\*|```\w*\s)?",
    re.IGNORECASE,
)
_HEADING = re.compile(r"(?:^|\n)[#* \t]{0,10}(?:final )?answer[* \t]*\n\s*(?:[-=]{3,}\s*)?", re.IGNORECASE)


def plain_marks(text: str) -> str:
    r"""A text in which `\textbf{Answer:}` is ` Answer: `."""
    return _ANSWER_MACRO.sub(r" \1 ", text)


def enclosed(text: str) -> list[Found]:
    """What stands in `<answer>` and as JSON's `"answer"`."""
    found = [Found(match.group(1), MARKED, match.start(1)) for match in _TAGGED.finditer(text)]
    return found + [Found(_unquoted(match.group(1)), MARKED, match.start(1)) for match in _JSON.finditer(text)]


def stated(text: str) -> Iterator[re.Match[str]]:
    """The marks that say it: "the answer is", `**Answer:**`, a heading; the answer begins where they end."""
    for pattern in (_STATED, _HEADING):
        yield from pattern.finditer(text)


def _unquoted(value: str) -> str:
    """What a JSON value says; models may leave the backslashes of LaTeX single."""
    try:
        return str(json.loads(value, parse_float=str)) if "\\" not in value.replace("\\\\", "") else value.strip('"')
    except ValueError:
        return value.strip('"')
