"""Tabulate how well activations tell human difficulty and a model's own success (T1)."""

import argparse
from pathlib import Path

import pandas as pd

from foretell.errors import run
from foretell.figures.difficulty import layout_correlations
from foretell.figures.text import write_table


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--correlations", type=Path, required=True, help="(parquet)")
    parser.add_argument("--output", type=Path, required=True, help="path without suffix; .csv, .md, .tex are made")
    args = parser.parse_args(argv)
    frame = pd.read_parquet(args.correlations)
    write_table(frame, *layout_correlations(frame), args.output)


if __name__ == "__main__":
    run(main)
