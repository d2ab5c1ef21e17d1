"""Plot what selective answering gives, alone and with a dearer source for the rest (F11)."""

import json

import pandas as pd

from foretell.common.errors import run
from foretell.figures.inputs import add_settings, pool_parser
from foretell.figures.risk_coverage import collect, draw
from foretell.figures.style import write_figure


def main(argv=None):
    parser = pool_parser(__doc__)
    parser.add_argument("--dearer", type=json.loads, required=True, help="JSON: cost, accuracy, assumption")
    add_settings(parser)
    args = parser.parse_args(argv)
    tables = [pd.read_parquet(args.routing / f"{name}.parquet") for name in ("costs", "probabilities")]
    frame = collect(*tables, args.dearer, **args.settings)
    write_figure(draw(frame), frame, args.output)


if __name__ == "__main__":
    run(main)
