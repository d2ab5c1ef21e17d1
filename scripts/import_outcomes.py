"""Import the recorded outcomes of one run."""

import argparse
from pathlib import Path

import pandas as pd

from foretell.errors import run
from foretell.records import import_outcomes
from foretell.storage import write_parquet


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", type=Path, required=True)
    parser.add_argument("--records", type=Path, required=True, help="recorded outcomes (parquet)")
    parser.add_argument("--run", required=True, help="run_id of the run")
    parser.add_argument("--output", type=Path, required=True, help="outcomes (parquet)")
    args = parser.parse_args(argv)
    outcomes = import_outcomes(pd.read_parquet(args.records), args.run, pd.read_parquet(args.problems))
    write_parquet(outcomes, args.output)


if __name__ == "__main__":
    run(main)
