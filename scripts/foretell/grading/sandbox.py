"""Running untrusted programs: bubblewrap, limits, no network, nothing of this machine but its system folders."""

import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import BinaryIO

from foretell.common.errors import UserError

NOBODY = 65534
FOLDER = "/work"  # where a program finds its files, inside

_MEGABYTE = 2**20
_SYSTEM_FOLDERS = ("/bin", "/lib", "/lib32", "/lib64", "/sbin")  # links into /usr on most systems


@dataclass(frozen=True)
class Limits:
    """What one execution may use.

    Attributes:
        seconds: of wall-clock time, from start to end.
        cpu_seconds: of processor time, per process.
        memory: bytes of address space, per process; files in its temporary folders come on top, half as much.
        processes: at most, at any time.
        file_size: bytes that any file may grow to; also of output.
        files: open at any time.
    """

    seconds: float = 10.0
    cpu_seconds: int = 10
    memory: int = 512 * _MEGABYTE
    processes: int = 16
    file_size: int = 4 * _MEGABYTE
    files: int = 64


@dataclass(frozen=True)
class Execution:
    """What an execution left.

    Attributes:
        output: bytes written to standard output, at most `Limits.file_size`.
        errors: the last 2,000 bytes of standard error.
        status: exit status, negative for a signal; None where the time ran out.
    """

    output: bytes
    errors: bytes
    status: int | None


class Sandbox:
    """Runs Python programs as nobody, in namespaces of their own.

    Attributes:
        python: the interpreter that runs them.
    """

    def __init__(self):
        """Find bubblewrap and an interpreter, and try them.

        Raises:
            UserError: no sandbox can be made here, and why.
        """
        for tool in ("bwrap", "prlimit", *(["setpriv"] if os.getuid() == 0 else [])):
            if shutil.which(tool) is None:
                raise UserError(
                    f"generated code runs only in a sandbox, and the program {tool!r} is not here: install bubblewrap "
                    "and util-linux (apt install bubblewrap, or conda install -c conda-forge bubblewrap)"
                )
        complaints = []
        for python in _interpreters():
            self.python = python
            tried = self.run({"program.py": b"print(6 * 7)"}, "program.py")
            if tried.output == b"42\n":
                return
            complaints.append(f"{python}: {tried.errors.decode(errors='replace').strip() or tried.status}")
        raise UserError(
            "generated code runs only in a sandbox, and bubblewrap cannot make one here, most often because the system "
            f"does not allow unprivileged user namespaces ({'; '.join(complaints)})"
        )

    def run(self, files: dict[str, bytes], program: str, stdin: bytes = b"", limits: Limits = Limits()) -> Execution:
        """Run one of the files as a Python program.

        Args:
            files: contents by name; they lie in FOLDER, read-only.
            program: name of the file to run.
            stdin: what it can read.
            limits: what it may use.
        """
        with ExitStack() as stack:
            given = {name: stack.enter_context(_filled(content)) for name, content in {**files, "": stdin}.items()}
            output, errors = (stack.enter_context(tempfile.TemporaryFile()) for _ in range(2))
            descriptors = {name: file.fileno() for name, file in given.items() if name}
            process = subprocess.Popen(
                self._command(descriptors, program, limits),
                stdin=given[""],
                stdout=output,
                stderr=errors,
                pass_fds=list(descriptors.values()),
                env={},
                cwd="/",
                start_new_session=True,
            )
            try:
                status = process.wait(timeout=limits.seconds)
            except subprocess.TimeoutExpired:
                process.kill()  # with it dies everything inside
                process.wait()
                status = None
            return Execution(_content(output), _content(errors)[-2000:], status)

    def _command(self, descriptors: dict[str, int], program: str, limits: Limits) -> list[str]:
        """Drop privileges, limit, enter the sandbox, run."""
        as_nobody = [shutil.which("setpriv"), f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--"]
        data = [
            word for name, number in descriptors.items() for word in ("--ro-bind-data", str(number), f"{FOLDER}/{name}")
        ]
        return [
            *(as_nobody if os.getuid() == 0 else []),
            shutil.which("bwrap"),
            *("--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent", "--new-session"),
            *("--cap-drop", "ALL", "--uid", str(NOBODY), "--gid", str(NOBODY), "--hostname", "sandbox", "--clearenv"),
            *_system_mounts(self.python),
            *("--proc", "/proc", "--dev", "/dev"),
            *("--size", str(limits.memory // 4), "--tmpfs", "/tmp", "--size", str(limits.memory // 4)),
            *("--tmpfs", "/dev/shm", "--remount-ro", "/dev", "--dir", FOLDER),
            *data,
            *("--remount-ro", "/", "--chdir", "/tmp", "--"),
            shutil.which("prlimit"),
            *(f"--cpu={limits.cpu_seconds}", f"--as={limits.memory}", f"--nproc={limits.processes}"),
            *(f"--fsize={limits.file_size}", f"--nofile={limits.files}", "--core=0", "--"),
            *(str(self.python), "-I", "-S", "-B", f"{FOLDER}/{program}"),
        ]


@cache
def why_unavailable() -> str | None:
    """Why generated code cannot run here; None if it can."""
    try:
        Sandbox()
    except UserError as error:
        return str(error)
    return None


def _interpreters() -> list[Path]:
    """This Python without its environment, then the system's: a home folder may be closed to nobody."""
    own = Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    return [path for path in dict.fromkeys([own.resolve(), Path("/usr/bin/python3").resolve()]) if path.is_file()]


def _system_mounts(python: Path) -> list[str]:
    """Read-only system folders, and the interpreter's where it lies elsewhere."""
    mounts = ["--ro-bind", "/usr", "/usr"]
    for folder in map(Path, _SYSTEM_FOLDERS):
        if folder.is_symlink():
            mounts += ["--symlink", os.readlink(folder), str(folder)]
        elif folder.is_dir():
            mounts += ["--ro-bind", str(folder), str(folder)]
    prefix = python.parents[1]
    return mounts if prefix.is_relative_to("/usr") else [*mounts, "--ro-bind", str(prefix), str(prefix)]


def _filled(content: bytes) -> BinaryIO:
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    file.write(content)
    file.seek(0)
    return file


def _content(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read()
