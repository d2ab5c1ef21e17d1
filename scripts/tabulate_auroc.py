"""Tabulate the linear probe against baselines and a control, on test (T2)."""

from foretell.common.errors import run
from foretell.figures.auroc import collect, layout
from foretell.figures.inputs import add_settings, problem_set_parser, read_outcomes, read_predictions
from foretell.figures.text import write_table


def main(argv=None):
    parser = problem_set_parser(__doc__)
    parser.add_argument("--targets", nargs="+", required=True)
    parser.add_argument("--families", nargs="+", required=True)
    add_settings(parser)
    args = parser.parse_args(argv)
    predictions = {
        (target, family): read_predictions(args.probes, args.policies, target, family)
        for target in args.targets
        for family in args.families
    }
    frame = collect(read_outcomes(args.outcomes, args.policies), predictions, **args.settings)
    write_table(frame, *layout(frame), args.output)


if __name__ == "__main__":
    run(main)
