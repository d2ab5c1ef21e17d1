"""Tabulate the problems where people and a model differ most (T8)."""

import pandas as pd

from foretell.common.errors import run
from foretell.figures.difficulty import layout_differences
from foretell.figures.inputs import table_parser
from foretell.figures.text import write_table


def main(argv=None):
    args = table_parser(__doc__).parse_args(argv)
    frame = pd.read_parquet(args.input)
    write_table(frame, *layout_differences(frame), args.output)


if __name__ == "__main__":
    run(main)
