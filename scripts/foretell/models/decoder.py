"""What of a model is the stack of blocks that its residual stream goes through."""

import inspect
from typing import cast

from torch import nn
from transformers import DynamicCache, PreTrainedModel
from transformers.cache_utils import DynamicLayer, LinearAttentionCacheLayerMixin
from transformers.modeling_layers import GradientCheckpointingLayer

from foretell.common.errors import UserError

_WINDOWS = ("sliding_window", "window_size", "attention_chunk_size")  # what configurations call it


def decoder_blocks(model: PreTrainedModel) -> list[nn.Module]:
    """The blocks of the text decoder, in the order in which they run.

    They are known by what they are, whatever they are called: the one list of modules, in the decoder that the library
    names, that has as many blocks as the configuration says, all of the library's class of blocks.

    Raises:
        UserError: there is no such list, or more than one.
    """
    count = depth(model)
    stacks = (
        [] if model.config.is_encoder_decoder else [m for m in model.get_decoder().modules() if _is_stack(m, count)]
    )
    if len(stacks) != 1:
        raise unsupported(model, f"{len(stacks)} stacks of {count} decoder blocks")
    return list(stacks[0])


def depth(model: PreTrainedModel) -> int:
    """How many blocks the text decoder has."""
    return cast(int, model.config.get_text_config(decoder=True).num_hidden_layers)


def _is_stack(module: nn.Module, count: int) -> bool:
    return (
        isinstance(module, nn.ModuleList)
        and len(module) == count
        and all(isinstance(block, GradientCheckpointingLayer) for block in module)
    )


def unsupported(model: PreTrainedModel, found: str) -> UserError:
    """An error that names an architecture whose residual stream cannot be read."""
    return UserError(
        f"models of the architecture {type(model).__name__} cannot be read: {found} where one residual stream through "
        "the blocks of one decoder is expected; choose another model, or import its activations"
    )


def can_share_prefix(model: PreTrainedModel, longest: int) -> bool:
    """Whether what rows begin with may be run once, and the rest of each row with padding before it.

    Not where a layer keeps a state in place of keys and values, since it would go on through the padding; nor where it
    attends to a window that rows of `longest` tokens outgrow, since padding would count as distance.
    """
    config = model.config.get_text_config(decoder=True)
    windows = [window for name in _WINDOWS if isinstance(window := getattr(config, name, None), int)]
    if not takes(model, "past_key_values") or (windows and longest > min(windows)):
        return False
    return all(
        isinstance(layer, DynamicLayer) and not isinstance(layer, LinearAttentionCacheLayerMixin)
        for layer in DynamicCache(config=model.config).layers
    )


def pads(model: PreTrainedModel) -> bool:
    """Whether rows of different lengths can be padded on the left: not where a model counts positions by itself."""
    return takes(model, "position_ids")


def takes(model: PreTrainedModel, argument: str) -> bool:
    """Whether a model's forward pass has an argument of this name."""
    return argument in inspect.signature(model.forward).parameters
