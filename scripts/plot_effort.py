"""Plot how well success can be read against how accurate policies are, by reasoning effort (F9)."""

import json

from foretell.common.errors import run
from foretell.figures.effort import METRICS, collect, draw
from foretell.figures.inputs import LINEAR, add_settings, problem_set_parser, read_outcomes
from foretell.figures.style import write_figure


def main(argv=None):
    parser = problem_set_parser(__doc__)
    parser.add_argument("--efforts", type=json.loads, required=True, help='{policy: {"model": ..., "effort": ...}}')
    add_settings(parser)
    args = parser.parse_args(argv)
    metrics = {
        target: {
            policy: json.loads((args.probes / policy / target / LINEAR / "metrics.json").read_text(encoding="utf-8"))
            for policy in args.policies
        }
        for target in METRICS
    }
    frame = collect(read_outcomes(args.outcomes, args.policies), metrics, args.efforts, **args.settings)
    write_figure(draw(frame), frame, args.output)


if __name__ == "__main__":
    run(main)
