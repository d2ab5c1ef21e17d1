"""Import a problem set: of published records, or a file of one's own."""

import argparse
import json
from pathlib import Path

import pandas as pd

from foretell.common import tables
from foretell.common.errors import run
from foretell.common.storage import write_parquet
from foretell.problems import records


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--input", type=Path, required=True, help="the problems")
    parser.add_argument(
        "--settings",
        type=json.loads,
        required=True,
        help='JSON; for records {"records": {dataset, halves}}, else {"table": {form, columns, where}, "answer_kind", '
        '"cross_fitted"}',
    )
    parser.add_argument("--output", type=Path, required=True, help="problems (parquet)")
    args = parser.parse_args(argv)
    settings = dict(args.settings)
    if "records" in settings:
        imported = records.import_problems(pd.read_parquet(args.input), **settings["records"])
    else:
        imported = imported.import_problems(tables.read(args.input, **settings.pop("table")), **settings)
    write_parquet(imported, args.output)
    excluded = imported[imported.excluded_reason.notna()]
    if len(excluded):
        print(f"excluded: {', '.join(excluded.problem_id + ' (' + excluded.excluded_reason + ')')}")


if __name__ == "__main__":
    run(main)
