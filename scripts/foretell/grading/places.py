"""Where answers stand in a completion: what all kinds of answers share."""

import re
from collections.abc import Callable
from typing import NamedTuple

import regex

BOX, MARKED, GUESS = "box", "marked", "guess"  # how an answer was found; a guess is made from text without a mark
LONGEST_ANSWER = 1000  # characters; what is longer is no answer but a derivation
MOST_BOXES = 50  # looked at, from the last on

_PATTERN_SECONDS = 1.0  # a study's own pattern may backtrack without end
_THINKING = re.compile(r"[<\[◁](/?)(?:think(?:ing)?|thought)[>\]▷]", re.IGNORECASE)
_CHANNEL = re.compile(r"<\|channel\|>\s*(\w+)[^<>\n]{0,100}<\|message\|>")  # of gpt-oss
_STRIPPED_CHANNEL = re.compile(r"\s*(?:analysis|commentary)(?=[A-Z])")  # the same without its special tokens
_STRIPPED_FINAL = "assistantfinal"
_CHANNEL_END = re.compile(r"<\|(?:end|return|start|call)\|>")
_NEXT_QUESTION = re.compile(
    r"(?:\n[ \t]*|(?<=[.!?)$])[ \t]+)(?:#+[ \t]*|\*\*)?"
    r"(?:Question|Problem|Q|User|Human|Instruction|Exercise)(?:[ \t]+\d+)?(?:\*\*)?:",
    re.IGNORECASE,
)
_BOX = re.compile(r"\\(?:boxed|fbox|framebox)(?![a-zA-Z])")
LISTED = re.compile(r"\s*(?:[-*•]|\d+[.)])\s")  # how a line of a list begins
_BETWEEN_BOXES = re.compile(
    r"(?:\\[()\[\]]|\\text\{\s*(?:and|or)\s*\}|\\q?quad|\b(?:and|or)\b|[\s$,;&])*(?:[a-zA-Z](?:_\{?\w\}?)?\s*=\s*)?"
)
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)  # one behind a backslash opens nothing
_NOT = re.compile(r"\bnot\s*(?:\$|\\\()?\s*$", re.IGNORECASE)  # before a box that is none
_NAME = re.compile(r"(?<![\w}])([a-zA-Z](?:_\{?\w\}?)?)\s*=\s*$")  # of what stands in a box
_MINUS = re.compile(r"[=$(\[]\s*[-−]\s*$")  # before a box
ADVERBS = (
    r"(?:therefore|thus|hence|then|so|also|indeed|clearly|obviously|certainly|definitely|surely|probably|likely|most"
    r"|simply|just|exactly|really|in fact|of course|actually|now)\b"
)
_ASIDE = re.compile(  # before a mark, in its sentence: what it says is not claimed
    r"\b(?:mistakes?|errors?|wrong(?:ly)?|incorrect(?:ly)?|would|had (?:we|you|one|it)|otherwise|someone|tempt\w*)\b",
    re.IGNORECASE,
)
_CLAIMED = re.compile(  # in such a sentence: the writer corrects himself, or concludes
    r"\b(?:I|my|wait|so|thus|therefore|hence|final|actually|correct(?:ed|ing|ion)|fix(?:ed|ing))\b", re.IGNORECASE
)
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
    """The completion without its `<think>` blocks; None where one was never closed, since then there is no answer.

    Of channels (`<|channel|>final<|message|>`) the last one that is final counts, also where a server has dropped their
    special tokens (`analysisWe see ...assistantfinalParis`).
    """
    if channels := list(_CHANNEL.finditer(completion)):
        final = [channel for channel in channels if channel.group(1) == "final"]
        return _CHANNEL_END.split(completion[final[-1].end() :])[0] if final else None
    if (final_at := completion.rfind(_STRIPPED_FINAL)) >= 0:
        return completion[final_at + len(_STRIPPED_FINAL) :]
    if _STRIPPED_CHANNEL.match(completion):
        return None
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


def is_aside(text: str, mark: int) -> bool:
    """Whether the sentence of a mark does not claim what it marks: "a common mistake is to say the answer is 6"."""
    lead = text[max(0, mark - 300) : mark]
    words = list(_ASIDE.finditer(lead))
    if not words or _SENTENCE_END.search(lead, words[-1].end()):
        return False
    ends = list(_SENTENCE_END.finditer(lead))
    return not _CLAIMED.search(lead, ends[-1].end() if ends else 0)


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
    return [box for box in found if not _NOT.search(completion, max(0, box.start - 20), box.start)]


def last_box(completion: str, found: list[Found], same: Callable[[str, str], bool]) -> Found | None:
    r"""The last box; together with those before it that only a comma, an `and` or a name part from it.

    Names that differ make equations of them: `x = \boxed{1}` and `y = \boxed{2}`. What is the same (`\boxed{0.5}` or
    `\boxed{50\%}`) is one answer.
    """
    run = found[-1:]
    for box in reversed(found[:-1]):
        gap = completion[box.end : run[0].start]
        if len(gap) > 60 or not _BETWEEN_BOXES.fullmatch(gap) or not re.search(r"and|or|,", gap):
            break
        run.insert(0, box)
    parts = [_signed(completion, box) for box in run]
    if len(parts) < 2:
        return Found(parts[0], BOX, run[0].start, run[0].end) if parts else None
    names = [_NAME.search(completion, max(0, box.start - 20), box.start) for box in run]
    if len({name.group(1) for name in names if name}) == len(parts):
        parts = [f"{name.group(1)} = {part}" for name, part in zip(names, parts, strict=True) if name]
    distinct = [part for index, part in enumerate(parts) if not any(same(part, other) for other in parts[index + 1 :])]
    return Found(", ".join(distinct), BOX, run[-1].start, run[-1].end)


def _signed(completion: str, box: Found) -> str:
    """What stands in a box, with the minus in front of it."""
    if not _MINUS.search(completion, max(0, box.start - 20), box.start):
        return box.text
    return f"-({box.text})" if re.search(r"[-+,=]", box.text) else f"-{box.text}"


def box_content(text: str) -> tuple[str, int] | None:
    """What stands in a box whose name ends where the text begins, and how far the box reaches."""
    stripped = text.lstrip(" ")
    skipped = len(text) - len(stripped)
    if not stripped.startswith("{"):
        token = re.match(r"\\[a-zA-Z]+(?:\s*\{[^{}]*\})*|[^\s{}$\\]+", stripped)
        return (token.group().rstrip(".,;"), skipped + token.end()) if token else None
    depth = 0
    for brace in _BRACE.finditer(stripped):
        depth += (brace.group() == "{") - (brace.group() == "}")
        if depth == 0:
            return stripped[1 : brace.start()], skipped + brace.end()
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
