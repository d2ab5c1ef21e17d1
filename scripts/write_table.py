"""Write a table of the manifest: all its numbers as CSV, and as Markdown and LaTeX for readers."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from foretell.common.arguments import named_file, settings
from foretell.common.errors import run
from foretell.figures import text
from foretell.figures.program import FigureSettings, collect


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=named_file, nargs="+", required=True, metavar="ARGUMENT[/ID]=FILE")
    parser.add_argument("--settings", type=settings(FigureSettings), required=True, help="JSON: module, arguments")
    parser.add_argument("--output", type=Path, required=True, help="path without suffix; .csv, .md, .tex are made")
    args = parser.parse_args(argv)
    module, frame = collect(args.settings, args.tables)
    table, note = module.layout(frame)
    text.write_table(frame, table, note, args.output)


if __name__ == "__main__":
    run(main)
