"""Let every router choose a policy for every problem, at every operating point."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from foretell.common.arguments import files_by_id, named_file, settings
from foretell.common.errors import UserError, run
from foretell.common.storage import read_parquet, write_parquet
from foretell.routing.arms import add_probabilities_of_arms
from foretell.routing.decisions import route_pool
from foretell.routing.pool import tabulate_probabilities
from foretell.routing.routers import RoutingSettings


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--costs", type=Path, required=True)
    parser.add_argument("--predictions", type=named_file, nargs="+", required=True, metavar="POLICY/FAMILY=FILE")
    parser.add_argument("--settings", type=settings(RoutingSettings), required=True, help="JSON: sweep, probabilities")
    parser.add_argument("--probabilities", type=Path, required=True, help="output: probabilities of all policies")
    parser.add_argument("--decisions", type=Path, required=True, help="output: one row per decision")
    args = parser.parse_args(argv)

    predictions = {_key(name): read_parquet(file) for name, file in files_by_id(args.predictions).items()}
    costs = read_parquet(args.costs)
    probabilities = add_probabilities_of_arms(tabulate_probabilities(predictions, args.settings.probabilities), costs)
    decisions = route_pool(costs, probabilities, args.settings.sweep)
    write_parquet(probabilities, args.probabilities)
    write_parquet(decisions, args.decisions)


def _key(name: str) -> tuple[str, str]:
    policy, separator, family = name.partition("/")
    if not separator:
        raise UserError(f"--predictions: {name!r} is not of the form POLICY/FAMILY")
    return policy, family


if __name__ == "__main__":
    run(main)
