"""Tensors on their way from a GPU to the processor, while the GPU goes on."""

from collections.abc import Sequence

import torch


class Copies:
    """Copies of tensors, in the processor's memory; from a CUDA card they are made while this process goes on."""

    def __init__(self, tensors: Sequence[torch.Tensor]):
        self._copies = [tensor.to("cpu", non_blocking=tensor.device.type == "cuda") for tensor in tensors]
        cards = {tensor.device for tensor in tensors if tensor.device.type == "cuda"}
        self._made = [torch.cuda.current_stream(card).record_event() for card in cards]

    def wait(self) -> list[torch.Tensor]:
        """The copies, once they are made."""
        for event in self._made:
            event.synchronize()
        return self._copies
