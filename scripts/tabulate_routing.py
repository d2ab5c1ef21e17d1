"""Tabulate what every routing strategy costs and gets right, on test (T4)."""

import pandas as pd

from foretell.common.errors import run
from foretell.figures.inputs import pool_parser
from foretell.figures.routing_summary import collect, layout
from foretell.figures.text import write_table


def main(argv=None):
    args = pool_parser(__doc__).parse_args(argv)
    frame = collect(pd.read_parquet(args.routing / "summary.parquet"))
    write_table(frame, *layout(frame), args.output)


if __name__ == "__main__":
    run(main)
