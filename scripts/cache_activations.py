"""Cache an encoder's activations at the end-of-instruction tokens of one shard of the prompts."""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from transformers import AutoModelForCausalLM

from foretell.activations import cache
from foretell.chunks import pieces_of_shard
from foretell.errors import run
from foretell.prompts import load_tokenizer
from foretell.provenance import file_hash, fingerprint, folder_hash
from foretell.storage import write_json, write_safetensors

CHUNK = 250  # problems; part of the result's definition, since batches form inside chunks; shards are whole chunks


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="checkpoint folder")
    parser.add_argument("--prompts", type=Path, required=True)
    parser.add_argument("--shard", default="000-of-001", help="which part of the prompts, as in 000-of-001")
    parser.add_argument("--output", type=Path, required=True, help="safetensors; a .json goes beside it")
    args = parser.parse_args(argv)

    tokenizer = load_tokenizer(str(args.model))
    model = AutoModelForCausalLM.from_pretrained(args.model, local_files_only=True).eval()
    shard, shards = map(int, args.shard.split("-of-"))
    prompts = pd.concat(pieces_of_shard(pd.read_parquet(args.prompts), CHUNK, shard, shards), ignore_index=True)
    activations = cache(model, prompts, tokenizer.pad_token_id, np.dtype("float32"), CHUNK)
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
            "last_state": "before the final norm",
            "model_hash": folder_hash(args.model),
            "template_hash": fingerprint(template=tokenizer.chat_template),
            "prompts_hash": file_hash(args.prompts),
        },
        args.output.with_suffix(".json"),
    )


if __name__ == "__main__":
    run(main)
