"""Plot a figure of the manifest: make the table that it shows, and draw it from that table alone."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from foretell.common.arguments import named_file, settings
from foretell.common.errors import run
from foretell.figures.program import FigureSettings, collect
from foretell.figures.style import write_figure


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=named_file, nargs="+", required=True, metavar="ARGUMENT[/ID]=FILE")
    parser.add_argument("--settings", type=settings(FigureSettings), required=True, help="JSON: module, arguments")
    parser.add_argument(
        "--output", type=Path, required=True, help="path without suffix; .svg, .pdf, .png, .csv are made"
    )
    args = parser.parse_args(argv)
    module, frame = collect(args.settings, args.tables)
    write_figure(module.draw(frame), frame, args.output)


if __name__ == "__main__":
    run(main)
