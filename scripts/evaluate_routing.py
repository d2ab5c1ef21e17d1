"""Evaluate routers: curves on every split, and test results at operating points that other splits chose.

Several pools are the folds of one: each chooses on its own, and their test problems are reported together.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from foretell.common.arguments import files_by_id, named_file, settings
from foretell.common.errors import UserError, run
from foretell.common.storage import read_parquet, write_parquet
from foretell.routing.evaluation import evaluate_routing
from foretell.routing.settings import RoutingEvaluationSettings
from foretell.routing.tables import PoolTables


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("costs", "fewer-samples", "probabilities", "decisions"):
        parser.add_argument(f"--{name}", type=named_file, nargs="+", required=True, metavar="POOL=FILE")
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

    inputs = [files_by_id(named) for named in (args.costs, args.fewer_samples, args.probabilities, args.decisions)]
    folds = list(inputs[0])
    if any(set(files) != set(folds) for files in inputs):
        raise UserError("--costs, --fewer-samples, --probabilities and --decisions must name the same pools")
    frames = [[read_parquet(files[fold]) for files in inputs] for fold in folds]
    pools = [(PoolTables(*tables), decisions) for *tables, decisions in frames]
    curves, shares, summary = evaluate_routing(pools, args.settings)
    write_parquet(curves, args.curves)
    write_parquet(shares, args.shares)
    write_parquet(summary, args.summary)


if __name__ == "__main__":
    run(main)
