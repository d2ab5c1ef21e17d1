"""Loading a checkpoint to run it."""

import json
import re
from pathlib import Path
from typing import Any, cast

import torch
from huggingface_hub.errors import StrictDataclassError
from safetensors import SafetensorError
from transformers import AutoModelForCausalLM, PreTrainedModel
from transformers.quantizers.auto import AUTO_QUANTIZATION_CONFIG_MAPPING

from foretell.common.errors import UserError, first_line, lacks_memory
from foretell.models.devices import device_map, fastest_device, fastest_dtype
from foretell.models.origins import Dtype

# What transformers raises for files that are damaged or do not fit each other.
_DAMAGED = (ValueError, RuntimeError, LookupError, AssertionError, OSError, SafetensorError, StrictDataclassError)
# Kinds of quantised weights that transformers knows; of one it adds the number of bits to the name.
_QUANTISED = [re.sub(r"_[48]bit$", "", name) for name in AUTO_QUANTIZATION_CONFIG_MAPPING]
_UNKNOWN = ("Unrecognized configuration class", "recognize this architecture", "custom code")  # in transformers' errors


def load_model(folder: str, dtype: Dtype, answers: bool = True) -> PreTrainedModel:
    """A causal language model in evaluation mode, on the fastest device, or on several where one is too small for it.

    Args:
        folder: checkpoint folder.
        dtype: of its weights and of what it computes; `auto` is `fastest_dtype`.
        answers: whether it also writes: one that only reads needs no weights of what predicts tokens.

    Raises:
        UserError: its architecture is none of a causal language model, its weights are quantised in a way that is not
            known, or its files are damaged or not all there.
    """
    _check_configuration(Path(folder))
    device = fastest_device()
    chosen = fastest_dtype(device) if dtype == "auto" else getattr(torch, dtype)
    place = device_map(Path(folder), chosen, device)
    try:
        made: Any = AutoModelForCausalLM.from_pretrained(
            folder,
            local_files_only=True,
            trust_remote_code=False,
            dtype=chosen,
            device_map=None if place == "cpu" else place,
            output_loading_info=True,
        )
    except ImportError as error:
        raise UserError(f"{folder}: {first_line(error)}") from error
    except _DAMAGED as error:
        if lacks_memory(error) or "CUDA" in str(error) or (isinstance(error, OSError) and error.errno):
            raise
        if not any(said in str(error) for said in _UNKNOWN):
            raise UserError(
                f"{folder}: no model can be made of it: {first_line(error)}: see that its files "
                "are whole and belong together"
            ) from error
        said = json.loads((Path(folder) / "config.json").read_text(encoding="utf-8"))
        named = ", ".join(said.get("architectures") or [str(said.get("model_type"))])
        raise UserError(
            f"{folder}: the architecture {named} is no causal language model that the installed transformers knows; "
            "choose another model"
        ) from error
    model, loaded = made
    missing = sorted(loaded["missing_keys"])
    if not answers:
        missing = [name for name in missing if name.startswith(model.base_model_prefix)]
    if missing:
        raise UserError(
            f"{folder}: {len(missing)} weights of the model are in none of its files, such as {missing[0]!r}, and "
            "would be random: add the files that have them, or choose another model"
        )
    return cast(PreTrainedModel, model.eval())


def _check_configuration(folder: Path) -> None:
    """Refuse what transformers would pass over: settings of answers that are no JSON, and unknown quantised weights.

    Without the former a model does not know where its answers end; the latter would be taken for plain ones.
    """
    for name in ("config.json", "generation_config.json"):
        if not (file := folder / name).is_file():
            continue
        try:
            said = json.loads(file.read_text(encoding="utf-8"))
        except ValueError as error:
            raise UserError(f"{file} is damaged ({error}): fetch it again") from error
        if not isinstance(said, dict):
            raise UserError(f"{file} is damaged (it holds no object): fetch it again")
        quantised = said.get("quantization_config") or {}
        method = quantised.get("quant_method") if isinstance(quantised, dict) else quantised
        if method is not None and method not in _QUANTISED:
            raise UserError(
                f"{file}: the installed transformers does not know weights quantised by {method!r}: choose another "
                "checkpoint of the model, or a newer transformers"
            )


def untrained(model: PreTrainedModel, seed: int) -> PreTrainedModel:
    """A model of the same architecture and dtype, at the same place, whose weights were never trained."""
    torch.manual_seed(seed)
    made = cast(torch.nn.Module, type(model)(model.config))
    return cast(PreTrainedModel, made.to(model.device, model.dtype).eval())
