"""Write Snakemake's report of a complete study, and the configuration that the study was run with."""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from foretell.common.arguments import Settings, settings
from foretell.common.errors import UserError, run
from foretell.common.record import refuse_altered
from foretell.common.storage import write_text, write_whole


class ReportSettings(Settings):
    """What the report is of."""

    config: str
    """The study's configuration, complete (YAML)."""


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--snakefile", type=Path, required=True, help="the workflow")
    parser.add_argument("--settings", type=settings(ReportSettings), required=True)
    parser.add_argument("--config", type=Path, required=True, help="output (YAML)")
    parser.add_argument("--report", type=Path, required=True, help="output (HTML)")
    args = parser.parse_args(argv)

    refuse_altered(args.config.parent)  # where the study's results are
    write_text(args.settings.config, args.config)
    of_study = ["--snakefile", args.snakefile, "--configfile", args.config]
    command = ["snakemake", "results", *of_study, "--nolock", "--quiet", "all", "--report"]

    def report(partial: Path) -> None:
        if subprocess.run([sys.executable, "-m", *map(str, command), str(partial)]).returncode:
            raise UserError("snakemake could not make the report; it says why above")

    write_whole(args.report, report)


if __name__ == "__main__":
    run(main)
