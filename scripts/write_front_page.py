"""Write the report's front page."""

import argparse
import json
from pathlib import Path

import pandas as pd

from foretell.claims.front_page import write
from foretell.common.errors import run
from foretell.common.storage import write_text


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, required=True, help="folder of the study's results")
    parser.add_argument("--settings", type=json.loads, required=True, help="title, evidence and pools as JSON")
    parser.add_argument("--output", type=Path, required=True, help="the page (reStructuredText)")
    args = parser.parse_args(argv)
    pools = args.settings["pools"]
    shown = [*args.settings["unrouted"].items(), *((pool["problem_set"], pool["policies"]) for pool in pools.values())]
    outcomes = {
        name: {policy: pd.read_parquet(args.results / "outcomes" / name / f"{policy}.parquet") for policy in policies}
        for name, policies in shown
    }
    routing = {pool: pd.read_parquet(args.results / "routing" / pool / "summary.parquet") for pool in pools}
    claims = pd.read_csv(args.results / "claims.csv")
    write_text(write(args.settings, outcomes, routing, claims), args.output)


if __name__ == "__main__":
    run(main)
