"""Import activations that were computed elsewhere, in the form of the project's own cache."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from foretell.activations.imported import ImportSettings, read_activations
from foretell.activations.layers import chosen_layers, chosen_positions, layer_name, layer_number
from foretell.common.arguments import settings
from foretell.common.errors import run
from foretell.common.provenance import file_hash
from foretell.common.storage import write_json, write_safetensors


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--activations", type=Path, nargs="+", required=True, help=".safetensors and .json, or .npz")
    parser.add_argument("--settings", type=settings(ImportSettings), required=True, help="JSON: layers, positions")
    parser.add_argument("--cache", type=Path, required=True, help="output (safetensors)")
    parser.add_argument("--description", type=Path, required=True, help="output: what the cache holds (JSON)")
    args = parser.parse_args(argv)
    given, problem_ids, there = read_activations(*args.activations)
    numbers = chosen_layers(args.settings.layers, [layer_number(name) for name in given])
    positions = chosen_positions(args.settings.positions, there)
    places = [there.index(position) for position in positions]
    layers = {name: np.ascontiguousarray(given[name][:, places]) for name in map(layer_name, numbers)}
    write_safetensors(layers, args.cache)
    first = next(iter(layers.values()))
    write_json(
        {
            "problem_ids": problem_ids,
            "positions": positions,
            "layers": numbers,
            "hidden": first.shape[2],
            "dtype": str(first.dtype),
            "imported_hash": file_hash(args.activations[0]),
        },
        args.description,
    )


if __name__ == "__main__":
    run(main)
