"""Loading a checkpoint to run it."""

from typing import cast

import torch
from transformers import AutoModelForCausalLM, PreTrainedModel

from foretell.models.origins import Dtype


def load_model(folder: str, dtype: Dtype) -> PreTrainedModel:
    """A causal language model in evaluation mode.

    Args:
        folder: checkpoint folder.
        dtype: of its weights and of what it computes; `auto` is `fastest_dtype`.
    """
    chosen = fastest_dtype() if dtype == "auto" else getattr(torch, dtype)
    return AutoModelForCausalLM.from_pretrained(folder, local_files_only=True, dtype=chosen).eval()


def untrained(model: PreTrainedModel, seed: int) -> PreTrainedModel:
    """A model of the same architecture and dtype whose weights were never trained."""
    torch.manual_seed(seed)
    made = cast(torch.nn.Module, type(model)(model.config))
    return cast(PreTrainedModel, made.to(model.dtype).eval())


def fastest_dtype() -> torch.dtype:
    """bfloat16 where the processor computes with it, else float32, which is then faster."""
    capabilities = torch.cpu.get_capabilities()
    native = any(capabilities.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))
    return torch.bfloat16 if native else torch.float32
