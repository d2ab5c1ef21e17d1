"""Say whether an exported router still does what its study measured, from the log of its decisions.

The log is that of scripts/serve_router.py, or what scripts/route.py prints. Which answers were right stands in a file
of its own, JSON lines such as {"id": "...", "correct": true}; ids are those of the log, which the service gives to its
clients as the header X-Router-Id. The exit status is 0 without alarm, 3 with one, and 1 where a file is wrong.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from foretell.common.arguments import share
from foretell.common.errors import run
from foretell.deployment.monitoring import monitor_router, write_report

ALARM = 3  # exit status; 1 and 2 are those of wrong input


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--router", type=Path, required=True, help="folder, as in results/STUDY/routers/POOL")
    parser.add_argument("--log", type=Path, required=True, help="its decisions (JSON lines)")
    parser.add_argument("--outcomes", type=Path, help="which answers were right (JSON lines)")
    parser.add_argument("--incumbent", help="policy to compare with; without it, the most accurate of the study")
    parser.add_argument("--level", type=share, default=0.01, help="of all alarms together, where nothing has drifted")
    args = parser.parse_args(argv)

    found = monitor_router(args.router, args.log, args.outcomes, args.incumbent, args.level)
    print(write_report(found))
    if found.alarms:
        sys.exit(ALARM)


if __name__ == "__main__":
    run(main)
