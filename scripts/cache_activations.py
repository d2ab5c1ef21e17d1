"""Cache an encoder's activations at the end-of-instruction tokens of one shard of the prompts."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from foretell.activations.cache import ActivationSettings, cache
from foretell.activations.layers import chosen_positions, layer_number
from foretell.common.arguments import settings
from foretell.common.chunks import CHUNK, TENSORS, Chunks, Tensors, pieces_of_shard, shard_of
from foretell.common.code_hash import MEMORY, code_hash
from foretell.common.errors import run
from foretell.common.provenance import file_hash, fingerprint, folder_hash
from foretell.common.storage import read_parquet, write_json, write_safetensors
from foretell.completions.generation import padding_token
from foretell.models.context import refuse_what_does_not_fit
from foretell.models.loading import load_model, untrained
from foretell.models.tokenizers import load_tokenizer


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="checkpoint folder")
    parser.add_argument("--prompts", type=Path, required=True)
    parser.add_argument("--settings", type=settings(ActivationSettings), required=True, help="JSON: dtype, ...")
    parser.add_argument("--shard", type=shard_of, default="000-of-001", help="which part of the prompts: 000-of-001")
    parser.add_argument("--activations", type=Path, required=True, help="output (safetensors)")
    parser.add_argument("--description", type=Path, required=True, help="output: what the cache holds (JSON)")
    args = parser.parse_args(argv)

    tokenizer = load_tokenizer(str(args.model))
    model = load_model(str(args.model), args.settings.dtype, answers=False)
    if args.settings.untrained is not None:
        model = untrained(model, args.settings.untrained)
    prompts = read_parquet(args.prompts)
    refuse_what_does_not_fit(model, prompts, answers=False)
    positions = chosen_positions(args.settings.positions, prompts.eoi_positions.iloc[0].tolist())
    prompts = prompts.assign(eoi_positions=[positions] * len(prompts))
    pieces = pieces_of_shard(prompts, CHUNK, *args.shard)
    model_hash, prompts_hash = folder_hash(args.model), file_hash(args.prompts)
    chunks = Chunks(
        fingerprint(
            model=model_hash,
            dtype=str(model.dtype),
            settings=args.settings.model_dump(),
            code=code_hash(Path(__file__), memory=MEMORY),
        ),
        TENSORS,
    )

    def read(prompts: pd.DataFrame) -> Tensors:
        return cache(model, prompts, padding_token(tokenizer), np.dtype("float32"), layers=args.settings.layers)

    description = f"activations, in chunks of {CHUNK} problems, {model.dtype} on {model.device}"
    parts = chunks.collect(pieces, read, description)
    if not parts:  # more shards than chunks: a file without problems, of the shape that the others have
        parts = [{name: values[:0] for name, values in read(prompts.iloc[:1]).items()}]
    names = sorted(parts[0], key=layer_number)
    activations = {name: np.concatenate([part.pop(name) for part in parts]) for name in names}
    write_safetensors(activations, args.activations)
    position_ids = prompts.token_ids.iloc[0][positions].tolist()
    write_json(
        {
            "problem_ids": [problem for piece in pieces.values() for problem in piece.problem_id],
            "positions": positions,
            "position_token_ids": position_ids,
            "position_tokens": tokenizer.convert_ids_to_tokens(position_ids),
            "layers": [layer_number(name) for name in activations],
            "hidden": activations[names[0]].shape[-1],
            "dtype": "float32",
            "computed_in": str(model.dtype).removeprefix("torch."),
            "untrained": args.settings.untrained,
            "last_state": "before the final norm",
            "model_hash": model_hash,
            "template_hash": fingerprint(template=tokenizer.chat_template),
            "prompts_hash": prompts_hash,
        },
        args.description,
    )
    chunks.finish(args.activations)


if __name__ == "__main__":
    run(main, "raise the study's 'shards', or set the model's 'dtype' to bfloat16")
