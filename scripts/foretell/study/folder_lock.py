"""The lock that a run holds on its folder, and the runs of plain snakemake that hold none."""

import errno
import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from foretell.common.errors import UserError

LOCK = Path(".snakemake") / "run_study.lock"
SNAKEMAKE_LOCKS = Path(".snakemake") / "locks"
WITHOUT_FLOCK = (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)
BY_HAND = "if none of your runs is working in this folder, call `snakemake --unlock`, then start again"


@contextmanager
def held(lock: Path = LOCK) -> Iterator[IO[str]]:
    """Hold the lock of the current folder, as the file that a run's jobs inherit.

    Raises:
        UserError: a run, or a job that outlived its run, holds it.
    """
    lock.parent.mkdir(exist_ok=True)
    with open(lock, "a+") as file:  # "w" would empty it before the lock is ours
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise UserError(
                f"a run is working in this folder (process {file.read().strip()}), or jobs of one that was killed "
                "still are; wait until they end, or stop them, then start again"
            ) from None
        except OSError as error:
            if error.errno not in WITHOUT_FLOCK:
                raise
            print(
                f"The file system of {Path.cwd()} has no locks ({error.strerror}): start no second run in this folder, "
                "and after one that was killed, wait until its jobs have ended.",
                file=sys.stderr,
            )
        file.truncate(0)
        print(os.getpid(), file=file, flush=True)
        yield file


def is_stale(locks: Path = SNAKEMAKE_LOCKS, processes: Path = Path("/proc")) -> bool:
    """Whether snakemake's own lock is left over from a run that was killed; False where there is none.

    Args:
        locks: folder of snakemake's lock files.
        processes: where the system lists its processes.

    Raises:
        UserError: a run of snakemake is working in this folder, or whether one is cannot be seen.
    """
    files = list(locks.glob("*"))
    if not files:
        return False
    if not (processes / "self" / "cmdline").exists():
        raise UserError(f"{locks} has the lock of a run, and this system does not tell which runs are alive: {BY_HAND}")
    if any(file.stat().st_uid != os.getuid() for file in files):
        raise UserError(f"{locks} has the lock of another user's run: ask them; {BY_HAND}")
    for process in processes.glob("[0-9]*"):
        if _works_here(process):
            raise UserError(
                f"snakemake is working in this folder (process {process.name}); wait until it ends, or stop it, then "
                "start again"
            )
    return True


def _works_here(process: Path) -> bool:
    try:
        words = (process / "cmdline").read_bytes().split(b"\0")
        return any(os.path.basename(word) == b"snakemake" for word in words) and (
            os.readlink(process / "cwd") == os.getcwd()
        )
    except OSError:  # it has ended, or is another user's
        return False
