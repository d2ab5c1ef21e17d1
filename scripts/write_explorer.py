"""Write the page on which a person moves a router's operating point and the fields of an investment.

Several pools are the folds of one, as in evaluate_routing.py.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from foretell.common.arguments import settings
from foretell.common.errors import run
from foretell.common.storage import write_text
from foretell.report.explorer import render
from foretell.routing.evaluation import routed_folds
from foretell.routing.explorer import explore
from foretell.routing.files import add_tables, read_tables
from foretell.routing.settings import ReturnSettings


class ExplorerSettings(ReturnSettings):
    """As of the return on investment, and whose it is."""

    pool: str


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_tables(parser)
    parser.add_argument("--template", type=Path, required=True, help="the page (Jinja)")
    parser.add_argument("--script", type=Path, required=True, help="what it computes (JavaScript)")
    parser.add_argument("--style", type=Path, required=True, help="how it looks (CSS)")
    parser.add_argument(
        "--settings", type=settings(ExplorerSettings), required=True, help="JSON: as estimate_return.py, and pool"
    )
    parser.add_argument("--output", type=Path, required=True, help="the page (HTML)")
    args = parser.parse_args(argv)
    explored = explore([fold for _, fold in routed_folds(read_tables(args))], args.settings)
    texts = [path.read_text(encoding="utf-8") for path in (args.template, args.script, args.style)]
    write_text(render(explored, args.settings.pool, args.settings, *texts), args.output)


if __name__ == "__main__":
    run(main)
