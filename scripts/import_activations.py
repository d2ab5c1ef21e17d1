"""Import activations that were computed elsewhere, in the form of the project's own cache."""

import argparse
from pathlib import Path

import numpy as np

from foretell.activations.imported import read_activations
from foretell.common.errors import run
from foretell.common.provenance import file_hash
from foretell.common.storage import write_json, write_safetensors


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--input", type=Path, required=True, help=".safetensors with a .json beside it, or .npz")
    parser.add_argument("--output", type=Path, required=True, help="safetensors; a .json goes beside it")
    args = parser.parse_args(argv)
    layers, problem_ids, positions = read_activations(args.input)
    write_safetensors({name: np.ascontiguousarray(array) for name, array in layers.items()}, args.output)
    first = next(iter(layers.values()))
    write_json(
        {
            "problem_ids": problem_ids,
            "positions": positions,
            "layers": [int(name.removeprefix("layer_")) for name in layers],
            "hidden": first.shape[2],
            "dtype": str(first.dtype),
            "imported_hash": file_hash(args.input),
        },
        args.output.with_suffix(".json"),
    )


if __name__ == "__main__":
    run(main)
