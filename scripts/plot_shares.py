"""Plot to which policies the utility router sends the test problems (F8)."""

import argparse
from pathlib import Path

import pandas as pd

from foretell.common.errors import run
from foretell.figures.shares import collect, draw
from foretell.figures.style import write_figure


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shares", type=Path, required=True, help="shares of the pool (parquet)")
    parser.add_argument(
        "--summaries",
        type=Path,
        nargs="+",
        required=True,
        help="summary of the pool, or of each of its parts (parquet)",
    )
    parser.add_argument(
        "--output", type=Path, required=True, help="path without suffix; .svg, .pdf, .png, .csv are made"
    )
    args = parser.parse_args(argv)
    summaries = {path.parent.name: pd.read_parquet(path) for path in args.summaries}
    frame = collect(pd.read_parquet(args.shares), summaries)
    write_figure(draw(frame), frame, args.output)


if __name__ == "__main__":
    run(main)
