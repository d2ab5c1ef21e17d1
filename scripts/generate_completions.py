"""Sample a policy's completions of one shard of the prompts; an interrupted run goes on where it stopped."""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from foretell.common.arguments import settings
from foretell.common.chunks import CHUNK, FRAMES, Chunks, divided, pieces_of_shard, shard_of
from foretell.common.code_hash import MEMORY, code_hash
from foretell.common.errors import run
from foretell.common.progress import Throughput
from foretell.common.provenance import fingerprint
from foretell.common.storage import read_parquet, write_parquet
from foretell.completions.engines.engine import ENGINES, Asked
from foretell.completions.policy import CompletionSettings, Connection
from foretell.completions.samples import completions_of


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, help="checkpoint folder, where the engine runs one")
    parser.add_argument("--prompts", type=Path, required=True)
    parser.add_argument(
        "--settings", type=settings(CompletionSettings), required=True, help="JSON: policy, decoding, seed, engine, ..."
    )
    parser.add_argument("--connection", type=settings(Connection), help="JSON: how a server is reached")
    parser.add_argument("--shard", type=shard_of, default="000-of-001", help="which part of the prompts: 000-of-001")
    parser.add_argument("--output", type=Path, required=True, help="completions (parquet)")
    args = parser.parse_args(argv)

    given: CompletionSettings = args.settings
    prompts = read_parquet(args.prompts)
    sampler = ENGINES[given.engine].open(Asked(given, prompts, args.model, args.connection))
    pieces = divided(pieces_of_shard(prompts, CHUNK, *args.shard), sampler.chunk)
    chunks = Chunks(
        fingerprint(
            **sampler.identity,
            chunk=sampler.chunk,
            settings=given.model_dump(),
            code=code_hash(Path(__file__), uses=[f"ENGINES.{given.engine}"], memory=MEMORY),
        ),
        FRAMES,
    )
    throughput = Throughput()

    def complete(prompts: pd.DataFrame) -> pd.DataFrame:
        start = time.perf_counter()
        completions = sampler.sample(prompts)
        throughput.add(int(completions.completion_tokens.sum()), time.perf_counter() - start)
        return completions

    description = f"completions of {given.policy}, in chunks of {sampler.chunk} problems, {sampler.described}"
    completions = chunks.collect(pieces, complete, description, throughput.__str__)
    write_parquet(pd.concat([completions_of([]), *completions], ignore_index=True), args.output)
    chunks.finish(args.output, keep=True)


if __name__ == "__main__":
    run(main, "lower the policy's 'samples' or 'max_tokens', or set the model's 'dtype' to bfloat16")
