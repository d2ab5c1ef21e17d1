"""Say what a pilot of an exported router has shown: an A/B test against the policy that answered everything before.

The log is that of scripts/serve_router.py with the keys `incumbent` and `incumbent_share`. Which answers were right
stands in a file of its own, JSON lines such as {"id": "...", "correct": true}, with ids of the log. It may be run after
every request: verdicts hold whenever one looks, given the outcomes of all requests of the log, or of a random sample,
to which none is added later. The exit status is 0, or 3 where the pilot should end without the router, and 1 where a
file is wrong.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from foretell.common.arguments import positive, share
from foretell.common.errors import run
from foretell.deployment.observed import observe
from foretell.deployment.pilot import Verdict, differences, judge, write_pilot

HARM = 3  # exit status; 1 and 2 are those of wrong input
COST = "USD that one answer can cost: the limits of prompt and answer, at the dearest prices"


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--router", type=Path, required=True, help="folder, as in results/STUDY/routers/POOL")
    parser.add_argument("--log", type=Path, required=True, help="its decisions (JSON lines)")
    parser.add_argument("--outcomes", type=Path, required=True, help="which answers were right (JSON lines)")
    parser.add_argument("--incumbent", help="policy of the other arm; without it, the most accurate of the study")
    parser.add_argument("--margin", type=share, default=0.01, help="share by which the router may be less accurate")
    parser.add_argument("--largest-cost", type=positive, required=True, help=COST)
    parser.add_argument("--level", type=share, default=0.05, help="probability of any wrong verdict")
    args = parser.parse_args(argv)

    observed = observe(args.router, args.log, args.outcomes)
    incumbent = observed.incumbent(args.incumbent)
    found = differences(observed.log, incumbent, args.largest_cost, observed.reading_cost(), args.log)
    pilot = judge(found, args.margin, args.level)
    print(write_pilot(pilot, observed.policies[incumbent], args.margin, args.level, observed.log.notes()))
    if pilot.verdict in (Verdict.LESS_ACCURATE, Verdict.DEARER):
        sys.exit(HARM)


if __name__ == "__main__":
    run(main)
