"""Price every policy's outcomes in dollars, with all of its samples and with fewer."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from foretell.common.arguments import files_by_id, named_file, settings, shards_by_id
from foretell.common.errors import run
from foretell.common.storage import read_parquet, write_parquet
from foretell.routing.arms import add_arms
from foretell.routing.costs import PriceSettings, price_outcomes
from foretell.routing.fewer_samples import ROLLOUT_COLUMNS, price_fewer_samples


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--outcomes", type=named_file, nargs="+", required=True, metavar="POLICY=FILE")
    parser.add_argument(
        "--rollouts", type=named_file, nargs="*", default=[], metavar="POLICY=FILE", help="shards; may be absent"
    )
    parser.add_argument(
        "--prompts", type=named_file, nargs="*", default=[], metavar="POLICY=FILE", help="that another model reads"
    )
    parser.add_argument("--settings", type=settings(PriceSettings), required=True, help="JSON: policies, fewer_samples")
    parser.add_argument(
        "--costs", type=Path, required=True, help="output: one row per policy (maybe at fewer samples) and problem"
    )
    parser.add_argument("--fewer-samples", type=Path, required=True, help="output: the same at 1..k samples")
    args = parser.parse_args(argv)

    outcomes = {policy: read_parquet(file) for policy, file in files_by_id(args.outcomes).items()}
    rollouts = {
        policy: pd.concat([read_parquet(file, columns=ROLLOUT_COLUMNS) for file in files], ignore_index=True)
        for policy, files in shards_by_id(args.rollouts).items()
    }
    prompts = {
        policy: read_parquet(file, columns=["problem_id", "token_ids"])
        for policy, file in files_by_id(args.prompts).items()
    }
    costs = price_outcomes(outcomes, args.settings.policies, prompts)
    fewer_samples = price_fewer_samples(rollouts, costs)
    write_parquet(fewer_samples, args.fewer_samples)
    write_parquet(add_arms(costs, fewer_samples) if args.settings.fewer_samples else costs, args.costs)


if __name__ == "__main__":
    run(main)
