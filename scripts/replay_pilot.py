"""Replay a pilot of every router of a pool: an A/B test against an incumbent, on problems that nothing else uses."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from foretell.common.arguments import settings
from foretell.common.errors import run
from foretell.common.storage import write_parquet
from foretell.deployment.replay_pilot import ReplaySettings, replay_pilots
from foretell.routing.evaluation import routed_folds
from foretell.routing.files import add_tables, read_tables


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_tables(parser)
    parser.add_argument(
        "--settings", type=settings(ReplaySettings), required=True, help="JSON: as evaluate_routing.py, and pilot"
    )
    parser.add_argument("--output", type=Path, required=True, help="a row per router and criterion (parquet)")
    args = parser.parse_args(argv)
    [(_, routed)] = routed_folds(read_tables(args))
    write_parquet(replay_pilots(routed, args.settings), args.output)


if __name__ == "__main__":
    run(main)
