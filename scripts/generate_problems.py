"""Generate a problem set of exactly checkable problems."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from foretell.common.arguments import settings
from foretell.common.errors import run
from foretell.common.storage import write_parquet
from foretell.problems.tasks import ProblemSettings


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--settings", type=settings(ProblemSettings), required=True, help="JSON: source, language, ...")
    parser.add_argument("--output", type=Path, required=True, help="problems (parquet)")
    args = parser.parse_args(argv)
    write_parquet(args.settings.generate(), args.output)


if __name__ == "__main__":
    run(main)
