"""Say what of a study's results is missing, altered, stale or foreign, from the records that lie beside them.

It needs nothing of Snakemake's own memory. Exit status 1 if anything is wrong.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from foretell.common.errors import run
from foretell.common.yaml_files import read_yaml
from foretell.study.figures import read_manifest
from foretell.study.verification import Results

SCRIPTS = Path(__file__).resolve().parent


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path, help="folder of a study's results: results/tiny")
    args = parser.parse_args(argv)

    manifest = read_manifest(read_yaml(SCRIPTS.parent / "config" / "figures.yaml"))
    seen, findings = Results(args.results, SCRIPTS, manifest).verify()
    for finding in findings:
        print(f"{finding.kind:8} {finding.path}: {finding.why}")
    print(f"{seen} files of {args.results}: " + (f"{len(findings)} findings" if findings else "all as recorded"))
    sys.exit(bool(findings))


if __name__ == "__main__":
    run(main)
