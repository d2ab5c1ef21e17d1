"""Let every router choose a policy for every problem, at every operating point."""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from foretell.common.errors import run
from foretell.common.storage import write_parquet
from foretell.routing.decisions import decide, tabulate_decisions
from foretell.routing.folds import split_by_fold
from foretell.routing.inputs import parse_settings, policy_file, read_by_policy
from foretell.routing.pool import (
    align_probabilities,
    assemble_pool,
    require_different_costs,
    tabulate_probabilities,
)


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--costs", type=Path, required=True)
    parser.add_argument("--predictions", type=policy_file, action="append", required=True, metavar="POLICY=FILE")
    parser.add_argument(
        "--settings",
        required=True,
        help='{"lambdas": 50, "thresholds": 50, "probabilities": {"train": "probability"}}: numbers of points, and by '
        "the split that calibrated them the column of the predictions",
    )
    parser.add_argument("--probabilities", type=Path, required=True, help="output: probabilities of all policies")
    parser.add_argument("--decisions", type=Path, required=True, help="output: one row per decision")
    args = parser.parse_args(argv)

    settings = parse_settings(args.settings, ["lambdas", "thresholds", "probabilities"])
    probabilities = tabulate_probabilities(read_by_policy(args.predictions), settings["probabilities"])
    lambdas, thresholds = np.linspace(0, 1, settings["lambdas"]), np.linspace(0, 1, settings["thresholds"])
    tables = []
    for fold, (costs, part) in split_by_fold(pd.read_parquet(args.costs), probabilities).items():
        pool = assemble_pool(costs)
        require_different_costs(pool)
        decisions = decide(pool, align_probabilities(part, pool), lambdas=lambdas, thresholds=thresholds)
        table = tabulate_decisions(decisions, pool)
        tables.append(table if fold is None else table.assign(fold=fold))
    write_parquet(probabilities, args.probabilities)
    write_parquet(pd.concat(tables, ignore_index=True), args.decisions)


if __name__ == "__main__":
    run(main)
