"""Sampled completions from a Hugging Face checkpoint: batched, with a key-value cache."""

import math
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import torch
from transformers import PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerBase

from foretell.common.errors import UserError
from foretell.completions.policy import Decoding
from foretell.completions.rows import start_rows
from foretell.completions.samples import GREEDY, completions_of
from foretell.completions.sampling import choose_tokens, uniform_stream
from foretell.completions.shared_prefix import SharedPrefix, share_prefix
from foretell.completions.thinking import Thinking, Written
from foretell.models.context import context_of
from foretell.models.decoder import pads
from foretell.models.devices import unused_memory
from foretell.models.memory import halving

# On a processor: prompts of a batch, and numbers that its logits of one step (512 MB in float32) and its keys and
# values (1 GB) may have, so that batches fit in memory. Larger ones are not faster, but those of a few rows read the
# weights for little: for ROWS, keys and values may have LARGE_CACHE numbers.
PROMPTS = 128
LOGITS = 1 << 27
CACHE = 1 << 28
ROWS = 64
LARGE_CACHE = 1 << 30
# On GPUs, where larger batches are faster: the share of what the weights leave of their memory.
SHARE = 0.5
SAMPLING = 4 * torch.float64.itemsize  # bytes per logit: probabilities, sorted and summed, as `choose_tokens` has them


def generate(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    prompts: pd.DataFrame,
    decoding: Decoding,
    policy: str,
    seed: int,
    batch_size: int | None = None,
    thinking_marks: tuple[str, str] | None = None,
) -> pd.DataFrame:
    """Sample k completions of each prompt, and the greedy one.

    Prompts are batched by length, so batches depend on the prompts, the model and the device alone.

    Args:
        model: a causal language model in evaluation mode.
        tokenizer: its tokenizer.
        prompts: problem_id, token_ids.
        decoding: how to sample.
        policy: id of the policy, part of the key of the random numbers.
        seed: of the study.
        batch_size: most prompts per batch; each has k + 1 rows while generating. None for as many as `fitting_prompts`
            says, which is the most in any case.
        thinking_marks: see `Thinking`.

    Returns:
        One row per completion, in the prompts' order, samples 0..k-1 then GREEDY: problem_id, sample, completion (text
        without special tokens, its thinking as `Thinking` marks it), prompt_tokens, completion_tokens (all that were
        generated), thinking_tokens (those of them that are thinking), finish_reason (`stop` or `length`).
    """
    samples = [*range(decoding.samples), GREEDY]
    lengths = prompts.token_ids.map(len).to_numpy()
    longest = longest_sequence(model.config, prompts, decoding)
    fitting = fitting_prompts(model, len(samples), longest)
    batch_size = fitting if batch_size is None else min(batch_size, fitting)
    order = np.argsort(lengths, kind="stable")
    prefix = share_prefix(model, list(prompts.token_ids.map(list)), 1, longest)
    thinking = Thinking(tokenizer, thinking_marks)
    completions: dict[int, list[tuple]] = {}

    def complete(rows: np.ndarray) -> list[tuple]:
        batch = prompts.iloc[rows]
        streams = [uniform_stream(seed, policy, problem, sample) for problem in batch.problem_id for sample in samples]
        return _decode(model, tokenizer, list(batch.token_ids), prefix, samples, streams, decoding, thinking)

    alike = [order] if pads(model) else np.split(order, np.flatnonzero(np.diff(lengths[order])) + 1)
    batches = [rows[start : start + batch_size] for rows in alike for start in range(0, len(rows), batch_size)]
    for rows, generated in halving(batches, complete):
        for index, row in enumerate(rows):
            completions[row] = generated[index * len(samples) : (index + 1) * len(samples)]
    records = [
        (prompts.problem_id.iloc[row], sample, text, lengths[row], count, thought, reason)
        for row in range(len(prompts))
        for sample, (text, count, thought, reason) in zip(samples, completions[row], strict=True)
    ]
    return completions_of(records)


def longest_sequence(config: PreTrainedConfig, prompts: pd.DataFrame, decoding: Decoding) -> int:
    """Most tokens that one of the prompts and its answer can have: what does not fit into the context is cut off."""
    longest = int(prompts.token_ids.map(len).max()) if len(prompts) else 0
    return int(min(longest + decoding.max_tokens, context_of(config) or math.inf))


def fitting_prompts(model: PreTrainedModel, samples: int, tokens: int) -> int:
    """How many prompts of so many samples and tokens fit into memory, at least 1.

    It depends on the model and the device, not on what else is in the memory: batches are part of a result.
    """
    config = model.config.get_text_config()
    of_queries = getattr(config, "num_attention_heads", None) or 1  # models of states only have none
    heads = getattr(config, "num_key_value_heads", None) or of_queries
    head_size = getattr(config, "head_dim", None) or config.hidden_size // of_queries
    cached = 2 * config.num_hidden_layers * heads * head_size * tokens
    if model.device.type == "cuda":
        rows = SHARE * unused_memory(model) / (cached * model.dtype.itemsize + config.vocab_size * SAMPLING)
        return max(1, int(rows) // samples)
    rows = max(CACHE // cached, min(ROWS, LARGE_CACHE // cached))
    return max(1, min(PROMPTS, min(LOGITS // config.vocab_size, rows) // samples))


def end_tokens(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> set[int]:
    """Tokens that end a completion: the tokenizer's, and those of the model's generation settings."""
    named = model.generation_config.eos_token_id
    return {*([named] if isinstance(named, int) else named or []), tokenizer.eos_token_id} - {None}


def padding_token(tokenizer: PreTrainedTokenizerBase) -> int:
    """A token to pad with; which one does not matter, since nothing attends to it."""
    known = (token for token in (tokenizer.pad_token_id, tokenizer.eos_token_id) if token is not None)
    return next(known, 0)


@dataclass
class _Completion:
    """Tokens of one completion so far, how many it may have, and why it ended."""

    most: int
    tokens: list[int] = field(default_factory=list)
    reason: str = ""  # empty while it goes on


class _Ending:
    """Tells when a completion has ended, and what it then is."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, ends: set[int], decoding: Decoding, thinking: Thinking):
        self._tokenizer, self._ends, self._thinking = tokenizer, ends, thinking
        self._stop = decoding.stop

    def extend(self, completion: _Completion, token: int) -> bool:
        """Add a token; whether the completion goes on. Stop strings are matched in the text, not in single tokens."""
        completion.tokens.append(token)
        if token in self._ends or (self._stop and self._stops(self._decode(completion.tokens))):
            completion.reason = "stop"
        elif len(completion.tokens) == completion.most:
            completion.reason = "length"
        return not completion.reason

    def read(self, completion: _Completion, prompt: list[int]) -> Written:
        """The text up to a stop string, and how many tokens of the completion are thinking."""
        ended = completion.tokens[-1] in self._ends
        written = self._thinking.read(completion.tokens[: -1 if ended else None], prompt)
        stops = [] if ended else self._stops(written.text)
        return written._replace(text=written.text[: min(stops)]) if stops else written

    def _stops(self, text: str) -> list[int]:
        return [place for string in self._stop if (place := text.find(string)) >= 0]

    def _decode(self, tokens: list[int]) -> str:
        return str(self._tokenizer.decode(tokens, skip_special_tokens=True))


@torch.inference_mode()
def _decode(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    prompts: list[list[int]],
    prefix: SharedPrefix,
    samples: list[int],
    streams: list[np.random.Generator],
    decoding: Decoding,
    thinking: Thinking,
) -> list[tuple[str, int, int, str]]:
    """Decode one batch.

    Each prompt is prefilled once. Samples of a prompt that agree so far are one row of the model's batch, which
    branches where they part; samples that have ended leave it.
    """
    place = torch.device("cpu") if model.device.type == "mps" else model.device  # which has no doubles
    ending = _Ending(tokenizer, end_tokens(model, tokenizer), decoding, thinking)
    context = context_of(model.config) or math.inf
    most = [min(decoding.max_tokens, context - len(prompt)) for prompt in prompts for _ in samples]
    completions = [_Completion(int(each)) for each in most]
    running = list(range(len(streams)))
    rows = torch.arange(len(prompts), device=place).repeat_interleave(len(samples))  # of the running samples
    greedy = torch.tensor(samples, device=place).eq(GREEDY).repeat(len(prompts))
    texts = start_rows(model, prompts, prefix, padding_token(tokenizer))
    if texts.logits.isnan().any():
        raise UserError(
            "the model's logits are no numbers: fetch it again, where its weights are damaged, or set its 'dtype' to "
            "float32"
        )
    while True:
        uniforms = torch.tensor([streams[sample].random() for sample in running], dtype=torch.float64, device=place)
        chosen = choose_tokens(texts.logits.to(place), rows, uniforms, greedy, decoding)
        goes_on = [
            ending.extend(completions[sample], token) for sample, token in zip(running, chosen.tolist(), strict=True)
        ]
        if not any(goes_on):
            break
        running = [sample for sample, kept in zip(running, goes_on, strict=True) if kept]
        kept = torch.tensor(goes_on, device=place).nonzero()[:, 0]
        greedy = greedy[kept]
        parents, tokens, rows = _branch(rows[kept], chosen[kept], texts.logits.shape[-1])
        texts.advance(parents.to(model.device), tokens.to(model.device))
    of_prompts = [list(prompt) for prompt in prompts for _ in samples]
    return [
        (text, len(completion.tokens), thought, completion.reason)
        for completion, prompt in zip(completions, of_prompts, strict=True)
        for text, thought in [ending.read(completion, prompt)]
    ]


def _branch(
    rows: torch.Tensor, chosen: torch.Tensor, vocabulary: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The rows that go on: each row with each token that a sample of it has chosen, once.

    Returns:
        Row that each goes on from, its new token, and which of them each sample now is.
    """
    pairs, places = torch.unique(rows * vocabulary + chosen, return_inverse=True)
    return pairs // vocabulary, pairs % vocabulary, places
