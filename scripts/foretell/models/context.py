"""What prompts a model takes: how long, and of which tokens."""

from typing import cast

import numpy as np
import pandas as pd
import torch
from transformers import PreTrainedConfig, PreTrainedModel

from foretell.common.errors import UserError

STRETCHED = ("linear", "dynamic", "yarn")  # kinds of rotary positions whose factor may be still to come


def context_of(config: PreTrainedConfig) -> int | None:
    """Most tokens of a prompt and its answer, where a model has attention and its configuration says so.

    Rotary positions may be stretched by a factor. Configurations of the kinds STRETCHED give the number before or after
    that; all others, and those with a factor for each kind of layer, as Gemma 3's, the one after.
    """
    config = config.get_text_config(decoder=True)
    most = getattr(config, "max_position_embeddings", None)
    if not most or most < 0 or getattr(config, "num_attention_heads", None) is None:
        return None
    rotary = getattr(config, "rope_parameters", None) or {}
    if rotary.get("rope_type") not in STRETCHED or not rotary.get("factor"):
        return int(most)
    return int(max(most, (rotary.get("original_max_position_embeddings") or most) * rotary["factor"]))


def refuse_what_does_not_fit(model: PreTrainedModel, prompts: pd.DataFrame, answers: bool) -> None:
    """Hold prompts (problem_id, token_ids) against the context and the vocabulary of the model that reads them.

    Args:
        model: reads them.
        prompts: one row per problem.
        answers: whether there must be room for an answer.

    Raises:
        UserError: one is too long, or has a token that the model does not know.
    """
    if prompts.empty:
        return
    context, lengths = context_of(model.config), prompts.token_ids.map(len)
    if context is not None and lengths.max() + answers > context:
        room = " with an answer" if answers else ""
        raise UserError(
            f"the prompt of problem {prompts.problem_id[lengths.idxmax()]!r} has {lengths.max()} tokens, and the model "
            f"takes {context}{room} ('max_position_embeddings' of its config.json): leave such problems out, or "
            "shorten the prompt"
        )
    known = cast(torch.nn.Embedding, model.get_input_embeddings()).num_embeddings
    highest = prompts.token_ids.map(lambda ids: int(np.max(ids, initial=0)))
    if highest.max() >= known:
        raise UserError(
            f"the prompt of problem {prompts.problem_id[highest.idxmax()]!r} has token {highest.max()}, and the model "
            f"has {known}: its tokenizer is another model's; take tokenizer and weights from the same checkpoint"
        )
