"""Sample a policy's completions of one shard of the prompts; an interrupted run goes on where it stopped."""

import argparse
import json
from pathlib import Path

import pandas as pd
from transformers import AutoModelForCausalLM

from foretell.chunks import Chunks, pieces_of_shard
from foretell.errors import run
from foretell.generation import generate
from foretell.prompts import load_tokenizer
from foretell.provenance import code_hash, file_hash, fingerprint, folder_hash
from foretell.storage import write_parquet

CHUNK = 250  # problems; part of the result's definition, since batches form inside chunks


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="checkpoint folder")
    parser.add_argument("--prompts", type=Path, required=True)
    parser.add_argument("--policy", required=True, help="id of the policy, part of the key of the random numbers")
    parser.add_argument("--decoding", type=json.loads, required=True, help="samples, temperature, ... as JSON")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--shard", default="000-of-001", help="which part of the prompts, as in 000-of-001")
    parser.add_argument("--output", type=Path, required=True, help="completions (parquet)")
    args = parser.parse_args(argv)

    tokenizer = load_tokenizer(str(args.model))
    model = AutoModelForCausalLM.from_pretrained(args.model, local_files_only=True).eval()
    shard, shards = map(int, args.shard.split("-of-"))
    pieces = pieces_of_shard(pd.read_parquet(args.prompts), CHUNK, shard, shards)
    chunks = Chunks(
        fingerprint(
            model=folder_hash(args.model),
            prompts=file_hash(args.prompts),
            policy=args.policy,
            decoding=args.decoding,
            seed=args.seed,
            shard=args.shard,
            code=code_hash(Path(__file__).resolve()),
        )
    )

    def complete(prompts: pd.DataFrame) -> pd.DataFrame:
        return generate(model, tokenizer, prompts, args.decoding, args.policy, args.seed)

    write_parquet(chunks.collect(pieces, complete, f"completions of {args.policy}, in chunks"), args.output)
    chunks.discard()


if __name__ == "__main__":
    run(main)
