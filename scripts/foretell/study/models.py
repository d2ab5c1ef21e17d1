"""The entries of `models`: one class per source."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, PositiveInt
from typing_extensions import override

from foretell.common.arguments import Settings
from foretell.completions.policy import ThinkingMarks
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


class Model(Settings):
    """What all models have in common."""

    price: Price
    """Price in USD per million tokens."""

    @property
    def made_by(self) -> str:
        """The rule that makes the checkpoint."""
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

    @property
    @override
    def made_by(self) -> str:
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

    size: Size | None = None
    """How large it is, for `make plan`, which else cannot tell hours and storage."""

    def origin(self) -> dict[str, Any]:
        """Where the checkpoint comes from: what its files depend on."""
        return self.model_dump(exclude={"price", "dtype", "chat_template", "thinking", "size"}, exclude_none=True)


class PackageModel(Packages, Checkpoint):
    """A GGUF file that comes in packages of the package index."""


class PathModel(LocalPath, Checkpoint):
    """A checkpoint on this computer."""


class HubModel(Hub, Checkpoint):
    """A model of the Hugging Face hub."""


AnyModel = Annotated[Tiny | PackageModel | PathModel | HubModel, Field(discriminator="source")]
