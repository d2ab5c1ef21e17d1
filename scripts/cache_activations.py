"""Cache an encoder's activations at the end-of-instruction tokens of one shard of the prompts."""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from foretell.activations.cache import cache
from foretell.common.chunks import pieces_of_shard
from foretell.common.errors import run
from foretell.common.provenance import file_hash, fingerprint, folder_hash
from foretell.common.storage import write_json, write_safetensors
from foretell.completions.generation import padding_token
from foretell.completions.prompts import load_tokenizer
from foretell.models.loading import DTYPES, load_model, untrained

CHUNK = 250  # problems; part of the result's definition, since batches form inside chunks; shards are whole chunks


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="checkpoint folder")
    parser.add_argument("--dtype", choices=DTYPES, default="auto", help="auto: bfloat16 where the processor has it")
    parser.add_argument("--untrained", type=int, metavar="SEED", help="read from random weights instead")
    parser.add_argument("--prompts", type=Path, required=True)
    parser.add_argument("--shard", default="000-of-001", help="which part of the prompts, as in 000-of-001")
    parser.add_argument("--output", type=Path, required=True, help="safetensors; a .json goes beside it")
    args = parser.parse_args(argv)

    tokenizer = load_tokenizer(str(args.model))
    model = load_model(str(args.model), args.dtype)
    if args.untrained is not None:
        model = untrained(model, args.untrained)
    shard, shards = map(int, args.shard.split("-of-"))
    prompts = pd.concat(pieces_of_shard(pd.read_parquet(args.prompts), CHUNK, shard, shards), ignore_index=True)
    activations = cache(model, prompts, padding_token(tokenizer), np.dtype("float32"), CHUNK)
    write_safetensors(activations, args.output)
    positions = [int(position) for position in prompts.eoi_positions.iloc[0]]
    position_ids = prompts.token_ids.iloc[0][positions].tolist()
    write_json(
        {
            "problem_ids": list(prompts.problem_id),
            "positions": positions,
            "position_token_ids": position_ids,
            "position_tokens": tokenizer.convert_ids_to_tokens(position_ids),
            "layers": list(range(len(activations))),
            "hidden": model.config.hidden_size,
            "dtype": "float32",
            "computed_in": str(model.dtype).removeprefix("torch."),
            "untrained": args.untrained,
            "last_state": "before the final norm",
            "model_hash": folder_hash(args.model),
            "template_hash": fingerprint(template=tokenizer.chat_template),
            "prompts_hash": file_hash(args.prompts),
        },
        args.output.with_suffix(".json"),
    )


if __name__ == "__main__":
    run(main)
