"""Evaluate all predictions on one problem set: every metric, with its interval, and paired differences."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from foretell.common.arguments import files_by_id, named_file, settings
from foretell.common.errors import UserError, run
from foretell.common.storage import read_parquet, write_parquet
from foretell.evaluation.problem_set import Key, evaluate
from foretell.evaluation.settings import ProbeEvaluationSettings


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--outcomes", type=named_file, nargs="+", required=True, metavar="POLICY=FILE")
    parser.add_argument("--predictions", type=named_file, nargs="+", required=True, metavar="POLICY/TARGET/FAMILY=FILE")
    parser.add_argument("--encoders", type=named_file, nargs="*", default=[], metavar="ENCODER=FILE")
    parser.add_argument("--settings", type=settings(ProbeEvaluationSettings), required=True)
    parser.add_argument("--workers", type=int, default=1, help="processes")
    parser.add_argument("--metrics", type=Path, required=True, help="(parquet)")
    parser.add_argument("--differences", type=Path, required=True, help="(parquet)")
    parser.add_argument("--resamples", type=Path, required=True, help="of metrics on test (parquet)")
    args = parser.parse_args(argv)

    outcomes = {policy: read_parquet(file) for policy, file in files_by_id(args.outcomes).items()}
    predictions = {_key(name): read_parquet(file) for name, file in files_by_id(args.predictions).items()}
    encoders = {encoder: read_parquet(file) for encoder, file in files_by_id(args.encoders).items()}
    evaluated = evaluate(outcomes, predictions, encoders, args.settings, args.workers)
    write_parquet(evaluated.metrics, args.metrics)
    write_parquet(evaluated.differences, args.differences)
    write_parquet(evaluated.resamples, args.resamples)


def _key(name: str) -> Key:
    parts = name.split("/")
    if len(parts) != 3:
        raise UserError(f"--predictions: {name!r} is not of the form POLICY/TARGET/FAMILY")
    return parts[0], parts[1], parts[2]


if __name__ == "__main__":
    run(main)
