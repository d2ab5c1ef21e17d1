"""What `router.json` says of a router: enough to ask its probes about a new prompt and to choose a policy."""

from typing import Any, Literal

from foretell.common.arguments import Settings
from foretell.completions.policy import Arguments, Decoding, Effort, Prompt, Reading
from foretell.models.origins import Dtype
from foretell.routing.costs import PolicyPrice
from foretell.routing.settings import Criterion

FITTED, HELD_OUT = "fitted", "held out"  # splits of a log, of routers that are fitted to one
QUANTILES = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)


class Asked(Settings):
    """How a policy answers, what it costs, and who reads for it."""

    reader: str | None
    """The encoder from whose activations its success is predicted; None where the question's text alone is read."""
    price: PolicyPrice
    """What its tokens cost."""
    model: str | None = None
    """The model that answers; None where answers came from elsewhere."""
    effort: str | None = None
    """Its reasoning effort."""
    template_arguments: Arguments = {}
    """What else its chat template is told."""
    prompt: Prompt | None = None
    """The texts around the question; None where the question stands alone, or answers came from elsewhere."""
    decoding: Decoding | None = None
    """How it samples."""


class Probe(Settings):
    """The predictor of one policy's success; its weights are tensors that are named after the policy.

    score = ((activation - mean) / scale) @ weight + bias, or the question's TF-IDF @ weight + bias; probability =
    1 / (1 + exp(-(slope * score + intercept))). Where nothing could be trained, `reason` says why and `constant` is the
    probability of every prompt.
    """

    layer: int | None = None
    """Layer that is read: 0 is the embedding, i the output of block i."""
    position: int | None = None
    """Token that is read, counted from the prompt's end."""
    unit: Literal["characters", "words"] | None = None
    """What the n-grams of the question are of, where its text is read in place of activations."""
    ngram_min: int | None = None
    ngram_max: int | None = None
    slope: float = 0.0
    intercept: float = 0.0
    constant: float | None = None
    reason: str | None = None
    scores: dict[str, float] = {}
    """Quantiles of the scores of train, out of fold."""
    usual_distance: float = 1.0
    """Median over the validation prompts of the distance of their activations from those of train, or of the share of
    n-grams that train does not have; at least a hundredth."""


class Answering(Asked):
    """A policy of the router."""

    policy: str
    """Id."""
    of_policy: str | None = None
    """Whose samples they are, where the router chooses among numbers of them: `policy` has another name then, unless
    they are all. None where whole policies are chosen."""
    samples: int | None = None
    """How many are drawn for a vote, which the probability is of; None where unknown."""
    mean_cost: float
    """USD per problem on train, or per request of the log that it is fitted to: what a prompt is expected to cost."""
    tier_cost: float
    """The same as the router weighs it, min-max normalised over the pool."""
    accuracy: dict[str, float]
    """Share of right answers by split; of a log, as `foretell.deployment.off_policy` estimates it, on the half that it
    is fitted to and on the other."""
    probe: Probe

    @property
    def answers(self) -> str:
        """The policy that is asked."""
        return self.policy if self.of_policy is None else self.of_policy


class Reader(Settings):
    """A model, and how it is given a prompt to read."""

    model: str
    """Id of the model."""
    origin: dict[str, Any]
    """Where its checkpoint comes from."""
    prompt: Prompt
    """The texts around the question."""
    effort: Effort | None = None
    template_arguments: Arguments = {}

    @property
    def reading(self) -> Reading:
        """What the chat template is told."""
        return Reading(effort=self.effort, template_arguments=self.template_arguments)


class PinnedReader(Reader):
    """A reader whose files are known."""

    files: dict[str, str]
    """SHA-256 of the checkpoint's files."""
    dtype: Dtype
    """In which the study ran it."""
    template_hash: str
    """Of the chat template."""


class Chosen(Settings):
    """An operating point that the study chose: of a router, or the single policy that takes its place."""

    router: str
    criterion: Criterion
    value: float | None = None
    """What the criterion asks for: USD per problem of a budget, less what reading prompts costs where the budget is for
    that too and a router keeps it; or the share of right answers of an accuracy."""
    choice: str
    """The rule that applied."""
    operating_point: float | None
    """Lambda of the utility router, threshold of the cascade."""
    policy: str | None
    """Takes every prompt, where no operating point fulfilled the criterion."""


class Study(Settings):
    """What the router was made of and for."""

    study: str
    title: str
    evidence: Literal["original", "analogue"]
    pool: str
    problem_set: str
    chosen_on: str
    """Split on which operating points were chosen."""
    family: str
    """Family of predictors by which queries are routed."""


class RouterDescription(Study):
    """A router."""

    policies: list[Answering]
    """From cheap to dear."""
    readers: dict[str, PinnedReader]
    """By the id of the encoder."""
    chosen: list[Chosen]
    unlike_above: float
    """A prompt that is further away than this, in units of `usual_distance`, is unlike those of train."""
