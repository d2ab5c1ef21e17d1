"""Grade completions against the problems' answers."""

import argparse
from pathlib import Path

import pandas as pd

from foretell.errors import run
from foretell.grading import grade
from foretell.storage import write_parquet


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", type=Path, required=True)
    parser.add_argument("--completions", type=Path, required=True)
    parser.add_argument("--answer-pattern", required=True, help="regular expression; its first group is the answer")
    parser.add_argument("--output", type=Path, required=True, help="rollouts (parquet)")
    args = parser.parse_args(argv)
    rollouts = grade(pd.read_parquet(args.completions), pd.read_parquet(args.problems), args.answer_pattern)
    write_parquet(rollouts, args.output)


if __name__ == "__main__":
    run(main)
