"""What a policy asks, and how it samples answers."""

import datetime
import re
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import AfterValidator, BeforeValidator, Field, PositiveInt, StringConstraints, model_validator

from foretell.common.arguments import Settings
from foretell.models.origins import Dtype

GOLD = "answer"  # the problems' column
FIELD = re.compile(r"\{\{|\}\}|\{(\w+)\}")  # a field of a problem, or a brace of the text itself, which is doubled


def _with_whole_fields(text: str) -> str:
    """Refuse a brace that neither is doubled nor belongs to a field: the model would be asked it as it stands."""
    rest = FIELD.sub("", text)
    if "{" in rest or "}" in rest:
        raise ValueError(
            f"{text!r} has a brace that belongs to no field; a field is a column's name in braces, as in {{question}}, "
            "and braces of the text itself are doubled: {{ and }}"
        )
    if GOLD in FIELD.findall(text):
        raise ValueError(f"{text!r} shows the model the gold answer; leave the field {GOLD!r} out")
    return text


def _with_a_field(text: str) -> str:
    if not any(FIELD.findall(text)):
        raise ValueError(f"{text!r} asks the same of every problem; put a field in, as in {{question}}")
    return text


# What rendering itself is told, or has a key of its own.
RESERVED = frozenset(
    [
        *("messages", "conversation", "tools", "documents", "chat_template", "add_generation_prompt", "tokenize"),
        *("continue_final_message", "padding", "truncation", "max_length", "return_tensors", "return_dict"),
        *("return_assistant_tokens_mask", "sanitize_control_tokens", "tokenizer_kwargs", "strftime_now"),
    ]
)


def _of_the_template(arguments: dict[str, Any]) -> dict[str, Any]:
    """Refuse names that are no template's."""
    if taken := sorted(RESERVED & arguments.keys()):
        raise ValueError(f"{taken[0]!r} is no argument that a chat template has of its own")
    return arguments


def _a_date(text: Any) -> Any:
    """A day as text, which YAML may have read already."""
    if isinstance(text, datetime.date):
        return text.isoformat()
    if not isinstance(text, str):
        return text
    try:
        return datetime.date.fromisoformat(text).isoformat()
    except ValueError:
        raise ValueError(f"{text!r} is no date of the form 2025-01-31") from None


Effort = Literal["low", "medium", "high"]
EFFORTS: tuple[Effort, ...] = get_args(Effort)
EngineName = Literal["transformers", "vllm", "openai"]
Endpoint = Literal["chat", "completions"]
TokenLimit = Literal["max_tokens", "max_completion_tokens"]
Text = Annotated[str, StringConstraints(min_length=1)]
Filled = Annotated[Text, AfterValidator(_with_whole_fields)]
Value = bool | int | float | Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,39}$")]
Arguments = Annotated[
    dict[Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")], Value],
    AfterValidator(_of_the_template),
]
DATE = "2025-01-01"  # of prompts whose study gives none


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
    system: Text | None = None
    """The system's text, before all else; without it, the chat template's own, if it has one. Of a model without a chat
    template it stands right before the user's text, so end it with a line break."""
    turns: list[Turn] = []
    """Earlier turns of the conversation, such as worked examples."""
    answer_start: Filled | None = None
    """Words that the answer starts with, fields included; the model goes on from them, and the last of them is the
    position that is read."""
    date: Annotated[str, BeforeValidator(_a_date)] = DATE
    """The day that a chat template takes for today's, where it tells the model, as `2025-01-31`: prompts do not change
    from day to day. One that is given is also passed as `date_string`, which templates of Llama 3 have."""


class Reading(Settings):
    """How a model's chat template is told to render a prompt."""

    effort: Effort | None = None
    """Reasoning effort, passed to the chat template as `reasoning_effort`."""
    template_arguments: Arguments = {}
    """Other arguments of the chat template."""

    def passed(self) -> dict[str, Any]:
        """Arguments that the chat template gets."""
        return {**({} if self.effort is None else {"reasoning_effort": self.effort}), **self.template_arguments}

    def __str__(self) -> str:
        given = [] if self.effort is None else [f"effort {self.effort!r}"]
        given += [f"{name} {value!r}" for name, value in self.template_arguments.items()]
        return " and ".join(given) or "no arguments"


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
    min_p: Annotated[float, Field(gt=0, le=1)] | None = None
    """Leaves out tokens that are less likely than this share of the likeliest one's probability; none without it."""
    stop: list[Text] = []
    """Strings that end a completion, looked for in its text; they are not part of it."""
    max_tokens: PositiveInt
    """Most tokens of a completion; a longer one is cut off and counted as truncated."""

    @model_validator(mode="after")
    def _greedy_is_one_sample(self) -> Self:
        if self.temperature == 0 and self.samples != 1:
            raise ValueError(f"at 'temperature' 0 all completions are the same: give 'samples: 1', not {self.samples}")
        if self.temperature == 0 and (self.top_p != 1 or self.top_k is not None or self.min_p is not None):
            raise ValueError("'top_p', 'top_k' and 'min_p' change nothing at 'temperature' 0: leave them out")
        return self


class PromptSettings(Reading):
    """What an encoder reads."""

    prompt: Prompt
    others: list[Reading] = []
    """At which the study has the same model read the same prompt."""
    effort_by_prompt: bool = False
    """Whether the study's prompts themselves say how much effort to make: those of one effort are of no other."""


class ThinkingMarks(Settings):
    """What a model sets around its thinking."""

    start: Text
    """Before it."""
    end: Text
    """After it."""


class MessageSettings(Settings):
    """What a model on a server is asked."""

    prompt: Prompt


class Server(Settings):
    """A model on a server, and what it is asked beside prompts and decoding."""

    url: str
    """Address that the paths of the protocol are added to."""
    name: str
    """What the server calls the model."""
    endpoint: Endpoint
    effort: str | None
    """Sent as `reasoning_effort`."""
    body: dict[str, Any]
    """What else each request says."""
    samples_per_request: PositiveInt | None
    """Most completions that one request asks for."""
    token_limit: TokenLimit
    """What the server calls the limit on a completion's tokens."""


class Connection(Settings):
    """How a server is reached; nothing of it decides an answer."""

    key: str | None
    """Name of the environment variable that has the key."""
    concurrency: PositiveInt
    """Requests under way at once."""
    timeout: Annotated[float, Field(gt=0)]
    """Seconds without a byte of the answer."""
    attempts: PositiveInt
    """How often a request is sent at most."""


class CompletionSettings(Settings):
    """What a policy's completions depend on beside model and prompts."""

    policy: str
    """Id of the policy, part of the key of the random numbers."""
    decoding: Decoding
    seed: int
    """Of the study."""
    engine: EngineName = "transformers"
    dtype: Dtype = "auto"
    """In which the model is run, where it is run here."""
    thinking: ThinkingMarks | None = None
    """What stands around its thinking, where that is not for the tokenizer to tell."""
    server: Server | None = None
    """Where it is not run here."""
