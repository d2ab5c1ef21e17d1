"""Write Snakemake's report of a complete study, and the configuration that the study was run with."""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from foretell.common.arguments import Settings, settings
from foretell.common.errors import UserError, run
from foretell.common.storage import write_text


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

    write_text(args.settings.config, args.config)
    partial = args.report.with_name(f".partial-{os.getpid()}-{args.report.name}")
    of_study = ["--snakefile", args.snakefile, "--configfile", args.config]
    command = ["snakemake", "results", *of_study, "--nolock", "--quiet", "all", "--report", partial]
    if subprocess.run([sys.executable, "-m", *map(str, command)]).returncode:
        partial.unlink(missing_ok=True)
        raise UserError("snakemake could not make the report; it says why above")
    os.replace(partial, args.report)


if __name__ == "__main__":
    run(main)
