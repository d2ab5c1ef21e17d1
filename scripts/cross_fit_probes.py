"""Read reference difficulty and success of problems that are too few to split, each from fits to the others."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from foretell.common.arguments import settings
from foretell.common.errors import run
from foretell.common.storage import write_parquet
from foretell.probes.cross_fit import CrossFitTask, complete, cross_fit, partitions
from foretell.probes.inputs import read_unsplit
from foretell.probes.settings import CrossFitSettings


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", type=Path, required=True)
    parser.add_argument("--outcomes", type=Path, required=True)
    parser.add_argument("--prompts", type=Path, required=True)
    parser.add_argument(
        "--activations", type=Path, nargs="+", required=True, help="shards, each .safetensors and its .json"
    )
    parser.add_argument("--settings", type=settings(CrossFitSettings), required=True)
    parser.add_argument("--workers", type=int, default=1, help="processes")
    parser.add_argument("--permutations", type=Path, required=True, help="how well permuted labels are read (parquet)")
    parser.add_argument("--output", type=Path, required=True, help="folder; gets {target}/{family}/predictions.parquet")
    args = parser.parse_args(argv)

    inputs = read_unsplit(args.outcomes, args.problems, args.prompts, args.activations)
    labels = {target: complete(inputs.outcomes, target) for target in args.settings.targets}
    held_out = partitions(inputs.outcomes.group.to_numpy(), args.settings)
    task = CrossFitTask(inputs, {target: target for target in args.settings.targets}, labels, args.settings)
    predictions, permuted = cross_fit(task, held_out, args.workers)
    for (target, family), frame in predictions.items():
        write_parquet(frame, args.output / target / family / "predictions.parquet")
    write_parquet(permuted.rename(columns={"name": "target"}), args.permutations)


if __name__ == "__main__":
    run(main)
