"""Import a recorded problem set; its test split is halved into validation and test."""

import argparse
import json
from pathlib import Path

import pandas as pd

from foretell.errors import run
from foretell.records import import_problems
from foretell.storage import write_parquet


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=Path, required=True, help="recorded problems (parquet)")
    parser.add_argument("--settings", type=json.loads, required=True, help="dataset and halves as JSON")
    parser.add_argument("--output", type=Path, required=True, help="problems (parquet)")
    args = parser.parse_args(argv)
    write_parquet(import_problems(pd.read_parquet(args.records), **args.settings), args.output)


if __name__ == "__main__":
    run(main)
