"""Random numbers that belong to a (seed, problem, sample, token), whatever batch, shard or resumed run draws them."""

import hashlib

import numpy as np
import torch

from foretell.completions.policy import Decoding


def uniform_stream(seed: int, policy: str, problem_id: str, sample: int) -> np.random.Generator:
    """A stream whose i-th number in [0, 1) decides the i-th token of one completion."""
    key = hashlib.sha256(f"{seed}\x1f{policy}\x1f{problem_id}\x1f{sample}".encode()).digest()
    return np.random.Generator(np.random.Philox(key=np.frombuffer(key[:16], dtype=np.uint64)))


def choose_tokens(
    logits: torch.Tensor,
    rows: torch.Tensor,
    uniforms: torch.Tensor,
    greedy: torch.Tensor,
    decoding: Decoding,
) -> torch.Tensor:
    """Choose one token per sample, by inverting the distribution function at a given uniform number.

    Args:
        logits: [rows, vocabulary], any float type.
        rows: [n] which row each sample is drawn from.
        uniforms: [n] float64 in [0, 1).
        greedy: [n] bool; these samples take the likeliest token.
        decoding: temperature (0 makes every sample greedy), top_k (before top_p; only these tokens go through softmax,
            which is what makes a large vocabulary fast), top_p and then min_p, in transformers' order.

    Returns:
        [n] int64 token ids.
    """
    likeliest = logits.argmax(dim=-1)[rows]
    if decoding.temperature == 0:
        return likeliest
    tokens = None
    if decoding.top_k is not None and decoding.top_k < logits.shape[-1]:
        logits, tokens = logits.topk(decoding.top_k, dim=-1)
    probabilities = torch.softmax(logits.double() / decoding.temperature, dim=-1)
    if decoding.top_p < 1:
        probabilities = _nucleus(probabilities, decoding.top_p)
    if decoding.min_p is not None:
        least = decoding.min_p * probabilities.amax(dim=-1, keepdim=True)
        probabilities = probabilities.where(probabilities >= least, 0.0)  # Nguyen et al. 2024
    cumulative = probabilities.cumsum(dim=-1)[rows]
    thresholds = uniforms[:, None] * cumulative[:, -1:]
    sampled = torch.searchsorted(cumulative, thresholds, right=True)[:, 0].clamp(max=logits.shape[-1] - 1)
    if tokens is not None:
        sampled = tokens[rows, sampled]
    return torch.where(greedy, likeliest, sampled)


def _nucleus(probabilities: torch.Tensor, top_p: float) -> torch.Tensor:
    """Zero all but the likeliest tokens that together reach `top_p` (Holtzman et al. 2020)."""
    ordered, order = probabilities.sort(dim=-1, descending=True)
    before = ordered.cumsum(dim=-1) - ordered
    return torch.zeros_like(probabilities).scatter(-1, order, ordered.where(before < top_p, 0.0))
