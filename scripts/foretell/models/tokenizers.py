"""Loading the tokenizer of a checkpoint."""

import json
from pathlib import Path
from typing import Any

from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

from foretell.common.errors import UserError, first_line, lacks_memory

GENERIC = ("PreTrainedTokenizerFast", "TokenizersBackend")  # all of such a tokenizer is in tokenizer.json
CONFIG = "tokenizer_config.json"


def load_tokenizer(model_folder: str) -> PreTrainedTokenizerBase:
    """Load the tokenizer of a checkpoint folder.

    Raises:
        UserError: its files are damaged or not all there, or it does not say where in a text its tokens are.
    """
    try:
        loaded = _tokenizer_class(model_folder).from_pretrained(
            model_folder, local_files_only=True, trust_remote_code=False
        )
    except Exception as error:  # the library of tokenizers has no class of its own for damaged files
        if lacks_memory(error) or (isinstance(error, OSError) and error.errno):
            raise
        raise UserError(
            f"{model_folder}: no tokenizer can be made of it: {type(error).__name__}: {first_line(error)}: see that "
            f"tokenizer.json, {CONFIG} and the chat template are there and whole"
        ) from error
    if loaded.get_vocab().keys() <= loaded.get_added_vocab().keys():  # some classes are made without any file
        raise UserError(
            f"{model_folder} has no tokenizer: add its tokenizer.json, or what its class reads in its place"
        )
    if not loaded.is_fast:
        raise UserError(
            f"{model_folder}: its tokenizer, {type(loaded).__name__}, does not say where in a text its tokens are: add "
            "the tokenizer.json of a fast one"
        )
    return loaded


def _tokenizer_class(model_folder: str) -> Any:
    """The class that loads a tokenizer; AutoTokenizer, which takes seconds to import, only where it has its own."""
    description = Path(model_folder) / CONFIG
    if description.is_file() and json.loads(description.read_text(encoding="utf-8")).get("tokenizer_class") in GENERIC:
        return PreTrainedTokenizerFast
    from transformers import AutoTokenizer

    return AutoTokenizer
