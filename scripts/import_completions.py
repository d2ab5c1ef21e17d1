"""Import a policy's completions, to be graded."""

import argparse
import json
from pathlib import Path

import pandas as pd

from foretell.common.errors import run
from foretell.common.tables import read
from foretell.completions.imported import import_completions, write_shards


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", type=Path, required=True)
    parser.add_argument("--input", type=Path, required=True, help="a table, or a log of an evaluation tool")
    parser.add_argument(
        "--settings",
        type=json.loads,
        required=True,
        help='JSON: {"table": {form, columns, where}, "characters_per_token"}',
    )
    parser.add_argument(
        "--output", type=Path, nargs="+", required=True, help="completions (parquet), one file per shard"
    )
    args = parser.parse_args(argv)
    problems = pd.read_parquet(args.problems)
    table = read(args.input, **args.settings["table"])
    imported = import_completions(table, problems, args.settings["characters_per_token"])
    write_shards(imported, args.output)
    print(f"{len(imported)} completions of {imported.problem_id.nunique()} problems")


if __name__ == "__main__":
    run(main)
