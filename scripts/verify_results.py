"""Say what of a study's results is missing, altered, stale or foreign, from the records that lie beside them.

It needs nothing of Snakemake's own memory. Exit status 1 if anything is wrong.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from foretell.common.errors import UserError, run
from foretell.common.yaml_files import read_yaml
from foretell.grading.sandbox import why_unavailable
from foretell.study.figures import read_manifest
from foretell.study.open import merged, open_study
from foretell.study.verification import Results

SCRIPTS = Path(__file__).resolve().parent


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path, help="folder of a study's results: results/tiny")
    against = "the configuration that they are held against; without it the one that they were made with"
    parser.add_argument("--configfile", type=Path, nargs="+", default=[], help=against)
    args = parser.parse_args(argv)

    root = SCRIPTS.parent
    manifest = read_manifest(read_yaml(root / "config" / "figures.yaml"))
    files = args.configfile
    asked = open_study(merged(files), files, manifest, root, why_unavailable) if files else None
    if asked is not None and asked.id != args.results.resolve().name:
        raise UserError(f"--configfile: it is of study {asked.id!r}, and {args.results} has another's results")
    verified = Results(args.results, SCRIPTS, manifest, asked).verify()
    for finding in verified.findings:
        print(f"{finding.kind:8} {finding.path}: {finding.why}")
    if gone := verified.not_compared:
        print(f"not compared: {len(gone)} files outside the results, which are not there, such as {gone[0]}")
    found = f"{len(verified.findings)} findings" if verified.findings else "all as recorded"
    print(f"{verified.files} files of {args.results}: {found}{', as far as compared' if gone else ''}")
    sys.exit(bool(verified.findings))


if __name__ == "__main__":
    run(main)
