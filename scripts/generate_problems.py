"""Generate a problem set of exactly checkable problems."""

import argparse
import json
from pathlib import Path

from foretell.common.errors import run
from foretell.common.storage import write_parquet
from foretell.problems.tasks import TASKS


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--settings", type=json.loads, required=True, help="source, operators, ... as JSON")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--output", type=Path, required=True, help="problems (parquet)")
    args = parser.parse_args(argv)
    write_parquet(TASKS[args.settings["source"]].generate_problems(args.settings, args.seed), args.output)


if __name__ == "__main__":
    run(main)
