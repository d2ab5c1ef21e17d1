"""Compare human difficulty with a model's own, and how well activations tell each."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from foretell.common.arguments import files_by_id, named_file, settings
from foretell.common.errors import run
from foretell.common.storage import read_parquet, write_parquet
from foretell.difficulty.comparison import ComparisonSettings, compare, differ_most

SHOWN = 8  # problems of each direction


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", type=Path, required=True)
    parser.add_argument("--outcomes", type=named_file, nargs="+", required=True, metavar="POLICY=FILE")
    parser.add_argument("--metrics", type=Path, required=True, help="of the evaluation (parquet)")
    parser.add_argument("--resamples", type=Path, required=True, help="of the evaluation (parquet)")
    parser.add_argument("--permutations", type=named_file, nargs="*", default=[], metavar="POLICY=FILE")
    parser.add_argument("--settings", type=settings(ComparisonSettings), required=True)
    parser.add_argument("--correlations", type=Path, required=True, help="(parquet)")
    parser.add_argument("--differences", type=Path, required=True, help="problems that differ most (parquet)")
    args = parser.parse_args(argv)

    outcomes = {policy: read_parquet(file) for policy, file in files_by_id(args.outcomes).items()}
    permutations = {policy: read_parquet(file) for policy, file in files_by_id(args.permutations).items()}
    metrics, resamples = read_parquet(args.metrics), read_parquet(args.resamples)
    problems = read_parquet(args.problems)
    write_parquet(compare(problems, outcomes, metrics, resamples, permutations, args.settings), args.correlations)
    write_parquet(differ_most(problems, outcomes, SHOWN), args.differences)


if __name__ == "__main__":
    run(main)
