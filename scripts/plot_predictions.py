"""Plot predicted success where policies were right and where they were wrong, on test (F5)."""

from foretell.common.errors import run
from foretell.figures.inputs import MAJORITY, problem_set_parser, read_outcomes, read_predictions
from foretell.figures.predictions import collect, draw
from foretell.figures.style import write_figure


def main(argv=None):
    args = problem_set_parser(__doc__).parse_args(argv)
    predictions = read_predictions(args.probes, args.policies, MAJORITY, args.family)
    frame = collect(read_outcomes(args.outcomes, args.policies), predictions)
    write_figure(draw(frame), frame, args.output)


if __name__ == "__main__":
    run(main)
