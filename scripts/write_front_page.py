"""Write the report's front page."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from foretell.claims.front_page import FrontPageSettings, write
from foretell.common.arguments import files_by_id, named_file, settings
from foretell.common.errors import UserError, run
from foretell.common.storage import read_parquet, write_text


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--claims", type=Path, help="the table of claims (CSV), where some are checked")
    parser.add_argument("--outcomes", type=named_file, nargs="+", required=True, metavar="PROBLEM_SET/POLICY=FILE")
    parser.add_argument("--routing", type=named_file, nargs="*", default=[], metavar="POOL=FILE", help="its summary")
    parser.add_argument("--settings", type=settings(FrontPageSettings), required=True)
    parser.add_argument("--output", type=Path, required=True, help="the page (reStructuredText)")
    args = parser.parse_args(argv)

    outcomes = {_key(name): read_parquet(file) for name, file in files_by_id(args.outcomes).items()}
    routing = {pool: read_parquet(file) for pool, file in files_by_id(args.routing).items()}
    claims = None if args.claims is None else pd.read_csv(args.claims)
    write_text(write(args.settings, outcomes, routing, claims), args.output)


def _key(name: str) -> tuple[str, str]:
    problem_set, _, policy = name.partition("/")
    if not policy:
        raise UserError(f"--outcomes: {name!r} is not of the form PROBLEM_SET/POLICY")
    return problem_set, policy


if __name__ == "__main__":
    run(main)
