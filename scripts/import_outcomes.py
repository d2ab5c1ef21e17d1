"""Import a policy's outcomes: of one recorded run, or a file of one's own."""

import argparse
import json
from pathlib import Path

import pandas as pd

from foretell.common import tables
from foretell.common.errors import run
from foretell.common.storage import write_parquet
from foretell.outcomes import imported as own
from foretell.outcomes import records


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", type=Path, required=True)
    parser.add_argument("--input", type=Path, required=True, help="the outcomes")
    parser.add_argument(
        "--settings", type=json.loads, required=True, help='JSON: {"run": id} or {"table": {form, columns, where}}'
    )
    parser.add_argument("--output", type=Path, required=True, help="outcomes (parquet)")
    args = parser.parse_args(argv)
    problems = pd.read_parquet(args.problems)
    if "run" in args.settings:
        imported = records.import_outcomes(pd.read_parquet(args.input), args.settings["run"], problems)
    else:
        imported = own.import_outcomes(tables.read(args.input, **args.settings["table"]), problems)
    write_parquet(imported, args.output)


if __name__ == "__main__":
    run(main)
