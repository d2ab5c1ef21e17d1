"""Tabulate every policy's success, read from every encoder, on test (T7)."""

import argparse
import json
from pathlib import Path

import pandas as pd

from foretell.common.errors import run
from foretell.figures.encoders import collect, layout
from foretell.figures.inputs import add_settings, read_outcomes
from foretell.figures.text import write_table


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--outcomes", type=Path, required=True, help="folder of {policy}.parquet")
    parser.add_argument("--encoders", type=Path, nargs="+", required=True, help="{encoder}.parquet of each")
    parser.add_argument("--own", type=json.loads, required=True, help="JSON: per policy, its own encoder")
    add_settings(parser)
    parser.add_argument("--output", type=Path, required=True, help="path without suffix; .csv, .md, .tex are made")
    args = parser.parse_args(argv)
    encoders = {path.stem: pd.read_parquet(path) for path in args.encoders}
    frame = collect(read_outcomes(args.outcomes, list(args.own)), encoders, args.own, **args.settings)
    write_table(frame, *layout(frame), args.output)


if __name__ == "__main__":
    run(main)
