"""Write a policy's graded rollouts without their texts, with the record of how they were made."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from foretell.common.arguments import settings
from foretell.common.errors import run
from foretell.common.storage import read_parquet
from foretell.grading.recorded import RolloutsSettings, write_recorded


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", type=Path, required=True)
    parser.add_argument("--asked", type=Path, required=True, help="prompts, or messages to a server (parquet)")
    parser.add_argument("--weights", type=Path, nargs="*", default=[], help="record of the model's checkpoint (JSON)")
    parser.add_argument("--rollouts", type=Path, nargs="+", required=True, help="shards (parquet)")
    parser.add_argument("--settings", type=settings(RolloutsSettings), required=True, help="JSON: sampling, ...")
    parser.add_argument("--table", type=Path, required=True, help="the rollouts without texts (parquet)")
    parser.add_argument("--record", type=Path, required=True, help="how they were made (JSON)")
    args = parser.parse_args(argv)
    rollouts = pd.concat([read_parquet(shard) for shard in args.rollouts], ignore_index=True)
    problems, asked = read_parquet(args.problems), read_parquet(args.asked)
    write_recorded(rollouts, problems, asked, args.weights, args.settings, args.table, args.record)


if __name__ == "__main__":
    run(main)
