"""Run a study, or go on with one that was interrupted, and say where its results are.

Options that are not listed are passed on to snakemake, for instance `--configfile config/recorded.yaml`.
"""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from foretell.common.errors import UserError, run
from foretell.common.yaml_files import read_yaml
from foretell.study.folder_lock import held, is_stale

SNAKEMAKE = [sys.executable, "-m", "snakemake"]
INTERRUPTED = 130  # as shells have it


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,  # else snakemake's --config is read as --configfile
    )
    parser.add_argument("--cores", type=int, required=True, help="jobs that run side by side; each takes one core")
    parser.add_argument("--configfile", nargs="+", default=[], help="the study, in place of config/config.yaml")
    args, further = parser.parse_known_args(argv)
    for file in args.configfile:
        if not Path(file).is_file():
            raise UserError(f"--configfile: there is no file {file}; the studies stand in config/")
        read_yaml(Path(file))  # snakemake ends with a traceback where a file is not UTF-8
    # An option behind it ends the list of files; targets stand last, maybe behind `--`.
    snakemake = [*SNAKEMAKE, *(["--configfile", *args.configfile] if args.configfile else [])]

    # The lock is also every job's standard input, the one file that snakemake hands down. So it is held until the last
    # job of a killed run ends, and no job of ours writes where an orphan still does.
    with held() as lock:
        if is_stale():
            print("An earlier run was killed: its stale lock is removed, and the run goes on where it stopped.")
            _unlock(snakemake, further, lock)
        code = _run([*snakemake, "--cores", str(args.cores), *further], lock)
        if code == INTERRUPTED and is_stale():
            _unlock(snakemake, further, lock)
    if code == INTERRUPTED:
        print("Interrupted: the same command goes on where this run stopped.", file=sys.stderr)
    sys.exit(code)


def _unlock(snakemake: list[str], further: Sequence[str], lock: IO[str]) -> None:
    subprocess.run([*snakemake, "--quiet", "all", "--unlock", *further], stdin=lock, check=True)


def _run(command: Sequence[str], lock: IO[str]) -> int:
    """Run snakemake, and on Ctrl-C, which it gets too, let it stop its jobs and give back its own lock."""
    interrupted = False
    with subprocess.Popen(command, stdin=lock) as running:
        while True:
            try:
                code = running.wait()
                return INTERRUPTED if interrupted else code
            except KeyboardInterrupt:
                interrupted = True


if __name__ == "__main__":
    run(main)
