"""A completion's thinking, told from its answer by the marks that the model sets around it.

Marks are often special tokens, which decoding skips, so they are looked for among the tokens. Whatever they are, the
text of a completion has its thinking between `<think>` and `</think>`, which is what grading leaves out; thinking that
the prompt has opened, or that never ends, is marked in the same way, so that it is not taken for an answer.
"""

import re
from bisect import bisect_left
from dataclasses import dataclass
from typing import NamedTuple

from transformers import PreTrainedTokenizerBase

START, END = "<think>", "</think>"  # in the text of a completion
KNOWN = (
    (START, END),
    ("[THINK]", "[/THINK]"),
    ("<seed:think>", "</seed:think>"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
)
# The harmony format: messages of a header and a text, whose header names a channel.
_CHANNEL, _MESSAGE, _FIRST, _LAST = "<|channel|>", "<|message|>", "<|start|>", "<|end|>"
_FINAL = "final"


class Written(NamedTuple):
    """Text of a completion, with its thinking between START and END, and how many of its tokens are thinking."""

    text: str
    thinking_tokens: int


@dataclass
class _Part:
    """Tokens of one kind in a row; `count` has those of the marks too."""

    thinking: bool
    tokens: list[int]
    count: int = 0
    closed: bool = False


class Thinking:
    """Tells thinking from answers in what one tokenizer's model writes.

    The marks are those given, else those of harmony or of KNOWN that are single tokens of the tokenizer, else START and
    END as they may stand in the text.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, marks: tuple[str, str] | None = None):
        self._tokenizer = tokenizer
        known = tokenizer.get_vocab()
        self._harmony = marks is None and {_CHANNEL, _MESSAGE, _FIRST, _LAST} <= known.keys()
        self._marks = marks or next((pair for pair in KNOWN if set(pair) <= known.keys()), KNOWN[0])
        self._ids = {name: known[name] for name in (_CHANNEL, _MESSAGE, _FIRST, _LAST, *self._marks) if name in known}
        self._special = set(tokenizer.all_special_ids) - {self._ids.get(mark) for mark in self._marks}

    def read(self, tokens: list[int], prompt: list[int]) -> Written:
        """Text of a completion and its thinking.

        Args:
            tokens: of the completion, without one that ends it.
            prompt: that it goes on from, which may have opened the thinking.
        """
        if self._harmony:
            return self._joined(self._messages(tokens, prompt))
        if set(self._marks) <= self._ids.keys():
            return self._joined(self._blocks(tokens, self._opened(prompt)))
        return self._in_text(tokens, self._opened(prompt))

    def _decode(self, tokens: list[int]) -> str:
        return str(self._tokenizer.decode(tokens, skip_special_tokens=True))

    def _opened(self, prompt: list[int]) -> bool:
        """Whether a prompt ends within thinking: after its last special token, which stands after the user's text.

        Without a chat template none does, and the text itself may mention the mark: only one at its end counts.
        """
        turn = next((place for place in range(len(prompt), 0, -1) if prompt[place - 1] in self._special), 0)
        text = str(self._tokenizer.decode(prompt[turn:], skip_special_tokens=False))
        if not self._tokenizer.chat_template:
            return text.rstrip().endswith(self._marks[0])
        return text.rfind(self._marks[0]) > text.rfind(self._marks[1])

    def _blocks(self, tokens: list[int], opened: bool) -> list[_Part]:
        """Parts between marks that are tokens. An end without a start ends thinking that began with the text."""
        start, end = (self._ids[mark] for mark in self._marks)
        parts = [_Part(opened, [])]
        for token in tokens:
            if token == start:
                if not parts[-1].thinking:
                    parts.append(_Part(True, []))
                parts[-1].count += 1
            elif token == end:
                parts[-1].thinking, parts[-1].closed = True, True
                parts[-1].count += 1
                parts.append(_Part(False, []))
            else:
                parts[-1].tokens.append(token)
                parts[-1].count += 1
        return parts

    def _messages(self, tokens: list[int], prompt: list[int]) -> list[_Part]:
        """Parts of harmony; what stands on another channel than the final one is thinking, with its header."""
        message, first, last = (self._ids[name] for name in (_MESSAGE, _FIRST, _LAST))
        turn = next((place for place in range(len(prompt), 0, -1) if prompt[place - 1] == first), len(prompt))
        before = prompt[turn:]  # what the prompt has of the first message
        if not {self._ids[_CHANNEL], message} & {*before, *tokens}:
            return [_Part(False, tokens)]
        parts, header = [_Part(True, [])], list[int]() if before or message in tokens else None
        for place, token in enumerate([*before, *tokens]):
            written = place >= len(before)
            parts[-1].count += written
            if header is not None and token == message:
                named = str(self._tokenizer.decode(header)).partition(_CHANNEL)[2].split()
                parts[-1].thinking, header = named[:1] not in ([], [_FINAL]), None
            elif header is not None:
                header.append(token)
            elif token in (first, last):
                parts[-1].closed, header = True, []
                parts.append(_Part(True, []))
            elif written:
                parts[-1].tokens.append(token)
        return parts if parts[-1].count else parts[:-1]

    def _joined(self, parts: list[_Part]) -> Written:
        texts = [
            f"{START}{self._decode(part.tokens)}{END if part.closed else ''}"
            if part.thinking
            else self._decode(part.tokens)
            for part in parts
        ]
        return Written("".join(texts), sum(part.count for part in parts if part.thinking))

    def _in_text(self, tokens: list[int], opened: bool) -> Written:
        """The same where the marks are several tokens each."""
        start, end = map(re.escape, self._marks)
        text, began, thinking = self._decode(tokens), 0 if opened else None, 0
        for mark in [*re.finditer(f"({start})|{end}", text), None]:
            if mark is None or not mark[1]:
                until = len(text) if mark is None else mark.end()
                if mark is not None or began is not None:
                    thinking += self._reaching(tokens, until) - self._reaching(tokens, began or 0)
                began = None
            elif began is None:
                began = mark.start()
        marked = text.replace(self._marks[0], START).replace(self._marks[1], END)
        return Written(f"{START if opened else ''}{marked}", thinking)

    def _reaching(self, tokens: list[int], length: int) -> int:
        """How many tokens give a text of at least so many characters."""
        return bisect_left(range(len(tokens)), length, key=lambda count: len(self._decode(tokens[:count])))
