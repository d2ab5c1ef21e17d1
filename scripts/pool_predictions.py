"""Put together the predictions of folds that choose for each other."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from foretell.common.errors import run
from foretell.common.storage import read_parquet, write_parquet
from foretell.probes.recorded import pool_predictions


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--outcomes", type=Path, required=True, help="outcomes on the whole problem set (parquet)")
    parser.add_argument("--predictions", type=Path, nargs="+", required=True, help="predictions of its folds (parquet)")
    parser.add_argument("--output", type=Path, required=True, help="(parquet)")
    args = parser.parse_args(argv)

    folds = [read_parquet(path) for path in args.predictions]
    write_parquet(pool_predictions(read_parquet(args.outcomes), folds), args.output)


if __name__ == "__main__":
    run(main)
