"""Take a policy's graded rollouts from a record, where they were made as the study asks for."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from foretell.common.arguments import settings
from foretell.common.errors import run
from foretell.common.storage import read_parquet
from foretell.completions.imported import write_shards
from foretell.grading.recorded import RolloutsSettings, read_recorded


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", type=Path, required=True)
    parser.add_argument("--asked", type=Path, required=True, help="prompts, or messages to a server (parquet)")
    parser.add_argument("--weights", type=Path, nargs="*", default=[], help="record of the model's checkpoint (JSON)")
    parser.add_argument("--table", type=Path, required=True, help="recorded rollouts (parquet)")
    parser.add_argument("--record", type=Path, required=True, help="how they were made (JSON)")
    parser.add_argument("--settings", type=settings(RolloutsSettings), required=True, help="JSON: sampling, ...")
    parser.add_argument("--output", type=Path, nargs="+", required=True, help="rollouts (parquet), one file per shard")
    args = parser.parse_args(argv)
    problems, asked = read_parquet(args.problems), read_parquet(args.asked)
    rollouts = read_recorded(args.table, args.record, problems, asked, args.weights, args.settings)
    write_shards(rollouts, args.output)
    print(f"{len(rollouts)} recorded rollouts of {rollouts.problem_id.nunique()} problems")


if __name__ == "__main__":
    run(main)
