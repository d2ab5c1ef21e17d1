"""Write the report of a complete study, and the configuration that the study was run with."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import yaml

from foretell.claims.front_page import FrontPageSettings
from foretell.common.arguments import Settings, files_by_id, named_file, settings, shards_by_id
from foretell.common.errors import run
from foretell.common.record import refuse_altered
from foretell.common.storage import read_parquet, write_text
from foretell.common.yaml_files import read_yaml
from foretell.report.ending import ending
from foretell.report.made_from import made_from
from foretell.report.page import Contents, render
from foretell.study.figures import read_manifest

# What is read of problems, whose tests may be of gigabytes.
PROBLEMS = ["problem_id", "split", "question", "group", "excluded_reason"]


class ReportSettings(Settings):
    """What the report is of."""

    config: str
    """The study's configuration, complete (YAML)."""
    page: FrontPageSettings
    """What was run."""
    routers: list[str] = []
    """Pools whose routers can be taken away."""
    unexported: dict[str, str] = {}
    """The other pools, and why not."""


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shown", type=named_file, nargs="*", default=[], metavar="LABEL/SET=FILE")
    parser.add_argument("--claims", type=Path, help="the table of claims (CSV), where some are checked")
    parser.add_argument("--problems", type=named_file, nargs="+", required=True, metavar="PROBLEM_SET=FILE")
    parser.add_argument("--outcomes", type=named_file, nargs="+", required=True, metavar="PROBLEM_SET/POLICY=FILE")
    parser.add_argument("--metrics", type=named_file, nargs="+", required=True, metavar="PROBLEM_SET=FILE")
    parser.add_argument("--routing", type=named_file, nargs="*", default=[], metavar="POOL=FILE", help="its summary")
    parser.add_argument("--template", type=Path, required=True, help="the page (Jinja)")
    parser.add_argument("--style", type=Path, required=True, help="how it looks (CSS)")
    parser.add_argument("--captions", type=Path, nargs="+", required=True, help="one per label (reStructuredText)")
    parser.add_argument("--manifest", type=Path, required=True, help="figures and tables (YAML)")
    parser.add_argument("--settings", type=settings(ReportSettings), required=True)
    parser.add_argument("--config", type=Path, required=True, help="output (YAML)")
    parser.add_argument("--report", type=Path, required=True, help="output (HTML)")
    args = parser.parse_args(argv)

    refuse_altered(args.report.parent)  # where the study's results are
    outcomes = {_pair(name): read_parquet(file) for name, file in files_by_id(args.outcomes).items()}
    shown = {_pair(name): files for name, files in shards_by_id(args.shown).items()}
    contents = Contents(
        page=args.settings.page,
        config=yaml.safe_load(args.settings.config),
        titles={label: figure.title for label, figure in read_manifest(read_yaml(args.manifest)).items()},
        captions={path.stem: path.read_text(encoding="utf-8") for path in args.captions},
        shown=shown,
        claims=None if args.claims is None else pd.read_csv(args.claims),
        problems={name: read_parquet(file, PROBLEMS) for name, file in files_by_id(args.problems).items()},
        outcomes=outcomes,
        metrics={name: read_parquet(file) for name, file in files_by_id(args.metrics).items()},
        routing={pool: read_parquet(file) for pool, file in files_by_id(args.routing).items()},
        made_from=made_from(args.report.parent, [file for files in shown.values() for file in files]),
    )
    page = render(contents, args.template.read_text(encoding="utf-8"), args.style.read_text(encoding="utf-8"))
    write_text(args.settings.config, args.config)
    write_text(page, args.report)
    print(*ending(contents, args.report, args.settings.routers, args.settings.unexported), sep="\n")


def _pair(name: str) -> tuple[str, str]:
    first, _, second = name.partition("/")
    return first, second


if __name__ == "__main__":
    run(main)
