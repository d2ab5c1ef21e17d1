"""Fit a router to the log of its decisions, and say whether the new one is better.

Probes stay as they are, and no model reads: of each policy the calibration and the mean cost are fitted anew, and
operating points are chosen anew where the present ones fail, on the first half of the requests. The second half judges.
The log is that of scripts/serve_router.py with the key `exploration`. Which answers were right stands in a file of its
own, JSON lines such as {"id": "...", "correct": true}, with ids of the log. The new folder is written whatever the
verdict. The exit status is 0 where the new router is shown to be better, or not worse within the margin, 3 where it is
not, and 1 where a file is wrong.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from foretell.common.arguments import share
from foretell.common.errors import UserError, run
from foretell.deployment.choosing import choose_point
from foretell.deployment.folder import router_id
from foretell.deployment.judging import judge
from foretell.deployment.observed import observe
from foretell.deployment.refreshed import Refreshed, write_report
from foretell.deployment.refreshed_folder import write_refreshed
from foretell.deployment.refreshing import fit_router

NOT_SHOWN = 3  # exit status; 1 and 2 are those of wrong input


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--router", type=Path, required=True, help="folder, as in results/STUDY/routers/POOL")
    parser.add_argument("--log", type=Path, required=True, help="its decisions (JSON lines)")
    parser.add_argument("--outcomes", type=Path, required=True, help="which answers were right (JSON lines)")
    parser.add_argument("--output", type=Path, required=True, help="folder of the new router, which is not there yet")
    parser.add_argument("--margin", type=share, default=0.01, help="share by which the new router may be worse")
    args = parser.parse_args(argv)

    if args.output.exists():
        raise UserError(f"{args.output}: is there already: name a new folder as --output")
    present = observe(args.router, args.log, args.outcomes)
    fitted = fit_router(present.description, present.log, args.log)
    reading = present.reading_cost(), present.reading_cost(choose_point(fitted.description))
    found = Refreshed(present, fitted, judge(fitted, present.chosen, reading, args.margin), args.margin)
    write_refreshed(found, args.output, {"log": args.log, "outcomes": args.outcomes})
    print(f"{write_report(found)}\n\n{args.output}: router {router_id(args.output)}")
    if not found.judged.verdict.shown:
        sys.exit(NOT_SHOWN)


if __name__ == "__main__":
    run(main)
