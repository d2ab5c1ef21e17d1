"""Measure sampling beside transformers' own `generate(num_return_sequences=k)`.

python benchmarks/sample_completions.py MODEL_FOLDER PROMPTS.parquet [--problems 128] [--max-tokens 5] [--repeats 3]
prints, for the same prompts, number of samples, decoding and dtype, the seconds of both, taken in turns, and their
ratio. Both count k samples per prompt; ours also makes the greedy one. Stop strings are left out, so that both may
generate the same number of tokens.
"""

import argparse
import statistics
import sys
import time
from pathlib import Path
from typing import get_args

import pandas as pd
import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

from foretell.completions.generation import fitting_prompts, generate, padding_token
from foretell.completions.policy import Decoding
from foretell.models.loading import load_model
from foretell.models.origins import Dtype
from foretell.models.tokenizers import load_tokenizer


@torch.inference_mode()
def theirs(model, tokenizer, prompts, decoding):
    """Batches by length, padded on the left, as large as ours."""
    k, lengths = decoding.samples, prompts.token_ids.map(len)
    size = fitting_prompts(model, k + 1, lengths.max() + decoding.max_tokens)
    ordered = prompts.iloc[lengths.argsort(kind="stable")]
    pad, tokens = padding_token(tokenizer), 0
    for start in range(0, len(ordered), size):
        rows = [list(ids) for ids in ordered.token_ids.iloc[start : start + size]]
        longest = max(map(len, rows))
        ids = torch.tensor([[pad] * (longest - len(row)) + row for row in rows], device=model.device)
        mask = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in rows], device=model.device)
        written = model.generate(
            ids,
            attention_mask=mask,
            do_sample=True,
            num_return_sequences=k,
            temperature=decoding.temperature,
            top_k=decoding.top_k or 0,
            top_p=decoding.top_p,
            max_new_tokens=decoding.max_tokens,
            pad_token_id=pad,
        )
        tokens += int((written[:, longest:] != pad).sum())
    return tokens


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("prompts", type=Path)
    parser.add_argument("--problems", type=int, default=128)
    parser.add_argument("--samples", type=int, default=8)
    parser.add_argument("--temperature", type=float, default=0.7)
    parser.add_argument("--top-k", type=int, default=64)
    parser.add_argument("--max-tokens", type=int, default=5)
    parser.add_argument("--dtype", choices=get_args(Dtype), default="auto")
    parser.add_argument("--repeats", type=int, default=3)
    args = parser.parse_args()
    model, tokenizer = load_model(str(args.model), args.dtype), load_tokenizer(str(args.model))
    prompts = pd.read_parquet(args.prompts).head(args.problems)
    decoding = Decoding(
        samples=args.samples, temperature=args.temperature, top_k=args.top_k, max_tokens=args.max_tokens
    )
    runs = {
        "foretell": lambda: generate(model, tokenizer, prompts, decoding, "p", 1).completion_tokens.sum(),
        "transformers": lambda: theirs(model, tokenizer, prompts, decoding),
    }
    seconds = {name: [] for name in runs}
    for _ in range(args.repeats):
        for name, run in runs.items():
            start = time.perf_counter()
            tokens = run()
            seconds[name].append(time.perf_counter() - start)
            print(f"{name}: {seconds[name][-1]:.1f} s, {tokens / seconds[name][-1]:.0f} tokens/s", flush=True)
    ratio = statistics.median(seconds["transformers"]) / statistics.median(seconds["foretell"])
    print(f"{args.model.name}, {len(prompts)} prompts x {args.samples}, {model.dtype}: {ratio:.2f} times as fast")


if __name__ == "__main__":
    main()
