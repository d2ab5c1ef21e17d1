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
_DAMAGED = (ValueError, RuntimeError, LookupError, AssertionError, OSError, SafetensorError, StrictDataclassError)
_UNKNOWN = ("Unrecognized configuration class", "recognize this architecture", "custom code")  # in transformers' errors


def load_model(folder: str, dtype: Dtype, answers: bool = True) -> PreTrainedModel:
    """A causal language model in evaluation mode, on the fastest device, or on several where one is too small for it.

    Args:
        folder: checkpoint folder.
        dtype: of its weights and of what it computes; `auto` is `fastest_dtype`.
        answers: whether it also writes: one that only reads needs no weights of what predicts tokens.

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
    except ImportError as error:
        raise UserError(f"{folder}: {_first_line(error)}") from error
    except _DAMAGED as error:
        if lacks_memory(error) or "CUDA" in str(error) or (isinstance(error, OSError) and error.errno):
            raise
        if not any(said in str(error) for said in _UNKNOWN):
            raise UserError(
                f"{folder}: no model can be made of it: {_first_line(error)}: see that its files "
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


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


def context_of(model: PreTrainedModel) -> int | None:
    """Most tokens of a prompt and its answer, where the model has attention and its configuration says so.

    Rotary positions may be stretched by a factor, which some configurations have in this number and some have not.
    """
    config = model.config.get_text_config(decoder=True)
    most = getattr(config, "max_position_embeddings", None)
    if not most or most < 0 or getattr(config, "num_attention_heads", None) is None:
        return None
    rotary = getattr(config, "rope_parameters", None) or {}
    kinds = [rotary, *(each for each in rotary.values() if isinstance(each, dict))]  # one, or one per kind of layer
    stretched = [
        (each.get("original_max_position_embeddings") or most) * each["factor"] for each in kinds if each.get("factor")
    ]
    return int(max([most, *stretched]))


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
