"""The beginning that prompts have in common, such as a system prompt: it goes through the model once."""

import copy
from dataclasses import dataclass

import torch
from transformers import DynamicCache, PreTrainedModel

from foretell.models.decoder import can_share_prefix


@dataclass(frozen=True)
class SharedPrefix:
    """The first tokens of all prompts.

    Attributes:
        length: number of tokens; 0 where nothing is shared.
        cache: keys and values of one row with them; None where nothing is shared.
    """

    length: int
    cache: DynamicCache | None

    def repeat(self, rows: int) -> DynamicCache | None:
        """The cache for so many rows, to be extended by what follows."""
        if self.cache is None:
            return None
        repeated = copy.deepcopy(self.cache)
        repeated.batch_repeat_interleave(rows)
        return repeated


@torch.inference_mode()
def share_prefix(model: PreTrainedModel, prompts: list[list[int]], kept: int, longest: int) -> SharedPrefix:
    """Run the longest common beginning of prompts through the model.

    Args:
        model: a causal language model.
        prompts: token ids, at least one prompt.
        kept: tokens of each prompt, from its end, that stay out of the prefix; at least 1.
        longest: tokens that a row may come to have; see `can_share_prefix`.
    """
    first, last = min(prompts), max(prompts)  # in the order of lists, what these two share is shared by all
    length = next((place for place, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    length = min(length, min(map(len, prompts)) - kept)
    if length < 1 or not can_share_prefix(model, longest):
        return SharedPrefix(0, None)
    tokens = torch.tensor([list(first[:length])], device=model.device)
    return SharedPrefix(length, model.base_model(input_ids=tokens, use_cache=True).past_key_values)
