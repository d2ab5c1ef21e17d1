"""Sampled completions from a Hugging Face checkpoint: batched, with a key-value cache."""

import numpy as np
import pandas as pd
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from foretell.rollouts import GREEDY
from foretell.sampling import choose_tokens, uniform_stream


def generate(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    prompts: pd.DataFrame,
    decoding: dict,
    policy: str,
    seed: int,
    batch_size: int = 128,
) -> pd.DataFrame:
    """Sample k completions of each prompt, and the greedy one.

    Prompts are batched by length, so batches depend on the prompts alone.

    Args:
        model: a causal language model in evaluation mode.
        tokenizer: its tokenizer; its end-of-sequence token ends a completion.
        prompts: problem_id, token_ids.
        decoding: samples (k), temperature, top_p, max_tokens.
        policy: id of the policy, part of the key of the random numbers.
        seed: of the study.
        batch_size: prompts per batch; each has k + 1 rows while generating.

    Returns:
        One row per completion, in the prompts' order, samples 0..k-1 then GREEDY: problem_id, sample, completion (text
        without special tokens), prompt_tokens, completion_tokens (the end token counts), finish_reason (`stop` or
        `length`).
    """
    samples = [*range(decoding["samples"]), GREEDY]
    lengths = prompts.token_ids.map(len).to_numpy()
    order = np.argsort(lengths, kind="stable")
    completions: dict[int, list[tuple]] = {}
    for start in range(0, len(order), batch_size):
        rows = order[start : start + batch_size]
        batch = prompts.iloc[rows]
        streams = [uniform_stream(seed, policy, problem, sample) for problem in batch.problem_id for sample in samples]
        generated = _decode(model, tokenizer, list(batch.token_ids), samples, streams, decoding)
        for index, row in enumerate(rows):
            completions[row] = generated[index * len(samples) : (index + 1) * len(samples)]
    records = [
        (prompts.problem_id.iloc[row], sample, text, lengths[row], count, reason)
        for row in range(len(prompts))
        for sample, (text, count, reason) in zip(samples, completions[row], strict=True)
    ]
    columns = ["problem_id", "sample", "completion", "prompt_tokens", "completion_tokens", "finish_reason"]
    return pd.DataFrame(records, columns=columns)


@torch.inference_mode()
def _decode(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    prompts: list[list[int]],
    samples: list[int],
    streams: list[np.random.Generator],
    decoding: dict,
) -> list[tuple[str, int, str]]:
    """Decode one batch; prefill once per prompt, then all its samples side by side."""
    device, end = model.device, tokenizer.eos_token_id
    tokens, mask = _pad_left(prompts, tokenizer.pad_token_id, device)
    positions = (mask.cumsum(dim=1) - 1).clamp(min=0)
    output = model(input_ids=tokens, attention_mask=mask, position_ids=positions, use_cache=True, logits_to_keep=1)
    cache = output.past_key_values
    cache.batch_repeat_interleave(len(samples))
    logits = output.logits[:, -1].repeat_interleave(len(samples), dim=0)
    mask = mask.repeat_interleave(len(samples), dim=0)
    position = mask.sum(dim=1, keepdim=True)
    greedy = torch.tensor(samples, device=device).eq(GREEDY).repeat(len(prompts))

    rows = len(streams)
    generated = torch.full((rows, decoding["max_tokens"]), end, device=device)
    finished = torch.zeros(rows, dtype=torch.bool, device=device)
    for step in range(decoding["max_tokens"]):
        uniforms = torch.tensor([stream.random() for stream in streams], dtype=torch.float64, device=device)
        chosen = choose_tokens(logits, uniforms, greedy, decoding["temperature"], decoding["top_p"])
        chosen = torch.where(finished, end, chosen)
        generated[:, step] = chosen
        finished |= chosen == end
        if finished.all() or step == decoding["max_tokens"] - 1:
            break
        mask = torch.cat([mask, mask.new_ones(rows, 1)], dim=1)
        output = model(
            input_ids=chosen[:, None],
            attention_mask=mask,
            position_ids=position + step,
            past_key_values=cache,
            use_cache=True,
        )
        logits = output.logits[:, -1]
    return [_completion(row, end, tokenizer) for row in generated.tolist()]


def _pad_left(prompts: list[list[int]], pad: int, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    longest = max(map(len, prompts))
    tokens = torch.tensor([[pad] * (longest - len(prompt)) + list(prompt) for prompt in prompts], device=device)
    mask = torch.tensor([[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in prompts], device=device)
    return tokens, mask


def _completion(tokens: list[int], end: int, tokenizer: PreTrainedTokenizerBase) -> tuple[str, int, str]:
    """Text, number of generated tokens, and why generation stopped."""
    stopped = end in tokens
    used = tokens[: tokens.index(end)] if stopped else tokens
    text = tokenizer.decode(used, skip_special_tokens=True)
    return text, len(used) + stopped, "stop" if stopped else "length"
