"""Check the paper's claims on a study's own results."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from foretell.claims.table import ClaimsSettings, check, read_subjects, to_markdown
from foretell.common.arguments import files_by_id, named_file, settings
from foretell.common.errors import run
from foretell.common.storage import read_parquet, write_csv, write_text
from foretell.common.yaml_files import read_yaml


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--claims", type=Path, required=True, help="the claims (YAML)")
    parser.add_argument(
        "--resamples", type=named_file, nargs="+", required=True, metavar="PROBLEM_SET=FILE", help="of the evaluation"
    )
    parser.add_argument("--routing", type=named_file, nargs="*", default=[], metavar="POOL=FILE", help="its summary")
    parser.add_argument("--settings", type=settings(ClaimsSettings), required=True)
    parser.add_argument("--csv", type=Path, required=True)
    parser.add_argument("--md", type=Path, required=True)
    args = parser.parse_args(argv)

    resamples = {problem_set: read_parquet(file) for problem_set, file in files_by_id(args.resamples).items()}
    routing = {pool: read_parquet(file) for pool, file in files_by_id(args.routing).items()}
    subjects = read_subjects(args.settings, resamples, routing)
    wanted = args.settings.claims
    claims = {name: each for name, each in read_yaml(args.claims).items() if wanted is None or name in wanted}
    table = check(claims, subjects, args.settings.evidence)
    write_csv(table, args.csv)
    write_text(to_markdown(table, args.settings.title, args.settings.evidence), args.md)


if __name__ == "__main__":
    run(main)
