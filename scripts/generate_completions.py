"""Sample a policy's completions of one shard of the prompts; an interrupted run goes on where it stopped."""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from foretell.common.arguments import settings
from foretell.common.chunks import CHUNK, FRAMES, Chunks, pieces_of_shard, shard_of
from foretell.common.code_hash import code_hash
from foretell.common.errors import run
from foretell.common.progress import Throughput
from foretell.common.provenance import file_hash, fingerprint, folder_hash
from foretell.common.storage import read_parquet, write_parquet
from foretell.completions.generation import generate, no_completions
from foretell.completions.policy import CompletionSettings
from foretell.completions.prompts import load_tokenizer
from foretell.models.loading import load_model


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="checkpoint folder")
    parser.add_argument("--prompts", type=Path, required=True)
    parser.add_argument(
        "--settings", type=settings(CompletionSettings), required=True, help="JSON: policy, decoding, seed, dtype"
    )
    parser.add_argument("--shard", type=shard_of, default="000-of-001", help="which part of the prompts: 000-of-001")
    parser.add_argument("--output", type=Path, required=True, help="completions (parquet)")
    args = parser.parse_args(argv)

    given: CompletionSettings = args.settings
    tokenizer = load_tokenizer(str(args.model))
    model = load_model(str(args.model), given.dtype)
    pieces = pieces_of_shard(read_parquet(args.prompts), CHUNK, *args.shard)
    chunks = Chunks(
        fingerprint(
            model=folder_hash(args.model),
            dtype=str(model.dtype),
            prompts=file_hash(args.prompts),
            settings=given.model_dump(),
            code=code_hash(Path(__file__).resolve()),
        ),
        FRAMES,
    )
    throughput = Throughput()
    marks = None if given.thinking is None else (given.thinking.start, given.thinking.end)

    def complete(prompts: pd.DataFrame) -> pd.DataFrame:
        start = time.perf_counter()
        completions = generate(
            model, tokenizer, prompts, given.decoding, given.policy, given.seed, thinking_marks=marks
        )
        throughput.add(int(completions.completion_tokens.sum()), time.perf_counter() - start)
        return completions

    description = f"completions of {given.policy}, in chunks of {CHUNK} problems, {model.dtype} on {model.device}"
    completions = chunks.collect(pieces, complete, description, throughput.__str__)
    write_parquet(pd.concat([no_completions(), *completions], ignore_index=True), args.output)
    chunks.finish(args.output)


if __name__ == "__main__":
    run(main, "lower the policy's 'samples' or 'max_tokens', or set the model's 'dtype' to bfloat16")
