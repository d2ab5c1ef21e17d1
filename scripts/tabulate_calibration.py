"""Tabulate calibration on test, and base rates per split (T6)."""

from foretell.common.errors import run
from foretell.figures.calibration import collect, layout
from foretell.figures.inputs import (
    MAJORITY,
    add_settings,
    problem_set_parser,
    read_outcomes,
    read_predictions,
)
from foretell.figures.text import write_table


def main(argv=None):
    parser = problem_set_parser(__doc__)
    add_settings(parser)
    args = parser.parse_args(argv)
    predictions = read_predictions(args.probes, args.policies, MAJORITY, args.family)
    frame = collect(read_outcomes(args.outcomes, args.policies), predictions, **args.settings)
    write_table(frame, *layout(frame), args.output)


if __name__ == "__main__":
    run(main)
