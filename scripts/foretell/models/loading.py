"""Loading a checkpoint to run it."""

import torch
from transformers import AutoModelForCausalLM, PreTrainedModel

DTYPES = ("auto", "float32", "bfloat16", "float16")


def load_model(folder: str, dtype: str) -> PreTrainedModel:
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
    return type(model)(model.config).to(model.dtype).eval()


def fastest_dtype() -> torch.dtype:
    """bfloat16 where the processor computes with it, else float32, which is then faster."""
    capabilities = torch.cpu.get_capabilities()
    native = any(capabilities.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))
    return torch.bfloat16 if native else torch.float32
