"""Sample a policy's completions of one shard of the prompts; an interrupted run goes on where it stopped."""

import argparse
import json
import time
from pathlib import Path

import pandas as pd

from foretell.common.chunks import Chunks, pieces_of_shard
from foretell.common.errors import run
from foretell.common.progress import Throughput
from foretell.common.provenance import code_hash, file_hash, fingerprint, folder_hash
from foretell.common.storage import write_parquet
from foretell.completions.generation import generate
from foretell.completions.prompts import load_tokenizer
from foretell.models.loading import DTYPES, load_model

CHUNK = 250  # problems; part of the result's definition, since batches form inside chunks


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="checkpoint folder")
    parser.add_argument("--dtype", choices=DTYPES, default="auto", help="auto: bfloat16 where the processor has it")
    parser.add_argument("--prompts", type=Path, required=True)
    parser.add_argument("--policy", required=True, help="id of the policy, part of the key of the random numbers")
    parser.add_argument("--decoding", type=json.loads, required=True, help="samples, temperature, ... as JSON")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--shard", default="000-of-001", help="which part of the prompts, as in 000-of-001")
    parser.add_argument("--output", type=Path, required=True, help="completions (parquet)")
    args = parser.parse_args(argv)

    tokenizer = load_tokenizer(str(args.model))
    model = load_model(str(args.model), args.dtype)
    shard, shards = map(int, args.shard.split("-of-"))
    pieces = pieces_of_shard(pd.read_parquet(args.prompts), CHUNK, shard, shards)
    chunks = Chunks(
        fingerprint(
            model=folder_hash(args.model),
            dtype=str(model.dtype),
            prompts=file_hash(args.prompts),
            policy=args.policy,
            decoding=args.decoding,
            seed=args.seed,
            shard=args.shard,
            code=code_hash(Path(__file__).resolve()),
        )
    )

    throughput = Throughput()

    def complete(prompts: pd.DataFrame) -> pd.DataFrame:
        start = time.perf_counter()
        completions = generate(model, tokenizer, prompts, args.decoding, args.policy, args.seed)
        throughput.add(int(completions.completion_tokens.sum()), time.perf_counter() - start)
        return completions

    description = f"completions of {args.policy}, in chunks of {CHUNK} problems, {model.dtype}"
    write_parquet(chunks.collect(pieces, complete, description, throughput.__str__), args.output)
    chunks.discard()


if __name__ == "__main__":
    run(main)
