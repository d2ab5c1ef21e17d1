"""Import a policy's outcomes: of one recorded run, or a file of one's own."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from foretell.common.arguments import settings
from foretell.common.errors import run
from foretell.common.storage import read_parquet, write_parquet
from foretell.common.tables import read
from foretell.outcomes import imported, records
from foretell.outcomes.imported import OutcomeSettings


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", type=Path, required=True)
    parser.add_argument("--table", type=Path, nargs="+", required=True, help="the outcomes")
    parser.add_argument("--settings", type=settings(OutcomeSettings), required=True, help="JSON: run, or table, ...")
    parser.add_argument("--output", type=Path, required=True, help="outcomes (parquet)")
    args = parser.parse_args(argv)
    problems = read_parquet(args.problems)
    if args.settings.run is not None:
        outcomes = records.import_outcomes(read_parquet(args.table[0]), args.settings.run, problems)
    else:
        table = read(args.table, args.settings.table)
        how = args.settings
        outcomes = imported.import_outcomes(table, problems, how.missing, how.priced, how.charged)
    write_parquet(outcomes, args.output)


if __name__ == "__main__":
    run(main)
