"""Estimate what a router is worth in a year, from what it does on the test problems of its pool.

Several pools are the folds of one, as in evaluate_routing.py.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from foretell.common.arguments import settings
from foretell.common.errors import run
from foretell.common.storage import write_parquet
from foretell.routing.evaluation import routed_folds
from foretell.routing.files import add_tables, read_tables
from foretell.routing.investment import estimate_return
from foretell.routing.settings import ReturnSettings


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_tables(parser)
    parser.add_argument(
        "--settings", type=settings(ReturnSettings), required=True, help="JSON: as evaluate_routing.py, and investment"
    )
    parser.add_argument("--output", type=Path, required=True, help="a year by every strategy (parquet)")
    args = parser.parse_args(argv)
    folds = [fold for _, fold in routed_folds(read_tables(args))]
    write_parquet(estimate_return(folds, args.settings), args.output)


if __name__ == "__main__":
    run(main)
