"""The entries of `models`: one class per source."""

from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field, PositiveInt, model_validator
from typing_extensions import override

from foretell.common.arguments import Settings
from foretell.completions.engines.keys import Address, Variable
from foretell.completions.policy import Endpoint, EngineName, ThinkingMarks, TokenLimit
from foretell.models.architecture import TinyModel
from foretell.models.origins import Dtype, Hub, LocalPath, Packages
from foretell.study.problem_sets import GeneratedSet
from foretell.study.types import Id, NotNegative, Positive, Seed, Text


class Price(Settings):
    """Price in USD per million tokens."""

    input: NotNegative
    """Price of a prompt token."""
    output: NotNegative
    """Price of a generated token."""
    cached_input: NotNegative | None = None
    """Price of a prompt token that the provider read from its cache, where logs count those (`cached_tokens`); without
    it, that of any other."""
    request: NotNegative = 0.0
    """Price in USD of one request, which asks for all samples of a problem."""


BYTES = 2  # of a number in 16 bits


class Size(Settings):
    """How large a model is; `make plan` alone reads it."""

    parameters: Positive
    """Parameters, in thousand millions."""
    active: Positive | None = None
    """Of these, those that one token passes, where experts share the work."""
    layers: PositiveInt
    """Transformer blocks."""
    width: PositiveInt
    """Hidden size."""
    gigabytes: Positive | None = None
    """Gigabytes of the files that are fetched, where they are not two bytes a parameter, as of quantised weights."""

    @model_validator(mode="after")
    def _active_is_a_part(self) -> "Size":
        if self.active is not None and self.active > self.parameters:
            raise ValueError(
                f"'active' is {self.active:g}, and cannot be more than the 'parameters', {self.parameters:g}"
            )
        return self

    @property
    def fetched(self) -> float:
        """Gigabytes of the files that are fetched."""
        return self.parameters * BYTES if self.gigabytes is None else self.gigabytes


class Model(Settings):
    """What all models have in common."""

    price: Price
    """Price in USD per million tokens."""

    @property
    def made_by(self) -> str | None:
        """The rule that makes the checkpoint; None where there is none."""
        return "download_model"


class Tiny(Model, TinyModel):
    """A small decoder transformer, trained by the workflow."""

    source: Literal["tiny"]
    problem_set: Id
    """Problem set whose held-back kind of problems the model is trained on."""
    seed: Seed = 1
    """Seed of this model's initialisation and data order."""
    weights: str | None = None
    """Folder, from the project's, of weights that were trained by just these settings and the study's seed; where one
    differs they are refused. Without it the model is trained."""

    dtype: ClassVar[Dtype] = "float32"
    engine: ClassVar[EngineName] = "transformers"

    @property
    @override
    def made_by(self) -> str | None:
        return "train_tiny_model" if self.weights is None else "import_weights"

    def training(self, learnt: GeneratedSet, seed: int) -> dict[str, Any]:
        """What the weights depend on, as `TinyModelSettings` has it; not the price.

        Args:
            learnt: the problem set that the model is trained on.
            seed: of the study.
        """
        model = self.model_dump(include=set(TinyModel.model_fields))
        task = {**learnt.language(), "trained_operations": learnt.trained_operations}
        return {"model": model, "task": task, "seed": [seed, self.seed]}


def _no_server(engine: object) -> object:
    if engine == "openai":
        raise ValueError("a model on a server has 'source: server', with its 'url' and 'name'")
    return engine


class Checkpoint(Model):
    """A model that comes as a checkpoint."""

    dtype: Dtype = "auto"
    """Of weights and computation; `auto` is bfloat16 where the processor computes with it, else float32."""
    chat_template: Text | None = None
    """A file with a chat template (Jinja) to use in place of the model's own, or for one that has none."""
    thinking: ThinkingMarks | None = None
    """What the model sets around its thinking, such as `start: <reason>` and `end: </reason>`; without it, the
    tokenizer's own marks, if they are those of a known model, else `<think>` and `</think>`. What lies between is no
    answer, and its tokens are counted apart."""

    engine: Annotated[Literal["transformers", "vllm"], BeforeValidator(_no_server)] = "transformers"
    """What writes completions: `transformers`, or `vllm`, which is faster and has an environment of its own (`make
    vllm`). Activations are read by transformers."""
    size: Size | None = None
    """How large it is, for `make plan`, which else cannot tell hours and storage."""

    def origin(self) -> dict[str, Any]:
        """Where the checkpoint comes from: what its files depend on."""
        beside = {"price", "dtype", "chat_template", "thinking", "size", "engine"}
        return self.model_dump(exclude=beside, exclude_none=True)


class PackageModel(Packages, Checkpoint):
    """A GGUF file that comes in packages of the package index."""


class PathModel(LocalPath, Checkpoint):
    """A checkpoint on this computer."""


class HubModel(Hub, Checkpoint):
    """A model of the Hugging Face hub."""


# What a request says for the policy's and the model's other keys; of these some servers take no seed or temperature.
DECIDED = ("model", "messages", "prompt", "n", "stream", "stop", "top_p", "top_k", "min_p", *get_args(TokenLimit))
REMOVABLE = ("seed", "temperature")


def _beside(body: dict[str, Any]) -> dict[str, Any]:
    for name, value in body.items():
        if name in DECIDED or (name in REMOVABLE and value is not None):
            what = "give null, for a server that takes none, or leave it out" if name in REMOVABLE else "leave it out"
            raise ValueError(f"{name!r} follows from the other keys of model and policy: {what}")
    return body


class ServerModel(Model):
    """A model on a server that speaks OpenAI's protocol, such as a provider's or one's own vLLM. It shows no
    activations, so its policies name the model that reads for them (`encoder`)."""

    source: Literal["server"]
    url: Address
    """Address of the server, such as `https://api.openai.com/v1`."""
    name: Text
    """What the server calls the model."""
    key: Variable | None = None
    """Name of the environment variable that has the server's key. The key itself is neither printed nor recorded."""
    endpoint: Endpoint = "chat"
    """`chat` is sent the prompt's texts as messages; `completions` the tokens that the policy's encoder reads, for a
    server that has the encoder's own checkpoint."""
    body: Annotated[dict[str, Any], AfterValidator(_beside)] = {}
    """What each request says beside messages and decoding, such as `{service_tier: flex}`. `{seed: null}` is for a
    server that takes no seed, `{temperature: null}` for a model that takes no temperature: its policies say 1, and have
    no greedy sample."""
    token_limit: TokenLimit = "max_tokens"
    """What the server calls the limit on a completion's tokens: `max_tokens` or `max_completion_tokens`."""
    samples_per_request: PositiveInt | None = None
    """Most samples that one request asks for (`n`); all of a problem's without it. Of a server that gives fewer, the
    others are asked for in further requests. Costs count a problem's prompt and request once all the same."""
    concurrency: PositiveInt = 8
    """Requests under way at once."""
    timeout: Positive = 600.0
    """Seconds to wait for a server that says nothing."""
    attempts: PositiveInt = 8
    """How often a request is sent at most, where the server is overloaded, fails or is not reached. The time between
    doubles, up to a minute, or is what the server asks for."""

    engine: ClassVar[EngineName] = "openai"

    @property
    @override
    def made_by(self) -> str | None:
        return None

    def described(self) -> str:
        """Where the model is, for readers."""
        return f"{self.name}, asked at {self.url}"


AnyModel = Annotated[Tiny | PackageModel | PathModel | HubModel | ServerModel, Field(discriminator="source")]
