"""Tensors on their way from a GPU to the processor, while the GPU goes on."""

from collections.abc import Sequence

import torch


class Copies:
    """Copies of tensors, in the processor's memory; from a GPU they are made while this process goes on."""

    def __init__(self, tensors: Sequence[torch.Tensor]):
        self._copies = [tensor.to("cpu", non_blocking=True) for tensor in tensors]
        self._made = []
        for device in {tensor.device for tensor in tensors if tensor.device.type == "cuda"}:
            self._made.append(torch.cuda.current_stream(device).record_event())

    def wait(self) -> list[torch.Tensor]:
        """The copies, once they are made."""
        for event in self._made:
            event.synchronize()
        return self._copies
