"""Evaluate routers: curves on every split, and test results at operating points that other splits chose.

Several files of each kind, or the folds of a cross-fitted one, are the parts of one pool: each part chooses on its own,
and their test problems are reported together.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from foretell.common.errors import run
from foretell.common.storage import write_parquet
from foretell.routing.choice import Chooser
from foretell.routing.costs import ASSUMED
from foretell.routing.curves import count_shares, trace_curves
from foretell.routing.decisions import CASCADE, UTILITY, align_decisions
from foretell.routing.folds import decisions_of_fold, split_by_fold
from foretell.routing.inputs import parse_settings
from foretell.routing.pool import assemble_pool
from foretell.routing.routed import Routed
from foretell.routing.sensitivity import Undecided, replace_saving_intervals
from foretell.routing.summary import summarise_routing

SETTINGS = ["resamples", "seed", "choosers", "criteria", "cost_sensitivity"]


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("costs", "fewer-samples", "probabilities", "decisions"):
        parser.add_argument(f"--{name}", type=Path, nargs="+", required=True, metavar="FILE")
    parser.add_argument(
        "--settings",
        required=True,
        help='{"resamples": 2000, "seed": 1, "choosers": [{"calibrated_on": "train", "chosen_on": "validation"}], '
        '"criteria": {"match": null}, "cost_sensitivity": null}',
    )
    parser.add_argument("--curves", type=Path, required=True, help="output: every point of every strategy")
    parser.add_argument("--shares", type=Path, required=True, help="output: share of problems per policy")
    parser.add_argument("--summary", type=Path, required=True, help="output: strategies on test")
    args = parser.parse_args(argv)

    settings = parse_settings(args.settings, SETTINGS)
    resampling = {"resamples": settings["resamples"], "seed": settings["seed"]}
    choosers, criteria = [Chooser(**each) for each in settings["choosers"]], settings["criteria"]
    files = zip(args.costs, args.fewer_samples, args.probabilities, args.decisions, strict=True)
    parts, undecided = zip(*(part for each in files for part in _parts(*map(pd.read_parquet, each))), strict=True)

    summary = summarise_routing(parts, choosers, criteria, **resampling)
    if settings["cost_sensitivity"] and any(ASSUMED in basis for basis in parts[0].pool.cost_basis):
        points = {each.router: each.operating_points for each in parts[0].decisions}
        points = {"lambdas": points[UTILITY], "thresholds": points[CASCADE]}
        summary = replace_saving_intervals(summary, undecided, points, choosers, criteria, settings["cost_sensitivity"])
    write_parquet(trace_curves(parts, **resampling), args.curves)
    write_parquet(count_shares(parts), args.shares)
    write_parquet(summary, args.summary)


def _parts(
    costs: pd.DataFrame, fewer_samples: pd.DataFrame, probabilities: pd.DataFrame, decisions: pd.DataFrame
) -> Iterator[tuple[Routed, Undecided]]:
    """One pool, or the folds of a cross-fitted one: with its decisions, and what they follow from."""
    for fold, (fold_costs, fold_probabilities) in split_by_fold(costs, probabilities).items():
        pool = assemble_pool(fold_costs)
        routed = Routed(pool, fewer_samples, align_decisions(decisions_of_fold(decisions, fold), pool))
        yield routed, Undecided(fold_costs, fewer_samples, fold_probabilities)


if __name__ == "__main__":
    run(main)
