"""Predict every problem of a set that is too small to split, from fits to the others, for every policy."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from foretell.common.arguments import files_by_id, named_file, settings
from foretell.common.errors import run
from foretell.common.storage import read_parquet, write_parquet
from foretell.probes.cross_fit import CrossFitTask, complete, cross_fit, partitions
from foretell.probes.inputs import Inputs
from foretell.probes.settings import CrossFitSettings


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", type=Path, required=True)
    parser.add_argument("--outcomes", type=named_file, nargs="+", required=True, metavar="POLICY=FILE")
    parser.add_argument("--settings", type=settings(CrossFitSettings), required=True)
    parser.add_argument("--workers", type=int, default=1, help="processes")
    parser.add_argument("--output", type=Path, required=True, help="folder; gets {policy}/{target}/{family}/")
    args = parser.parse_args(argv)

    outcomes = {policy: read_parquet(file) for policy, file in files_by_id(args.outcomes).items()}
    first = next(iter(outcomes.values()))
    questions = read_parquet(args.problems).set_index("problem_id").question.loc[first.problem_id]
    inputs = Inputs(first, questions.to_numpy(dtype=object), token_ids=None, activations=None)
    pairs = {f"{policy}/{target}": (policy, target) for policy in outcomes for target in args.settings.targets}
    labels = {pair: complete(outcomes[policy], target) for pair, (policy, target) in pairs.items()}
    task = CrossFitTask(inputs, {pair: target for pair, (_, target) in pairs.items()}, labels, args.settings)
    predictions, _ = cross_fit(task, partitions(first.group.to_numpy(), args.settings), args.workers)
    for (pair, family), frame in predictions.items():
        write_parquet(frame, args.output / pair / family / "predictions.parquet")


if __name__ == "__main__":
    run(main)
