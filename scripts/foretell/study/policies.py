"""The entries of `policies`: with a model, imported, or recorded."""

import re
from typing import Annotated, Any, Self

from pydantic import Discriminator, Tag, model_validator
from typing_extensions import override

from foretell.common.arguments import Settings
from foretell.common.incomplete import Missing
from foretell.completions.policy import Arguments, Decoding, Effort
from foretell.study.models import Price
from foretell.study.own_tables import Table
from foretell.study.types import Id, NotNegative, Positive, Text

GRADED = ("completions", "rollouts", "outcomes")  # what is imported of a policy begins with one of these
PREDICTED = ("activations", "predictions")  # what is imported of a policy beside what it answered


class Encoder(Settings):
    """A model that reads a rendered prompt."""

    model: Id
    """Id of the model."""
    effort: Effort | None = None
    """Reasoning effort, passed to the chat template as `reasoning_effort`. Where that changes no prompt, and the
    model's efforts have no prompts of their own either, the study ends before anything is sampled."""
    template_arguments: Arguments = {}
    """Other arguments of the chat template by name, such as `enable_thinking: false`: numbers, true, false or short
    texts. One that changes no prompt is an error. They are part of the encoder's id."""
    prompt: Id | None = None
    """Id of the prompt, under `prompts`; without it, the question is the user's text."""

    @model_validator(mode="after")
    def _one_effort(self) -> Self:
        if self.effort is not None and "reasoning_effort" in self.template_arguments:
            raise ValueError("'effort' is passed as 'reasoning_effort' already: give one of them")
        return self

    @property
    def id(self) -> str:
        """The model with its effort, its template arguments, as in `enable_thinking-false`, and its prompt."""
        given = [part for argument in sorted(self.template_arguments.items()) for part in _words(*argument)]
        return "-".join(filter(None, (self.model, self.effort, *given, self.prompt)))


def _words(name: str, value: Any) -> list[str]:
    """Words of an argument as an id may have them."""
    return re.findall(r"[a-z0-9]+(?:[._][a-z0-9]+)*", f"{name}={value}".lower())


class Policy(Settings):
    """What all policies have in common.

    `completions_by`, `rollouts_by` and `outcomes_by` are the rules that make them; None where there are none.
    """

    @property
    def read_by(self) -> Encoder | None:
        """The encoder from which its success is read; None where no model is run for that."""
        return None

    @property
    def models(self) -> set[str]:
        """Ids of the models that read or answer for it."""
        return set() if self.read_by is None else {self.read_by.model}

    @property
    def completions_by(self) -> str | None:
        """The rule that makes its completions; of a model, by the engine `transformers`."""
        return None

    @property
    def rollouts_by(self) -> str | None:
        """The rule that makes its rollouts."""
        return None

    @property
    def outcomes_by(self) -> str:
        """The rule that makes its outcomes."""
        return "import_outcomes" if self.rollouts_by is None else "summarise_outcomes"


class ModelPolicy(Policy, Encoder, Decoding):
    """A policy whose model the workflow runs, or asks on a server."""

    encoder: Encoder | None = None
    """A model of this study that reads the prompts for it, so that its success is predicted from that model's
    activations. Without it, its own model does; where that is on a server, another one must."""

    expected_tokens: Positive | None = None
    """Expected tokens of a completion, for `make plan`; without them `max_tokens`, which is the most in any case."""

    @property
    @override
    def read_by(self) -> Encoder:
        return self.encoder or self.own_encoder

    @property
    def own_encoder(self) -> Encoder:
        """Its own model as it is asked."""
        return Encoder(**self.model_dump(include=set(Encoder.model_fields)))

    @property
    @override
    def models(self) -> set[str]:
        return {self.model, self.read_by.model}

    @property
    @override
    def completions_by(self) -> str | None:
        return "generate_completions"

    @property
    @override
    def rollouts_by(self) -> str | None:
        return "grade_rollouts"

    def decoding(self) -> dict[str, Any]:
        """How completions are sampled."""
        return self.model_dump(include=set(Decoding.model_fields))


class Assumed(Policy):
    """A policy whose costs may rest on assumptions."""

    assumption: Text | None = None
    """What assumed costs, or estimated tokens and assumed prices, rest on; printed wherever they are used."""


class GradedTable(Table):
    """Graded completions, and how they are read."""

    threshold: float | None = None
    """The number from which on a grade is right, where grades are fractions."""


class ImportedPolicy(Assumed):
    """A policy of which files have what it answered, or how well."""

    completions: Table | None = None
    """Completions to be graded: problem_id and completion, optionally sample, prompt_tokens, cached_tokens,
    completion_tokens, thinking_tokens, charged, finish_reason, prompt_characters."""
    rollouts: GradedTable | None = None
    """Graded completions, whose grades stay as they are: also correct, optionally extracted_answer."""
    outcomes: Table | None = None
    """One row per problem: problem_id, majority_correct, optionally the other columns of outcomes."""
    encoder: Encoder | None = None
    """A model of this study that reads the prompts for this policy, so that its success is predicted from that model's
    activations."""
    activations: str | None = None
    """Activations of the prompts' last tokens, to train probes on: .safetensors with a .json beside it, or .npz; path
    from the folder in `records`."""
    predictions: Table | None = None
    """Probabilities of a right majority vote, to route by: problem_id, probability."""
    characters_per_token: Positive | None = None
    """Estimates tokens that were not recorded from the lengths of texts: the completion's, and the prompt's where the
    file gives it (logs of lm-evaluation-harness do, with examples; a table may, in a column `prompt_characters`), else
    the question's."""
    missing: Missing = "error"
    """What happens with problems that the file lacks, has fewer samples of than of others, or whose samples ended in an
    error: `error` stops, `leave_out` leaves the problems out of the problem set, `wrong` counts each missing sample as
    a wrong one that cost nothing, and one without a grade as a wrong one. The report says how many. Unless it is
    `error`, rows of problems that are not in the problem set are passed over."""
    price: Price | None = None
    """Price in USD per million tokens."""
    assumed_cost: NotNegative | None = None
    """Assumed cost in USD per problem, where no token counts were recorded."""
    charged: bool = False
    """Whether costs are what was charged, which stands in the file's column `charged`, in USD per row."""

    @model_validator(mode="after")
    def _assumptions_are_said(self) -> "ImportedPolicy":
        for key in ("characters_per_token", "assumed_cost"):
            if getattr(self, key) is not None and self.assumption is None:
                raise ValueError(f"'{key}' rests on an assumption: say which under 'assumption'")
        return self

    @property
    def answered(self) -> Table:
        """The table that says which problems it has answered."""
        return next(table for table in (self.completions, self.rollouts, self.outcomes) if table is not None)

    @property
    @override
    def read_by(self) -> Encoder | None:
        return self.encoder

    @property
    @override
    def completions_by(self) -> str | None:
        return None if self.completions is None else "import_completions"

    @property
    @override
    def rollouts_by(self) -> str | None:
        if self.completions is not None:
            return "grade_rollouts"
        return None if self.rollouts is None else "import_rollouts"


class RecordedPolicy(Assumed):
    """A recorded run of a published study, with its probe scores."""

    outcomes: str
    """Parquet file of recorded outcomes and probe scores."""
    run: str
    """Which value of the file's column `run_id` to import."""
    assumed_cost: NotNegative
    """Assumed cost in USD per problem, where no token counts were recorded."""
    assumption: Text
    """What the assumed cost rests on; printed wherever it is used."""


def _kind(entry: Any) -> str:
    """Which class an entry means: the first of those with which it shares most keys."""
    keys = entry if isinstance(entry, dict) else getattr(type(entry), "model_fields", ())
    kinds: tuple[type[Policy], ...] = (ModelPolicy, ImportedPolicy, RecordedPolicy)
    return max(kinds, key=lambda kind: len(kind.model_fields.keys() & set(keys))).__name__


AnyPolicy = Annotated[
    Annotated[ModelPolicy, Tag("ModelPolicy")]
    | Annotated[ImportedPolicy, Tag("ImportedPolicy")]
    | Annotated[RecordedPolicy, Tag("RecordedPolicy")],
    Discriminator(_kind),
]
