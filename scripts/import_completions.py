"""Import a policy's completions, to be graded."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from foretell.common.arguments import settings
from foretell.common.errors import run
from foretell.common.storage import read_parquet
from foretell.common.tables import read
from foretell.completions.imported import TextSettings, import_completions, write_shards


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", type=Path, required=True)
    parser.add_argument("--table", type=Path, nargs="+", required=True, help="tables, or logs of an evaluation tool")
    parser.add_argument("--settings", type=settings(TextSettings), required=True, help="JSON: table, ...")
    parser.add_argument(
        "--output", type=Path, nargs="+", required=True, help="completions (parquet), one file per shard"
    )
    args = parser.parse_args(argv)
    table, problems = read(args.table, args.settings.table), read_parquet(args.problems)
    imported = import_completions(table, problems, args.settings)
    write_shards(imported, args.output)
    print(f"{len(imported)} completions of {imported.problem_id.nunique()} problems")


if __name__ == "__main__":
    run(main)
