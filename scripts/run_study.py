"""Run a study, or go on with one that was interrupted, and say where its results are.

Options that are not listed are passed on to snakemake, for instance `--configfile config/recorded.yaml`.
"""

import argparse
import fcntl
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

LOCK = Path(".snakemake") / "run_study.lock"


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
            sys.exit(f"error: --configfile: there is no file {file}; the studies stand in config/")
    if args.configfile:
        further = [*further, "--configfile", *args.configfile]

    LOCK.parent.mkdir(exist_ok=True)
    with open(LOCK, "a+") as lock:  # "w" would empty it before the lock is ours
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            sys.exit(
                f"error: a run is working in this folder (process {lock.read().strip()}), or jobs of one that was "
                "killed still are; wait until they end, or stop them, then start again"
            )
        lock.truncate(0)
        print(os.getpid(), file=lock, flush=True)
        # The lock is also every job's standard input, the one file that snakemake hands down. So it is held until the
        # last job of a killed run ends, and no job of ours writes where an orphan still does.
        snakemake = [sys.executable, "-m", "snakemake"]
        if any(Path(".snakemake/locks").glob("*")):
            print("An earlier run was killed: its stale lock is removed, and the run goes on where it stopped.")
            subprocess.run([*snakemake, *further, "--unlock", "--quiet", "all"], stdin=lock, check=True)
        run = subprocess.run([*snakemake, *further, "--cores", str(args.cores)], stdin=lock)
    sys.exit(run.returncode)


if __name__ == "__main__":
    main()
