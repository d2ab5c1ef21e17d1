"""Split a problem set anew, so that no group is in two splits."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from foretell.common.arguments import settings
from foretell.common.errors import run
from foretell.common.storage import read_parquet, write_parquet
from foretell.problems.by_group import SplitSettings, split_by_group


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", type=Path, required=True)
    parser.add_argument("--settings", type=settings(SplitSettings), required=True, help="JSON: seed")
    parser.add_argument("--output", type=Path, required=True, help="problems (parquet)")
    args = parser.parse_args(argv)
    write_parquet(split_by_group(read_parquet(args.problems), args.settings.seed), args.output)


if __name__ == "__main__":
    run(main)
