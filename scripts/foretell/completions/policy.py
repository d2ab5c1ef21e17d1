"""What a policy asks, and how it samples answers."""

import re
from typing import Annotated, Literal, Self, get_args

from pydantic import AfterValidator, Field, PositiveInt, StringConstraints, model_validator

from foretell.common.arguments import Settings
from foretell.models.origins import Dtype

FIELD = re.compile(r"\{\{|\}\}|\{(\w+)\}")  # a field of a problem, or a brace of the text itself, which is doubled


def _with_whole_fields(text: str) -> str:
    """Refuse a brace that neither is doubled nor belongs to a field: the model would be asked it as it stands."""
    rest = FIELD.sub("", text)
    if "{" in rest or "}" in rest:
        raise ValueError(
            f"{text!r} has a brace that belongs to no field; a field is a column's name in braces, as in {{question}}, "
            "and braces of the text itself are doubled: {{ and }}"
        )
    return text


def _with_a_field(text: str) -> str:
    if not any(FIELD.findall(text)):
        raise ValueError(f"{text!r} asks the same of every problem; put a field in, as in {{question}}")
    return text


Effort = Literal["low", "medium", "high"]
EFFORTS: tuple[Effort, ...] = get_args(Effort)
Text = Annotated[str, StringConstraints(min_length=1)]
Filled = Annotated[Text, AfterValidator(_with_whole_fields)]


class Turn(Settings):
    """An earlier turn of the conversation."""

    user: Text
    """What the user said."""
    assistant: Text
    """What the model is made to have answered."""


class Prompt(Settings):
    """What a model is asked about a problem. A model without chat template gets the texts as they are."""

    user: Annotated[Filled, AfterValidator(_with_a_field)] = "{question}"
    """The user's text. `{question}`, or the name of another column of the problems in braces, stands for what is there;
    braces of the text itself are doubled."""
    turns: list[Turn] = []
    """Earlier turns of the conversation, such as worked examples."""
    answer_start: Filled | None = None
    """Words that the answer starts with, fields included; the model goes on from them, and the last of them is the
    position that is read."""


class Decoding(Settings):
    """How completions are sampled."""

    samples: PositiveInt
    """Completions per problem (k), over which the majority votes."""
    temperature: Annotated[float, Field(ge=0)]
    """Sampling temperature; 0 takes the likeliest token at each step, so that there is one sample."""
    top_p: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Nucleus sampling; 1 samples from the whole distribution."""
    top_k: PositiveInt | None = None
    """How many of the likeliest tokens to sample from; all without it."""
    stop: list[Text] = []
    """Strings that end a completion, looked for in its text; they are not part of it."""
    max_tokens: PositiveInt
    """Most tokens of a completion; a longer one is cut off and counted as truncated."""

    @model_validator(mode="after")
    def _greedy_is_one_sample(self) -> Self:
        if self.temperature == 0 and self.samples != 1:
            raise ValueError(f"at 'temperature' 0 all completions are the same: give 'samples: 1', not {self.samples}")
        if self.temperature == 0 and (self.top_p != 1 or self.top_k is not None):
            raise ValueError("'top_p' and 'top_k' change nothing at 'temperature' 0: leave them out")
        return self


class PromptSettings(Settings):
    """What an encoder reads."""

    prompt: Prompt
    effort: str | None
    """Reasoning effort, passed to the chat template."""
    other_efforts: list[str] = []
    """At which the study has the same model read the same prompt."""


class CompletionSettings(Settings):
    """What a policy's completions depend on beside model and prompts."""

    policy: str
    """Id of the policy, part of the key of the random numbers."""
    decoding: Decoding
    seed: int
    """Of the study."""
    dtype: Dtype
    """In which the model is run."""
