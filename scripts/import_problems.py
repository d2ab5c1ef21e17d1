"""Import a problem set: of published records, or a file of one's own."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from foretell.common.arguments import named_file, settings, shards_by_id
from foretell.common.errors import run
from foretell.common.storage import read_parquet, write_parquet
from foretell.common.tables import read
from foretell.problems import imported, records
from foretell.problems.imported import ImportSettings


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", type=Path, nargs="+", required=True, help="the problems")
    parser.add_argument("--settings", type=settings(ImportSettings), required=True, help="JSON: records, or table, ...")
    parser.add_argument("--answered", type=named_file, nargs="+", default=[], help="POLICY=FILE: its answers to them")
    parser.add_argument("--difficulties", type=Path, help="of the problems, by item response theory (parquet)")
    parser.add_argument("--output", type=Path, required=True, help="problems (parquet)")
    args = parser.parse_args(argv)
    given: ImportSettings = args.settings
    if given.records is not None:
        problems = records.import_problems(read_parquet(args.table[0]), given.records)
    else:
        files = shards_by_id(args.answered)
        answered = {policy: read(files[policy], how) for policy, how in given.answered.items()}
        table = read(args.table, given.table)
        how = given.answer_kind, given.cross_fitted, answered, given.graded, given.test_share, given.pilot_share
        problems = imported.import_problems(table, *how)
    if args.difficulties is not None:
        problems = imported.with_difficulties(problems, read_parquet(args.difficulties))
    imported.require_columns(problems, given.metadata)
    write_parquet(problems, args.output)
    excluded = problems[problems.excluded_reason.notna()]
    if len(excluded):
        print(f"excluded: {', '.join(excluded.problem_id + ' (' + excluded.excluded_reason + ')')}")


if __name__ == "__main__":
    run(main)
