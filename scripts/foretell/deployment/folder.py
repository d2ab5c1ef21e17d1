"""Reading the folder of an exported router, and the checkpoints that it names."""

import json
from pathlib import Path

import numpy as np
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.numpy import load_file

from foretell.common.arguments import describe_errors
from foretell.common.errors import UserError
from foretell.common.provenance import file_hash
from foretell.deployment.description import PinnedReader, RouterDescription
from foretell.deployment.files import MANIFEST, PROBES, ROUTER, SCHEMA

AGAIN = "export the router again"


def read_folder(folder: Path) -> tuple[RouterDescription, dict[str, np.ndarray]]:
    """What a router is, and its tensors, by `{policy}/{name}`.

    Raises:
        UserError: a file is missing, is not what the manifest says, or is of another schema.
    """
    manifest = folder / MANIFEST
    if not manifest.is_file():
        raise UserError(f"{manifest}: not there; name the folder of an exported router, results/STUDY/routers/POOL")
    said = json.loads(manifest.read_text(encoding="utf-8"))
    if said.get("schema") != SCHEMA:
        raise UserError(f"{manifest}: schema {said.get('schema')!r}, but this code reads {SCHEMA}: {AGAIN}")
    for name, expected in said["files"].items():
        file = folder / name
        if not file.is_file() or file_hash(file) != expected:
            raise UserError(f"{file}: is not what {manifest} says: {AGAIN}")
    try:
        description = RouterDescription.model_validate_json((folder / ROUTER).read_bytes())
        return description, load_file(folder / PROBES)
    except ValidationError as error:
        raise UserError(f"{folder / ROUTER}: {describe_errors(error)[0]}: {AGAIN}") from None
    except SafetensorError as error:
        raise UserError(f"{folder / PROBES}: {error}: {AGAIN}") from None


def router_id(folder: Path) -> str:
    """What tells a router from any other: the SHA-256 of its manifest, which has the sums of all that it is made of."""
    return file_hash(folder / MANIFEST)


def checked_checkpoint(reader: PinnedReader, models: Path) -> Path:
    """The folder of a reader's checkpoint, all of whose files are those that the probes were trained on.

    Args:
        reader: which model.
        models: folder of checkpoints by the id of the model.

    Raises:
        UserError: a file is missing, or another one.
    """
    folder = models / reader.model
    for name, expected in reader.files.items():
        file = folder / name
        if not file.is_file():
            raise UserError(
                f"{file}: not there, and the router reads prompts with the model {reader.model!r}: give "
                f"the folder that holds its checkpoint as --models; it comes from {json.dumps(reader.origin)}"
            )
        if file_hash(file) != expected:
            raise UserError(f"{file}: is not the file that the router's probes were trained with (SHA-256 {expected})")
    return folder
