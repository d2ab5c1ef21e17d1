"""Plot cost and accuracy of the cascade and its references, on test (F7)."""

import pandas as pd

from foretell.common.errors import run
from foretell.figures.cost_accuracy import collect
from foretell.figures.cost_accuracy_plane import draw
from foretell.figures.inputs import pool_parser
from foretell.figures.style import write_figure


def main(argv=None):
    args = pool_parser(__doc__).parse_args(argv)
    curves, summary = (pd.read_parquet(args.routing / f"{name}.parquet") for name in ("curves", "summary"))
    frame = collect(curves, summary, router="cascade")
    write_figure(draw(frame), frame, args.output)


if __name__ == "__main__":
    run(main)
