"""Plot where in the network the linear probe reads best (F3)."""

import pandas as pd

from foretell.common.errors import run
from foretell.figures.inputs import LINEAR, problem_set_parser
from foretell.figures.layers import collect, draw
from foretell.figures.style import write_figure


def main(argv=None):
    args = problem_set_parser(__doc__).parse_args(argv)
    folders = {policy: args.probes / policy / "success_rate" / LINEAR for policy in args.policies}
    frame = collect({policy: pd.read_parquet(folder / "sweep.parquet") for policy, folder in folders.items()})
    write_figure(draw(frame), frame, args.output)


if __name__ == "__main__":
    run(main)
