"""Loading a checkpoint to run it."""

import json
from pathlib import Path
from typing import Any, cast

import pandas as pd
import torch
from huggingface_hub.errors import StrictDataclassError
from safetensors import SafetensorError
from transformers import AutoModelForCausalLM, PreTrainedModel

from foretell.common.errors import UserError, lacks_memory
from foretell.models.devices import device_map, fastest_device, fastest_dtype
from foretell.models.origins import Dtype

# What transformers raises for files that are damaged or do not fit each other.
_DAMAGED: tuple[type[Exception], ...] = (ValueError, RuntimeError, LookupError, TypeError, AssertionError, ImportError)
_DAMAGED += (OSError, SafetensorError, StrictDataclassError)
_UNKNOWN = ("Unrecognized configuration class", "recognize this architecture", "custom code")  # in transformers' errors


def load_model(folder: str, dtype: Dtype) -> PreTrainedModel:
    """A causal language model in evaluation mode, on the fastest device, or on several where one is too small for it.

    Args:
        folder: checkpoint folder.
        dtype: of its weights and of what it computes; `auto` is `fastest_dtype`.

    Raises:
        UserError: its architecture is none of a causal language model, or its files are damaged or not all there.
    """
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
    except _DAMAGED as error:
        if lacks_memory(error):
            raise
        if not any(said in str(error) for said in _UNKNOWN):
            raise UserError(
                f"{folder}: no model can be made of it: {str(error).strip().partition(chr(10))[0]}: see that its files "
                "are whole and belong together"
            ) from error
        said = json.loads((Path(folder) / "config.json").read_text(encoding="utf-8"))
        named = ", ".join(said.get("architectures") or [str(said.get("model_type"))])
        raise UserError(
            f"{folder}: the architecture {named} is no causal language model that the installed transformers knows; "
            "choose another model"
        ) from error
    model, loaded = made
    if missing := sorted(loaded["missing_keys"]):
        raise UserError(
            f"{folder}: {len(missing)} weights of the model are in none of its files, such as {missing[0]!r}, and "
            "would be random: add the files that have them"
        )
    return cast(PreTrainedModel, model.eval())


def context_of(model: PreTrainedModel) -> int | None:
    """Most tokens of a prompt and its answer, where the model's configuration says so."""
    return getattr(model.config.get_text_config(), "max_position_embeddings", None)


def refuse_what_is_longer(model: PreTrainedModel, prompts: pd.DataFrame, answers: bool) -> None:
    """Hold prompts (problem_id, token_ids) against the context of the model that reads them, and maybe answers.

    Raises:
        UserError: one does not fit, or leaves no room for an answer.
    """
    context, lengths = context_of(model), prompts.token_ids.map(len)
    if context is None or lengths.empty or lengths.max() + answers <= context:
        return
    room = " with an answer" if answers else ""
    raise UserError(
        f"the prompt of problem {prompts.problem_id[lengths.idxmax()]!r} has {lengths.max()} tokens, and the model "
        f"takes {context}{room} ('max_position_embeddings' of its config.json): leave such problems out, or shorten "
        "the prompt"
    )


def untrained(model: PreTrainedModel, seed: int) -> PreTrainedModel:
    """A model of the same architecture and dtype, at the same place, whose weights were never trained."""
    torch.manual_seed(seed)
    made = cast(torch.nn.Module, type(model)(model.config))
    return cast(PreTrainedModel, made.to(model.device, model.dtype).eval())
