"""Evaluate routers: curves on every split, and test results at operating points that other splits chose.

Several files of each kind are the parts of one pool: each part chooses on its own, and their test problems are reported
together.
"""

import argparse
from pathlib import Path

import pandas as pd

from foretell.errors import run
from foretell.routing.choice import Chooser
from foretell.routing.costs import ASSUMED
from foretell.routing.curves import count_shares, trace_curves
from foretell.routing.decisions import CASCADE, UTILITY, align_decisions
from foretell.routing.inputs import parse_settings
from foretell.routing.pool import assemble_pool
from foretell.routing.routed import Routed
from foretell.routing.sensitivity import Undecided, replace_saving_intervals
from foretell.routing.summary import summarise_routing
from foretell.storage import write_parquet

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
    files = zip(args.costs, args.fewer_samples, args.probabilities, strict=True)
    undecided = [Undecided(*map(pd.read_parquet, each)) for each in files]
    parts = [_routed(*each) for each in zip(undecided, args.decisions, strict=True)]

    summary = summarise_routing(parts, choosers, criteria, **resampling)
    if settings["cost_sensitivity"] and ASSUMED in parts[0].pool.cost_basis:
        points = {each.router: each.operating_points for each in parts[0].decisions}
        points = {"lambdas": points[UTILITY], "thresholds": points[CASCADE]}
        summary = replace_saving_intervals(summary, undecided, points, choosers, criteria, settings["cost_sensitivity"])
    write_parquet(trace_curves(parts, **resampling), args.curves)
    write_parquet(count_shares(parts), args.shares)
    write_parquet(summary, args.summary)


def _routed(undecided: Undecided, decisions: Path) -> Routed:
    pool = assemble_pool(undecided.costs)
    return Routed(pool, undecided.fewer_samples, align_decisions(pd.read_parquet(decisions), pool))


if __name__ == "__main__":
    run(main)
