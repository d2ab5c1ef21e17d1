"""GGUF files as ordinary checkpoint folders: their weights are de-quantised once."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import gguf
import torch
from huggingface_hub.errors import StrictDataclassError
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel
from transformers import logging as transformers_logging
from transformers.integrations.gguf.reader import GgufHeader, read_gguf_metadata
from transformers.modeling_gguf_pytorch_utils import GGUF_SUPPORTED_ARCHITECTURES

from foretell.common.errors import UserError

MAGIC = b"GGUF"
OTHERWISE = "Use a checkpoint folder of the model"


def is_gguf(file: Path) -> bool:
    """Whether a file starts as GGUF files do."""
    with open(file, "rb") as opened:
        return opened.read(len(MAGIC)) == MAGIC


def to_checkpoint(file: Path, folder: Path) -> dict:
    """De-quantise a GGUF file into a checkpoint folder, weights in bfloat16.

    Args:
        file: is read.
        folder: gets config.json, model.safetensors, the tokenizer and, if the file has one, the chat template.

    Returns:
        architecture and quantisation, as the file names them.

    Raises:
        UserError: the file is no GGUF file or a damaged one, or transformers cannot read its architecture.
    """
    if not is_gguf(file):
        raise UserError(f"{file}: this is no GGUF file")
    fields = _fields(file)
    architecture = fields["general.architecture"]
    if architecture not in GGUF_SUPPORTED_ARCHITECTURES:
        known = ", ".join(sorted(GGUF_SUPPORTED_ARCHITECTURES))
        raise UserError(
            f"{file}: transformers cannot read GGUF files of the architecture {architecture!r}; it knows "
            f"{known}. {OTHERWISE}"
        )
    _require_whole(file)
    for size in ("block_count", "embedding_length"):
        if (field := f"{architecture}.{size}") not in fields:  # transformers would build a model of its default size
            raise UserError(f"{file}: it does not say how large the model is: {field!r} is missing. {OTHERWISE}")
    transformers_logging.set_verbosity_error()  # it advises on computing with packed weights, which is not done here
    transformers_logging.disable_progress_bar()
    source: dict[str, Any] = {"gguf_file": file.name, "local_files_only": True}
    try:
        with _fields_read_once():
            loaded = AutoModelForCausalLM.from_pretrained(file.parent, **source, dtype=torch.bfloat16)
            tokenizer = AutoTokenizer.from_pretrained(file.parent, **source)
    except (ValueError, RuntimeError, KeyError, StrictDataclassError) as error:
        raise UserError(f"{file}: transformers cannot read it ({error}). {OTHERWISE}") from None
    _plain(loaded).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    kind = fields.get("general.file_type")
    quantisation = gguf.LlamaFileType(kind).name.removeprefix("MOSTLY_") if kind is not None else "not said"
    return {"architecture": architecture, "quantisation": quantisation}


def _require_whole(file: Path) -> None:
    """Whether the file reaches to the end of its last tensor, as far as their types are known."""
    try:
        header = GgufHeader.from_file(str(file))
    except ValueError:
        return
    end = header.data_start + max((each.offset + each.nbytes for each in header.tensors), default=0)
    if (size := file.stat().st_size) < end:
        raise UserError(f"{file}: it is cut off: it has {size} bytes, and its tensors end at {end}; fetch it again")


@contextmanager
def _fields_read_once() -> Iterator[None]:
    """Have transformers read a file's fields once; it would read them anew for configuration, weights and tokenizer.

    A large vocabulary makes that most of the time: a quarter of a minute each for the 262,000 tokens of Gemma 3.
    """
    library: Any = gguf
    reader = library.GGUFReader
    library.GGUFReader = cache(reader)
    try:
        yield
    finally:
        library.GGUFReader = reader


def _plain(loaded: PreTrainedModel) -> PreTrainedModel:
    """The same model without the mark of quantisation, with which transformers refuses to save it."""
    config = loaded.config
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    with torch.device("meta"):  # so that it gets the weights that there are, in place of random ones of its own
        plain = type(loaded)(config)
    plain.load_state_dict(loaded.state_dict(), assign=True)
    plain.generation_config = loaded.generation_config
    return plain


def _fields(file: Path) -> dict[str, Any]:
    try:
        fields, _ = read_gguf_metadata(str(file))
    except struct.error:
        raise UserError(f"{file}: its fields end too early: it is cut off, or damaged; fetch it again") from None
    except ValueError as error:
        raise UserError(f"{file}: transformers cannot read it ({error}). {OTHERWISE}") from None
    return fields
