"""Plot human difficulty beside a model's own (F1)."""

import argparse
from pathlib import Path

import pandas as pd

from foretell.common.errors import run
from foretell.figures.difficulty import collect, draw
from foretell.figures.inputs import read_outcomes
from foretell.figures.style import write_figure


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--correlations", type=Path, required=True, help="(parquet)")
    parser.add_argument("--outcomes", type=Path, required=True, help="folder of {policy}.parquet")
    parser.add_argument("--policies", nargs="+", required=True)
    parser.add_argument("--output", type=Path, required=True, help="path without suffix; one file per format")
    args = parser.parse_args(argv)
    frame = collect(pd.read_parquet(args.correlations), read_outcomes(args.outcomes, args.policies))
    write_figure(draw(frame), frame, args.output)


if __name__ == "__main__":
    run(main)
