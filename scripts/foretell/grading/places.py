"""Where answers stand in a completion: what all kinds of answers share."""

import re
from typing import NamedTuple

import regex

BOX, MARKED, GUESS = "box", "marked", "guess"  # how an answer was found; a guess is made from text without a mark
LONGEST_ANSWER = 1000  # characters; what is longer is no answer but a derivation
MOST_BOXES = 50  # looked at, from the last on

_PATTERN_SECONDS = 1.0  # a study's own pattern may backtrack without end
_THINKING = re.compile(r"<(/?)think(?:ing)?>", re.IGNORECASE)
_NEXT_QUESTION = re.compile(
    r"\n[ \t]*(?:#+[ \t]*|\*\*)?(?:Question|Problem|Q|User|Human|Instruction|Exercise)(?:[ \t]+\d+)?(?:\*\*)?:",
    re.IGNORECASE,
)
_BOX = re.compile(r"\\(?:boxed|fbox|framebox)(?![a-zA-Z])")
LISTED = re.compile(r"\s*(?:[-*•]|\d+[.)])\s")  # how a line of a list begins
_BETWEEN_BOXES = re.compile(r"[\s$,;]*(?:\\\)|\\text\{\s*(?:and|or)\s*\}|and|or|,|\\\(|\s)*[\s$]*")
_SENTENCE_END = re.compile(r"(?<![ap]\.m)[.!?](?=[\s)*]|$)|\n", re.IGNORECASE)


class Found(NamedTuple):
    """An answer's text, how it was found (BOX, MARKED or GUESS), and where it begins and ends."""

    text: str
    place: str
    start: int = 0
    end: int = 0


def by_pattern(completion: str, pattern: str) -> Found | None:
    """The first group of the pattern's last match; None without one.

    Raises:
        TimeoutError: the pattern takes too long on this completion.
    """
    matches = list(regex.finditer(pattern, completion, timeout=_PATTERN_SECONDS))
    if not matches or matches[-1].group(1) is None:
        return None
    return Found(matches[-1].group(1), MARKED, matches[-1].start(1))


def after_thinking(completion: str) -> str | None:
    """The completion without its `<think>` blocks; None where one was never closed, since then there is no answer."""
    kept: list[str] = []
    position, thinking = 0, False
    for tag in _THINKING.finditer(completion):
        if tag.group(1):
            if not thinking:  # the block was opened by the prompt
                kept.clear()
            thinking = False
        else:
            if not thinking:
                kept.append(completion[position : tag.start()])
            thinking = True
        position = tag.end()
    return None if thinking else "".join([*kept, completion[position:]])


def until_next_question(completion: str, first_mark: int | None) -> str:
    """The completion up to where the model goes on with a question of its own, after a marked answer."""
    if first_mark is None:
        return completion
    following = _NEXT_QUESTION.search(completion, first_mark)
    return completion[: following.start()] if following else completion


def boxes(completion: str) -> list[Found] | None:
    r"""The outermost boxes with their contents, in order; None where the last one was never closed.

    A box without braces holds one token (`\boxed 5`) or a command with its arguments.
    """
    found: list[Found] = []
    end = 0
    for match in list(_BOX.finditer(completion))[-MOST_BOXES:]:
        if match.start() < end:
            continue
        content = box_content(completion[match.end() : match.end() + 2 * LONGEST_ANSWER])
        if content is None:
            if completion[match.end() :].lstrip(" ").startswith("{"):
                end = len(completion)
                found.append(Found("", "", match.start()))
            continue
        text, length = content
        end = match.end() + length
        found.append(Found(text, BOX, match.start(), end))
    if found and not found[-1].place:
        return None
    return [box for box in found if box.place]


def last_box(completion: str, found: list[Found]) -> Found | None:
    """The last box; together with those before it that only a comma or an `and` parts from it."""
    parts: list[str] = []
    start = 0
    for box in reversed(found):
        if parts:
            gap = completion[box.end : start]
            if len(gap) > 60 or not _BETWEEN_BOXES.fullmatch(gap) or not re.search(r"and|or|,", gap):
                break
        parts.append(box.text)
        start = box.start
    return Found(", ".join(reversed(parts)), BOX, found[-1].start, found[-1].end) if parts else None


def box_content(text: str) -> tuple[str, int] | None:
    """What stands in a box whose name ends where the text begins, and how far the box reaches."""
    stripped = text.lstrip(" ")
    skipped = len(text) - len(stripped)
    if not stripped.startswith("{"):
        token = re.match(r"\\[a-zA-Z]+(?:\s*\{[^{}]*\})*|[^\s{}$\\]+", stripped)
        return (token.group().rstrip(".,;"), skipped + token.end()) if token else None
    depth = 0
    for index, character in enumerate(stripped):
        depth += (character == "{") - (character == "}")
        if depth == 0:
            return stripped[1:index], skipped + index + 1
    return None


def to_sentence_end(text: str) -> str:
    """A text up to the end of its sentence or line."""
    end = _SENTENCE_END.search(text)
    return text[: end.start()] if end else text


def sentences(text: str) -> list[str]:
    """A text's sentences; a line of a list is one."""
    parts: list[str] = []
    for line in text.splitlines():
        start = 0
        if not LISTED.match(line):
            for end in _SENTENCE_END.finditer(line):
                parts.append(line[start : end.end()])
                start = end.end()
        parts.append(line[start:])
    return [part.strip() for part in parts if part.strip(" \t*$.")]
