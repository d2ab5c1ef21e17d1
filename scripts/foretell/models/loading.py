"""Loading a checkpoint to run it."""

import json
from pathlib import Path
from typing import cast

import torch
from transformers import AutoModelForCausalLM, PreTrainedModel

from foretell.common.errors import UserError
from foretell.models.devices import device_map, fastest_device, fastest_dtype
from foretell.models.origins import Dtype

_UNKNOWN = ("Unrecognized configuration class", "recognize this architecture", "custom code")  # in transformers' errors


def load_model(folder: str, dtype: Dtype) -> PreTrainedModel:
    """A causal language model in evaluation mode, on the fastest device, or on several where one is too small for it.

    Args:
        folder: checkpoint folder.
        dtype: of its weights and of what it computes; `auto` is `fastest_dtype`.

    Raises:
        UserError: its architecture is none of a causal language model.
    """
    device = fastest_device()
    chosen = fastest_dtype(device) if dtype == "auto" else getattr(torch, dtype)
    place = device_map(Path(folder), chosen, device)
    try:
        return AutoModelForCausalLM.from_pretrained(
            folder,
            local_files_only=True,
            trust_remote_code=False,
            dtype=chosen,
            device_map=None if place == "cpu" else place,
        ).eval()
    except ValueError as error:
        if not any(said in str(error) for said in _UNKNOWN):
            raise
        said = json.loads((Path(folder) / "config.json").read_text(encoding="utf-8"))
        named = ", ".join(said.get("architectures") or [str(said.get("model_type"))])
        raise UserError(
            f"{folder}: the architecture {named} is no causal language model that the installed transformers knows; "
            "choose another model"
        ) from error


def untrained(model: PreTrainedModel, seed: int) -> PreTrainedModel:
    """A model of the same architecture and dtype, at the same place, whose weights were never trained."""
    torch.manual_seed(seed)
    made = cast(torch.nn.Module, type(model)(model.config))
    return cast(PreTrainedModel, made.to(model.device, model.dtype).eval())
