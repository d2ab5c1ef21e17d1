"""Read every policy's success from one encoder's cached activations."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from foretell.common.arguments import files_by_id, named_file, settings
from foretell.common.errors import run
from foretell.common.frames import require_same_problems
from foretell.common.storage import read_parquet, write_parquet
from foretell.probes.encoders import read_successes
from foretell.probes.inputs import read_inputs
from foretell.probes.settings import EncoderSettings


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", type=Path, required=True)
    parser.add_argument("--outcomes", type=named_file, nargs="+", required=True, metavar="POLICY=FILE")
    parser.add_argument(
        "--activations", type=Path, nargs="+", required=True, help="shards, each .safetensors and its .json"
    )
    parser.add_argument("--settings", type=settings(EncoderSettings), required=True)
    parser.add_argument("--output", type=Path, required=True, help="predictions by policy (parquet)")
    args = parser.parse_args(argv)

    files = files_by_id(args.outcomes)
    inputs = read_inputs(next(iter(files.values())), args.problems, None, args.activations)
    outcomes = {policy: read_parquet(file) for policy, file in files.items()}
    require_same_problems({f"outcomes of {policy!r}": frame.problem_id for policy, frame in outcomes.items()})
    write_parquet(read_successes(inputs, outcomes, args.settings), args.output)


if __name__ == "__main__":
    run(main)
