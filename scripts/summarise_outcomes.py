"""Summarise graded rollouts into one outcome per problem."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from foretell.common.errors import run
from foretell.common.storage import read_parquet, write_parquet
from foretell.outcomes.summary import COLUMNS, summarise


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", type=Path, required=True)
    parser.add_argument("--rollouts", type=Path, nargs="+", required=True, help="all shards")
    parser.add_argument("--output", type=Path, required=True, help="outcomes (parquet)")
    args = parser.parse_args(argv)
    rollouts = pd.concat([read_parquet(path) for path in args.rollouts], ignore_index=True)
    write_parquet(summarise(rollouts, read_parquet(args.problems, COLUMNS)), args.output)


if __name__ == "__main__":
    run(main)
