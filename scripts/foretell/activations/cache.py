"""Residual-stream activations at the end-of-instruction tokens, from one prefill per prompt."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd
import torch
from transformers import PreTrainedModel

from foretell.activations.layers import chosen_layers, layer_name
from foretell.common.arguments import Settings
from foretell.common.errors import UserError
from foretell.completions.shared_prefix import SharedPrefix, share_prefix
from foretell.models.copies import Copies
from foretell.models.decoder import decoder_blocks, depth, unsupported
from foretell.models.memory import halving
from foretell.models.origins import Dtype

TOKENS = 1 << 16  # of a batch, so that long prompts fit in memory; larger batches are not faster


class ActivationSettings(Settings):
    """How a model reads."""

    dtype: Dtype
    """In which it is run."""
    untrained: int | None = None
    """Seed of random weights that it has in place of its own; None for its own."""
    layers: list[int] | None = None
    """Layers to keep, negative ones counted from the last; None for all."""
    positions: list[int] | None = None
    """Positions to keep, counted from the prompt's end; None for all end-of-instruction tokens."""


def cache(
    model: PreTrainedModel,
    prompts: pd.DataFrame,
    pad_token: int,
    dtype: np.dtype,
    batch_size: int = 64,
    layers: Sequence[int] | None = None,
) -> dict[str, np.ndarray]:
    """Run each prompt through the model once and keep its residual stream at the end-of-instruction positions.

    Prompts are padded on the right without a mask, which is exact under causal attention, in batches of similar length.
    What all prompts begin with is run once. The last layer is taken before the final norm, like the others.

    Args:
        model: a causal language model; its head is not run.
        prompts: problem_id, token_ids, eoi_positions (the same number for each).
        pad_token: id to pad with.
        dtype: of the result.
        batch_size: prompts per forward pass.
        layers: to keep, negative ones counted from the last; None for all.

    Returns:
        {layer name: [problem, position, hidden]}, problems and positions in the prompts' order.

    Raises:
        UserError: an activation does not fit into `dtype` or is not a number; the model has none of `layers`.
    """
    kept = chosen_layers(layers, range(depth(model) + 1))
    lengths = prompts.token_ids.map(len).to_numpy()
    positions = np.stack(prompts.eoi_positions)
    # One prompt shares with none: its beginning alone would be a second pass.
    prefix = SharedPrefix(0, None)
    if len(prompts) > 1:
        prefix = share_prefix(model, list(prompts.token_ids.map(list)), -int(positions.min()), lengths.max())
    cached: dict[str, np.ndarray] = {}
    wanted = torch.from_numpy(lengths[:, None] - prefix.length + positions)
    kind = torch.from_numpy(np.empty(0, dtype)).dtype

    def read(rows: np.ndarray) -> Copies:
        tokens = np.full((len(rows), lengths[rows].max() - prefix.length), pad_token)
        for line, row in enumerate(rows):
            tokens[line, : lengths[row] - prefix.length] = prompts.token_ids.iloc[row][prefix.length :]
        states = _prefill(model, torch.from_numpy(tokens).to(model.device), prefix, wanted[rows], kept)
        return Copies([values.to(kind) for values in states])

    def keep(rows: np.ndarray, copies: Copies) -> None:
        for layer, values in zip(kept, copies.wait(), strict=True):
            states, name = values.numpy(), layer_name(layer)
            if not np.isfinite(states).all():
                problem = prompts.problem_id.iloc[rows[np.argwhere(~np.isfinite(states))[0][0]]]
                raise UserError(f"layer {layer}, problem {problem!r}: an activation is not finite in {dtype}")
            if name not in cached:
                cached[name] = np.empty((len(prompts), *states.shape[1:]), dtype)
            cached[name][rows] = states

    running: tuple[np.ndarray, Copies] | None = None
    for batch in halving(_batches_by_length(lengths, batch_size), read):
        if running is not None:  # while a GPU runs the next one
            keep(*running)
        running = batch
    if running is not None:
        keep(*running)
    return cached


def _batches_by_length(lengths: np.ndarray, size: int) -> list[np.ndarray]:
    """Rows in batches of similar length, the longest first: what does not fit shows at once.

    A batch has at most `size` rows and, padding included, TOKENS tokens, if it has more than one row.
    """
    order, batches, start = np.argsort(-lengths, kind="stable"), [], 0
    while start < len(order):
        end = start + max(1, min(size, TOKENS // int(lengths[order[start]])))
        batches.append(order[start:end])
        start = end
    return batches


@torch.inference_mode()
def _prefill(
    model: PreTrainedModel, tokens: torch.Tensor, prefix: SharedPrefix, wanted: torch.Tensor, layers: list[int]
) -> list[torch.Tensor]:
    """Residual stream at `wanted` [n, position] in some layers (0 is the embedding), each [n, position, hidden].

    Tokens and wanted positions are those after the prefix.
    """
    cache = prefix.repeat(len(tokens))
    continued = {} if cache is None else {"past_key_values": cache}
    with _gathering(model, wanted, layers) as gathered:
        model.base_model(input_ids=tokens, use_cache=bool(continued), **continued)
    return gathered


@contextmanager
def _gathering(model: PreTrainedModel, wanted: torch.Tensor, layers: list[int]) -> Iterator[list[torch.Tensor]]:
    """Hooks that keep what is wanted only, so that memory does not grow with prompt length or depth."""
    gathered: list[torch.Tensor] = []

    def gather(hidden: torch.Tensor) -> None:
        if hidden.dim() != len(("problem", "token", "hidden")):
            raise unsupported(model, f"states of {hidden.dim()} dimensions")
        index = wanted.to(hidden.device)[:, :, None].expand(-1, -1, hidden.shape[-1])
        gathered.append(hidden.gather(1, index))

    def before_block(_: torch.nn.Module, arguments: tuple, keywords: dict) -> None:
        gather(arguments[0] if arguments else keywords["hidden_states"])

    def after_block(_: torch.nn.Module, __: tuple, output: Any) -> None:
        gather(output[0] if isinstance(output, tuple) else output)

    blocks = decoder_blocks(model)
    hooks = [blocks[0].register_forward_pre_hook(before_block, with_kwargs=True)] if 0 in layers else []
    hooks += [blocks[layer - 1].register_forward_hook(after_block) for layer in layers if layer]
    try:
        yield gathered
    finally:
        for hook in hooks:
            hook.remove()
