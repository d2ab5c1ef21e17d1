"""The entries of `models`: one class per source."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from foretell.common.arguments import Settings
from foretell.models.architecture import TinyModel
from foretell.models.origins import Dtype, Hub, LocalPath, Packages
from foretell.study.types import Id, NotNegative, Seed


class Price(Settings):
    """Price in USD per million tokens."""

    input: NotNegative
    """Price of a prompt token."""
    output: NotNegative
    """Price of a generated token."""


class Model(Settings):
    """What all models have in common.

    Attributes:
        made_by: the rule that makes the checkpoint.
    """

    made_by: ClassVar[str] = "download_model"

    price: Price
    """Price in USD per million tokens."""


class Tiny(Model, TinyModel):
    """A small decoder transformer, trained by the workflow."""

    made_by: ClassVar[str] = "train_tiny_model"

    source: Literal["tiny"]
    problem_set: Id
    """Problem set whose held-back kind of problems the model is trained on."""
    seed: Seed = 1
    """Seed of this model's initialisation and data order."""

    dtype: ClassVar[Dtype] = "float32"

    def training(self) -> dict[str, Any]:
        """Architecture and training; not the price."""
        return self.model_dump(include=set(TinyModel.model_fields))


class Checkpoint(Model):
    """A model that comes as a checkpoint."""

    dtype: Dtype = "auto"
    """Of weights and computation; `auto` is bfloat16 where the processor computes with it, else float32."""

    def origin(self) -> dict[str, Any]:
        """Where the checkpoint comes from: what its files depend on."""
        return self.model_dump(exclude={"price", "dtype"}, exclude_none=True)


class PackageModel(Packages, Checkpoint):
    """A GGUF file that comes in packages of the package index."""


class PathModel(LocalPath, Checkpoint):
    """A checkpoint on this computer."""


class HubModel(Hub, Checkpoint):
    """A model of the Hugging Face hub."""


AnyModel = Annotated[Tiny | PackageModel | PathModel | HubModel, Field(discriminator="source")]
