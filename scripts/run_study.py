"""Run a study, or go on with one that was interrupted, and say where its results are.

Everything after the options is passed on to snakemake. Only one run at a time works in a folder: the lock is held by
this process and by every job that it started, so that jobs which outlive a killed run are waited for, not raced.
"""

import argparse
import fcntl
import os
import subprocess
import sys
from pathlib import Path

LOCK = Path(".snakemake") / "run_study.lock"


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cores", type=int, required=True, help="jobs that run side by side; each takes one core")
    args, further = parser.parse_known_args(argv)

    LOCK.parent.mkdir(exist_ok=True)
    with open(LOCK, "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit(
                "error: another run works in this folder, or jobs of one that was killed still do: "
                "wait until they end, or stop them"
            )
        os.set_inheritable(lock.fileno(), True)
        snakemake = [sys.executable, "-m", "snakemake"]
        if any(Path(".snakemake/locks").glob("*")):  # no run holds ours, so snakemake's is left over from a killed one
            subprocess.run([*snakemake, "--unlock", "--quiet", "all", *further], check=True)
        command = [*snakemake, "--cores", str(args.cores), "--rerun-incomplete", *further]
        sys.exit(subprocess.run(command, close_fds=False).returncode)


if __name__ == "__main__":
    main()
