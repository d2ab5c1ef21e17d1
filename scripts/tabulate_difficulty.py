"""Tabulate how well activations tell human difficulty and a model's own success (T1)."""

import pandas as pd

from foretell.common.errors import run
from foretell.figures.difficulty import layout_correlations
from foretell.figures.inputs import table_parser
from foretell.figures.text import write_table


def main(argv=None):
    args = table_parser(__doc__).parse_args(argv)
    frame = pd.read_parquet(args.input)
    write_table(frame, *layout_correlations(frame), args.output)


if __name__ == "__main__":
    run(main)
