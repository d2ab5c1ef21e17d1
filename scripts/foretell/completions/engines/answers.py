"""A server's answers: what they say, and where they are kept."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, ValidationError, field_validator, model_validator

from foretell.common.provenance import fingerprint
from foretell.common.storage import write_json

ANSWERS = Path(".answers")  # outside results and beside chunks: they were paid for, so that they outlive both
Answer = dict[str, Any]  # as the server gave it, but for a key that it repeats
THOUGHT = ("thinking", "redacted_thinking", "reasoning")  # types of a message's parts
Count = Annotated[int, Field(ge=0, le=1 << 40)]  # of tokens


def _text_of(content: object) -> object:
    """A text that comes in parts, texts or objects with one, of which what the model thought is none."""
    if not isinstance(content, list):
        return content
    parts = [part for part in content if not isinstance(part, dict) or part.get("type") not in THOUGHT]
    texts = [part.get("text") if isinstance(part, dict) else part for part in parts]
    return "".join(text for text in texts if isinstance(text, str))


def _or_none(kind: type) -> Callable[[object], object]:
    """Of what is told beside an answer, what is of another kind is not told."""
    return lambda value: value if isinstance(value, kind) else None


class _Message(BaseModel):
    content: Annotated[str | None, BeforeValidator(_text_of)] = None


class _Choice(BaseModel):
    index: Annotated[int, BeforeValidator(lambda index: index or 0)] = 0
    finish_reason: str | None = None
    text: str | None = None
    message: _Message | None = None

    @model_validator(mode="after")
    def _has_one(self) -> "_Choice":
        if not {"text", "message"} & self.model_fields_set:
            raise ValueError("it has neither a message nor a text")
        return self

    def completion(self) -> str:
        """Its text; a model that spent all its tokens on thinking has written none."""
        return self.text or (self.message and self.message.content) or ""


class _PromptDetails(BaseModel):
    cached_tokens: Count | None = None


class _CompletionDetails(BaseModel):
    reasoning_tokens: Count | None = None


class _Usage(BaseModel):
    prompt_tokens: Count
    completion_tokens: Count
    prompt_tokens_details: _PromptDetails = _PromptDetails()
    completion_tokens_details: _CompletionDetails = _CompletionDetails()
    total_tokens: Annotated[int | None, BeforeValidator(_or_none(int))] = None
    cost: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None

    @property
    def generated(self) -> int:
        """Tokens of all completions; some servers count those of thinking beside the others, as the total tells."""
        thought = self.completion_tokens_details.reasoning_tokens or 0
        apart = self.total_tokens == self.prompt_tokens + self.completion_tokens + thought
        return self.completion_tokens + (thought if apart else 0)

    @field_validator("prompt_tokens_details", "completion_tokens_details", mode="before")
    @classmethod
    def _none_is_nothing(cls, value: object) -> object:
        return {} if value is None else value


class _Content(BaseModel):
    model: Annotated[str | None, BeforeValidator(_or_none(str))] = None
    choices: list[_Choice] = Field(min_length=1)
    usage: _Usage | None = None


class Completion(BaseModel):
    """One completion of an answer.

    Attributes:
        text: without what the model thought, where the server keeps that apart.
        finish_reason: `stop`, `length`, or another word of the server's.
        prompt_tokens, cached_tokens: of the request, and how many of them the server had in its cache.
        completion_tokens, thinking_tokens: its share of what the request's completions have together, which is all
            that an answer tells: in proportion to the texts' lengths, whole, and exact where there is one.
        charged: its equal share of what the server charged for the request, in USD.
        answered_by: the model that the server says answered, such as a dated one; None where it does not say.
    """

    text: str
    finish_reason: str
    prompt_tokens: int
    cached_tokens: int | None
    completion_tokens: int
    thinking_tokens: int | None
    charged: float | None
    answered_by: str | None


class MalformedError(ValueError):
    """A server's answer is none."""


class NoUsageError(ValueError):
    """A server's answer does not say how many tokens it has."""


def read_answer(answer: Answer) -> list[Completion]:
    """The completions of an answer, in the order of their index.

    Raises:
        MalformedError: it has none, or is not of the protocol's form.
        NoUsageError: it has no `usage`.
    """
    try:
        content = _Content.model_validate(answer)
    except ValidationError as error:
        first = error.errors()[0]
        said = json.dumps(answer.get("error", answer) if isinstance(answer, dict) else answer)
        raise MalformedError(f"key '{'.'.join(map(str, first['loc']))}': {first['msg']}, in {said}") from None
    if any(choice.finish_reason == "error" for choice in content.choices):
        raise MalformedError("a completion that ended in an error")
    if content.usage is None:
        raise NoUsageError
    usage, choices = content.usage, sorted(content.choices, key=lambda choice: choice.index)
    texts = [choice.completion() for choice in choices]
    lengths = [len(text) for text in texts]
    cached = usage.prompt_tokens_details.cached_tokens
    thought = usage.completion_tokens_details.reasoning_tokens
    tokens = split(usage.generated, lengths)
    reasoning = [None] * len(texts) if thought is None else split(thought, lengths)
    return [
        Completion(
            text=text,
            finish_reason=choice.finish_reason or "stop",
            prompt_tokens=usage.prompt_tokens,
            cached_tokens=cached,
            completion_tokens=tokens[place],
            thinking_tokens=reasoning[place],
            charged=None if usage.cost is None else usage.cost / len(texts),
            answered_by=content.model,
        )
        for place, (choice, text) in enumerate(zip(choices, texts, strict=True))
    ]


def split(total: int, weights: list[int]) -> list[int]:
    """Whole shares of a number in proportion to weights, whose sum is the number (largest remainders)."""
    weights = weights if sum(weights) else [1] * len(weights)
    exact = [total * weight / sum(weights) for weight in weights]
    shares = [int(share) for share in exact]
    by_remainder = sorted(range(len(weights)), key=lambda place: shares[place] - exact[place])
    for place in by_remainder[: total - sum(shares)]:
        shares[place] += 1
    return shares


class Kept:
    """Answers on disk by what was asked, each written when it comes.

    Neither another study nor edited code asks the same again. Who wants other answers deletes them.
    """

    def __init__(self, root: Path = ANSWERS) -> None:
        self._root = root

    def read(self, asked: dict[str, Any]) -> list[Answer]:
        """Answers to what was asked, in their order; none where there are none, or they are damaged, or no answers."""
        try:
            kept = json.loads(self._place(asked).read_bytes())
            answers = list(kept["answers"])
            for each in answers:
                read_answer(each)
            return answers if kept["sum"] == fingerprint(answers=answers) else []
        except (FileNotFoundError, ValueError, KeyError, TypeError, MalformedError):
            return []

    def write(self, asked: dict[str, Any], answers: list[Answer]) -> None:
        """Keep all answers to what was asked."""
        write_json({"asked": asked, "sum": fingerprint(answers=answers), "answers": answers}, self._place(asked))

    def _place(self, asked: dict[str, Any]) -> Path:
        name = fingerprint(**asked)
        return self._root / name[:2] / f"{name}.json"
