"""Plot to which policies the utility router sends the test problems (F8)."""

import pandas as pd

from foretell.errors import run
from foretell.figures.inputs import pool_parser
from foretell.figures.shares import collect, draw
from foretell.figures.style import write_figure


def main(argv=None):
    args = pool_parser(__doc__).parse_args(argv)
    shares, summary = (pd.read_parquet(args.routing / f"{name}.parquet") for name in ("shares", "summary"))
    frame = collect(shares, summary)
    write_figure(draw(frame), frame, args.output)


if __name__ == "__main__":
    run(main)
