"""Price every policy's outcomes in dollars, with all of its samples and with fewer."""

import argparse
from pathlib import Path

from foretell.common.errors import run
from foretell.common.storage import write_parquet
from foretell.routing.costs import price_outcomes
from foretell.routing.fewer_samples import price_fewer_samples
from foretell.routing.inputs import parse_settings, policy_file, read_by_policy


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--outcomes", type=policy_file, action="append", required=True, metavar="POLICY=FILE")
    parser.add_argument("--rollouts", type=policy_file, action="append", default=[], metavar="POLICY=FILE")
    parser.add_argument("--settings", required=True, help='{"policies": {policy: {encoder, input_price, ...}}}')
    parser.add_argument("--costs", type=Path, required=True, help="output: one row per policy and problem")
    parser.add_argument("--fewer-samples", type=Path, required=True, help="output: the same at 1..k samples")
    args = parser.parse_args(argv)

    settings = parse_settings(args.settings, ["policies"])
    costs = price_outcomes(read_by_policy(args.outcomes), settings["policies"])
    rollouts = read_by_policy(args.rollouts, ["problem_id", "sample", "answer_class", "correct"])
    write_parquet(price_fewer_samples(rollouts, costs), args.fewer_samples)
    write_parquet(costs, args.costs)


if __name__ == "__main__":
    run(main)
