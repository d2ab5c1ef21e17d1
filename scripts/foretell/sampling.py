"""Random numbers that belong to a (seed, problem, sample, token), whatever batch, shard or resumed run draws them."""

import hashlib

import numpy as np
import torch


def uniform_stream(seed: int, policy: str, problem_id: str, sample: int) -> np.random.Generator:
    """A stream whose i-th number in [0, 1) decides the i-th token of one completion."""
    key = hashlib.sha256(f"{seed}\x1f{policy}\x1f{problem_id}\x1f{sample}".encode()).digest()
    return np.random.Generator(np.random.Philox(key=np.frombuffer(key[:16], dtype=np.uint64)))


def choose_tokens(
    logits: torch.Tensor, uniforms: torch.Tensor, greedy: torch.Tensor, temperature: float, top_p: float
) -> torch.Tensor:
    """Choose one token per row, by inverting the distribution function at a given uniform number.

    Args:
        logits: [n, vocabulary], any float type.
        uniforms: [n] float64 in [0, 1).
        greedy: [n] bool; these rows take the likeliest token.
        temperature: above 0.
        top_p: smallest share of the probability mass to sample from, in (0, 1].

    Returns:
        [n] int64 token ids.
    """
    probabilities = torch.softmax(logits.double() / temperature, dim=-1)
    if top_p < 1:
        probabilities = _nucleus(probabilities, top_p)
    cumulative = probabilities.cumsum(dim=-1)
    thresholds = uniforms[:, None] * cumulative[:, -1:]
    sampled = torch.searchsorted(cumulative, thresholds, right=True)[:, 0].clamp(max=logits.shape[-1] - 1)
    return torch.where(greedy, logits.argmax(dim=-1), sampled)


def _nucleus(probabilities: torch.Tensor, top_p: float) -> torch.Tensor:
    """Zero all but the likeliest tokens that together reach `top_p` (Holtzman et al. 2020)."""
    ordered, order = probabilities.sort(dim=-1, descending=True)
    before = ordered.cumsum(dim=-1) - ordered
    return torch.zeros_like(probabilities).scatter(-1, order, ordered.where(before < top_p, 0.0))
