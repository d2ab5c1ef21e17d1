"""Measure caching activations beside a bare forward pass, and beside what transformers offers for it.

python benchmarks/cache_activations.py results/pocket/models/smollm2-135m-instruct [--prompts 192] [--rounds 3]
prints seconds, in turns in one process, and ratios of medians: the forward pass alone over batches of similar length;
ours, all layers at five positions; and `output_hidden_states=True` in the given order, of which the same is kept.
Prompts are of random tokens, 20 to 300 long, and have nothing in common; or, with `--file
results/STUDY/prompts/SET/ENCODER.parquet`, the first of a study: where they begin alike, ours reads that once.
"""

import argparse
import statistics
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

from foretell.activations.cache import _batches_by_length, cache
from foretell.models.loading import load_model

POSITIONS = [-5, -4, -3, -2, -1]
BATCH = 64


def padded(prompts, rows):
    """Tokens [row, longest], padded on the right, and a mask of what is no padding."""
    lengths = [len(prompts.token_ids.iloc[row]) for row in rows]
    tokens, mask = np.zeros((2, len(rows), max(lengths)), dtype=np.int64)
    for line, row in enumerate(rows):
        tokens[line, : lengths[line]], mask[line, : lengths[line]] = prompts.token_ids.iloc[row], 1
    return torch.from_numpy(tokens), torch.from_numpy(mask)


@torch.inference_mode()
def forward_alone(model, prompts):
    for rows in _batches_by_length(prompts.token_ids.map(len).to_numpy(), BATCH):
        model.base_model(input_ids=padded(prompts, rows)[0].to(model.device), use_cache=False)


def ours(model, prompts):
    return cache(model, prompts, 0, np.dtype("float32"), BATCH)


@torch.inference_mode()
def hidden_states(model, prompts):
    """As one would without this library: [problem, layer, position, hidden]."""
    kept = []
    for start in range(0, len(prompts), BATCH):
        rows = np.arange(start, min(start + BATCH, len(prompts)))
        tokens, mask = (each.to(model.device) for each in padded(prompts, rows))
        states = model(input_ids=tokens, attention_mask=mask, output_hidden_states=True).hidden_states
        wanted = mask.sum(1)[:, None] + torch.tensor(POSITIONS, device=mask.device)
        index = wanted[:, :, None].expand(-1, -1, states[0].shape[-1])
        kept.append(torch.stack([each.gather(1, index) for each in states], dim=1).float().cpu())
    return torch.cat(kept).numpy()


def random_prompts(number, vocabulary):
    rng = np.random.default_rng(1)
    lengths = rng.integers(20, 301, number)
    ids = [rng.integers(0, vocabulary, length) for length in lengths]
    return pd.DataFrame({"problem_id": [f"p{row}" for row in range(number)], "token_ids": ids})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="checkpoint folder")
    parser.add_argument("--prompts", type=int, default=192)
    parser.add_argument("--file", type=Path, help="prompts of a study, in place of random ones")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dtype", default="auto")
    args = parser.parse_args()
    model = load_model(str(args.model), args.dtype)
    if args.file is None:
        prompts = random_prompts(args.prompts, model.config.vocab_size)
    else:
        prompts = pd.read_parquet(args.file).head(args.prompts)
    prompts = prompts.assign(eoi_positions=[POSITIONS] * len(prompts))
    tokens = prompts.token_ids.map(len).sum()

    ways, times = (forward_alone, ours, hidden_states), {}
    for _ in range(args.rounds):
        for way in ways:
            start = time.perf_counter()
            way(model, prompts)
            times.setdefault(way.__name__, []).append(time.perf_counter() - start)
    median = {name: statistics.median(each) for name, each in times.items()}
    print(f"{args.model.name}, {model.dtype} on {model.device}, {len(prompts)} prompts of {tokens} tokens")
    print(", ".join(f"{name} {seconds:.2f} s" for name, seconds in median.items()))
    print(f"ours runs at {median['forward_alone'] / median['ours']:.2f} of the forward pass's speed, ", end="")
    print(f"and at {median['hidden_states'] / median['ours']:.2f} times that of output_hidden_states")


if __name__ == "__main__":
    main()
