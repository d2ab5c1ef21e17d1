"""Evaluate routers: curves on every split, and test results at operating points that other splits chose."""

import argparse
from pathlib import Path

import pandas as pd

from foretell.errors import UserError, run
from foretell.routing.costs import ASSUMED
from foretell.routing.curves import count_shares, trace_curves
from foretell.routing.decisions import CASCADE, UTILITY, align_decisions
from foretell.routing.inputs import parse_settings, policy_file, read_by_policy
from foretell.routing.pool import assemble_pool
from foretell.routing.sensitivity import replace_saving_intervals
from foretell.routing.summary import summarise_routing
from foretell.storage import write_parquet


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--costs", type=Path, required=True)
    parser.add_argument("--fewer-samples", type=Path, required=True)
    parser.add_argument("--decisions", type=Path, required=True)
    parser.add_argument(
        "--predictions",
        type=policy_file,
        action="append",
        default=[],
        metavar="POLICY=FILE",
        help="needed with cost_sensitivity only, to decide again at other costs",
    )
    parser.add_argument(
        "--settings", required=True, help='{"resamples": 2000, "seed": 1, "choose_on": [...], "cost_sensitivity": null}'
    )
    parser.add_argument("--curves", type=Path, required=True, help="output: every point of every strategy")
    parser.add_argument("--shares", type=Path, required=True, help="output: share of problems per policy")
    parser.add_argument("--summary", type=Path, required=True, help="output: strategies on test")
    args = parser.parse_args(argv)

    settings = parse_settings(args.settings, ["resamples", "seed", "choose_on"], ["cost_sensitivity"])
    resampling = {"resamples": settings["resamples"], "seed": settings["seed"]}
    costs, fewer_samples = pd.read_parquet(args.costs), pd.read_parquet(args.fewer_samples)
    pool = assemble_pool(costs)
    decisions = align_decisions(pd.read_parquet(args.decisions), pool)
    summary = summarise_routing(pool, fewer_samples, decisions, settings["choose_on"], **resampling)
    if settings.get("cost_sensitivity") and ASSUMED in pool.cost_basis:
        if not args.predictions:
            raise UserError("cost_sensitivity decides again at other costs: give --predictions POLICY=FILE per policy")
        predictions = read_by_policy(args.predictions, ["problem_id", "probability"])
        points = {each.router: each.operating_points for each in decisions}
        points = {"lambdas": points[UTILITY], "thresholds": points[CASCADE]}
        summary = replace_saving_intervals(
            summary, costs, fewer_samples, predictions, points, settings["choose_on"], settings["cost_sensitivity"]
        )
    write_parquet(trace_curves(pool, fewer_samples, decisions, **resampling), args.curves)
    write_parquet(count_shares(pool, decisions), args.shares)
    write_parquet(summary, args.summary)


if __name__ == "__main__":
    run(main)
