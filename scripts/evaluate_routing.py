"""Evaluate routers: curves on every split, and test results at operating points that other splits chose.

Several files of each kind, in the same order, are the folds of one pool: each fold chooses on its own, and their test
problems are reported together.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from foretell.common.arguments import settings
from foretell.common.errors import UserError, run
from foretell.common.storage import write_parquet
from foretell.routing.evaluation import EvaluationSettings, evaluate_routing
from foretell.routing.tables import PoolTables


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("costs", "fewer-samples", "probabilities", "decisions"):
        parser.add_argument(f"--{name}", type=Path, nargs="+", required=True, metavar="FILE", help="one per fold")
    parser.add_argument(
        "--settings",
        type=settings(EvaluationSettings),
        required=True,
        help="JSON: resamples, seed, choosers, criteria, cost_sensitivity",
    )
    parser.add_argument("--curves", type=Path, required=True, help="output: every point of every strategy")
    parser.add_argument("--shares", type=Path, required=True, help="output: share of problems per policy")
    parser.add_argument("--summary", type=Path, required=True, help="output: strategies on test")
    args = parser.parse_args(argv)

    inputs = (args.costs, args.fewer_samples, args.probabilities, args.decisions)
    if len({len(files) for files in inputs}) > 1:
        raise UserError("--costs, --fewer-samples, --probabilities and --decisions each need one file per fold")
    frames = [[pd.read_parquet(file) for file in files] for files in zip(*inputs, strict=True)]
    pools = [(PoolTables(*tables), decisions) for *tables, decisions in frames]
    curves, shares, summary = evaluate_routing(pools, args.settings)
    write_parquet(curves, args.curves)
    write_parquet(shares, args.shares)
    write_parquet(summary, args.summary)


if __name__ == "__main__":
    run(main)
