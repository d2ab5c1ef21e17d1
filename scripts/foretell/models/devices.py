"""On what a model is run, and in which dtype it is fastest there."""

import math
from pathlib import Path

import torch
from safetensors import safe_open

ROOM = 1.2  # memory that a model's work needs at least, as a multiple of its weights'
SPREAD = "auto"  # over all cards, and the processor's memory where these do not suffice


def fastest_device() -> torch.device:
    """The CUDA card with most free memory, else Apple's GPU, else the processor.

    Which cards a job sees is for whoever starts it to say, by `CUDA_VISIBLE_DEVICES` as clusters do.
    """
    if torch.cuda.is_available():
        return torch.device("cuda", max(range(torch.cuda.device_count()), key=_free))
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def _free(card: int) -> int:
    """Free memory of a card in bytes."""
    return torch.cuda.mem_get_info(card)[0]


def device_map(folder: Path, dtype: torch.dtype, device: torch.device) -> str:
    """Where a checkpoint's weights go, as transformers takes it: a device, or SPREAD where it is too small for them."""
    if device.type != "cuda":
        return str(device)
    return str(device) if ROOM * size_of_weights(folder, dtype) <= _free(device.index) else SPREAD


def unused_memory(model: torch.nn.Module) -> int:
    """Bytes that a model's weights leave of the memory of the cards on which they are."""
    weights = [each for each in model.parameters() if each.device.type == "cuda"]
    cards = {each.device.index for each in weights}
    return sum(torch.cuda.mem_get_info(card)[1] for card in cards) - sum(each.nbytes for each in weights)


def size_of_weights(folder: Path, dtype: torch.dtype) -> int:
    """Bytes that a checkpoint's weights have in a dtype, from the headers of its files."""
    numbers = 0
    for file in folder.glob("*.safetensors"):
        with safe_open(file, framework="pt") as weights:
            numbers += sum(math.prod(weights.get_slice(name).get_shape()) for name in weights.keys())  # noqa: SIM118
    return numbers * dtype.itemsize


def fastest_dtype(device: torch.device) -> torch.dtype:
    """bfloat16 where a device computes with it, else float32, which is then faster or what is left."""
    if device.type == "cuda":
        native = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        capabilities = torch.cpu.get_capabilities() if device.type == "cpu" else {}
        native = any(capabilities.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))
    return torch.bfloat16 if native else torch.float32
