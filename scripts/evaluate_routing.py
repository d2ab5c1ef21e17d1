"""Evaluate routers: curves on every split, and test results at operating points that other splits chose.

Several pools are the folds of one: each chooses on its own, and their test problems are reported together.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from foretell.common.arguments import settings
from foretell.common.errors import run
from foretell.common.storage import write_parquet
from foretell.routing.evaluation import evaluate_routing
from foretell.routing.files import add_tables, read_tables
from foretell.routing.settings import RoutingEvaluationSettings


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_tables(parser)
    parser.add_argument(
        "--settings",
        type=settings(RoutingEvaluationSettings),
        required=True,
        help="JSON: resamples, seed, sweep, families, choosers, criteria, margin, cost_sensitivity",
    )
    parser.add_argument("--curves", type=Path, required=True, help="output: every point of every strategy")
    parser.add_argument("--shares", type=Path, required=True, help="output: share of problems per policy")
    parser.add_argument("--summary", type=Path, required=True, help="output: strategies on test")
    args = parser.parse_args(argv)

    curves, shares, summary = evaluate_routing(read_tables(args), args.settings)
    write_parquet(curves, args.curves)
    write_parquet(shares, args.shares)
    write_parquet(summary, args.summary)


if __name__ == "__main__":
    run(main)
