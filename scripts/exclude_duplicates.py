"""Keep problems out of training whose question is one of test, in their own problem set or others."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from foretell.common.arguments import files_by_id, named_file, settings
from foretell.common.errors import run
from foretell.common.storage import read_parquet, write_parquet
from foretell.problems.duplicates import DuplicateSettings, exclude_duplicates
from foretell.problems.imported import with_difficulties


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", type=Path, required=True, help="as they were fetched")
    parser.add_argument("--others", type=named_file, nargs="+", default=[], help="ID=FILE: sets whose test counts too")
    parser.add_argument("--difficulties", type=Path, help="of the problems, by item response theory (parquet)")
    parser.add_argument("--settings", type=settings(DuplicateSettings), required=True, help="JSON: test_of")
    parser.add_argument("--output", type=Path, required=True, help="problems (parquet)")
    args = parser.parse_args(argv)
    others = {name: read_parquet(file) for name, file in files_by_id(args.others).items()}
    problems = exclude_duplicates(read_parquet(args.problems), others, args.settings.test_of)
    if args.difficulties is not None:
        problems = with_difficulties(problems, read_parquet(args.difficulties))
    write_parquet(problems, args.output)
    excluded = problems[problems.excluded_reason.notna()]
    print(f"{len(problems)} problems, {len(excluded)} excluded")
    for problem, reason in zip(excluded.problem_id, excluded.excluded_reason, strict=True):
        print(f"excluded: {problem} ({reason})")


if __name__ == "__main__":
    run(main)
