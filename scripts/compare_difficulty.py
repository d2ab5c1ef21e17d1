"""Compare human difficulty with a model's own, and how well activations tell each."""

import argparse
import json
from pathlib import Path

import pandas as pd

from foretell.common.errors import run
from foretell.common.storage import write_parquet
from foretell.difficulty import compare, differ_most

SHOWN = 8  # problems of each direction


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", type=Path, required=True)
    parser.add_argument("--outcomes", type=Path, required=True, help="folder of {policy}.parquet")
    parser.add_argument("--probes", type=Path, required=True, help="folder of {policy}/{target}/{family}/")
    parser.add_argument("--policies", nargs="+", required=True)
    parser.add_argument("--targets", nargs="+", required=True)
    parser.add_argument("--families", nargs="+", required=True)
    parser.add_argument("--settings", type=json.loads, required=True, help='{"resamples": 2000, "seed": 1}')
    parser.add_argument("--correlations", type=Path, required=True, help="(parquet)")
    parser.add_argument("--differences", type=Path, required=True, help="problems that differ most (parquet)")
    args = parser.parse_args(argv)
    outcomes = {policy: pd.read_parquet(args.outcomes / f"{policy}.parquet") for policy in args.policies}
    predictions = {
        (policy, target, family): pd.read_parquet(args.probes / policy / target / family / "predictions.parquet")
        for policy in args.policies
        for target in args.targets
        for family in args.families
    }
    permutations = {policy: pd.read_parquet(args.probes / policy / "permutations.parquet") for policy in args.policies}
    write_parquet(compare(outcomes, predictions, permutations, **args.settings), args.correlations)
    write_parquet(differ_most(pd.read_parquet(args.problems), outcomes, SHOWN), args.differences)


if __name__ == "__main__":
    run(main)
