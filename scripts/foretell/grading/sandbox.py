"""Running untrusted programs: bubblewrap, limits, no network, nothing of this machine but its system folders."""

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import BinaryIO

from foretell.common.errors import UserError
from foretell.grading.seccomp import system_call_filter

NOBODY = 65534
MEMORY_EXCEEDED = 137  # the status of what was killed for the memory of all its processes
FOLDER = "/work"  # where a program finds its files, inside

_MEGABYTE = 2**20
_PACKAGES = "/packages"  # where packages of the environment stand, inside
_FILTER = system_call_filter()
_LOOK_EVERY = 0.05  # seconds
_PAGE = os.sysconf("SC_PAGE_SIZE")
_SYSTEM_FOLDERS = ("/bin", "/lib", "/lib32", "/lib64", "/sbin")  # links into /usr on most systems


@dataclass(frozen=True)
class Limits:
    """What one execution may use.

    Attributes:
        seconds: of wall-clock time, from start to end.
        cpu_seconds: of processor time, per process.
        memory: bytes of address space, per process; files in its temporary folders come on top, a quarter as much.
        memory_in_all: resident bytes of all its processes together, looked at every 50 ms.
        processes: at most, at any time.
        file_size: bytes that any file may grow to; also of output.
        files: open at any time.
    """

    seconds: float = 10.0
    cpu_seconds: int = 10
    memory: int = 512 * _MEGABYTE
    memory_in_all: int = 1024 * _MEGABYTE
    processes: int = 16
    file_size: int = 4 * _MEGABYTE
    files: int = 64


@dataclass(frozen=True)
class Execution:
    """What an execution left.

    Attributes:
        output: bytes written to standard output, at most `Limits.file_size`.
        errors: the last 2,000 bytes of standard error.
        status: exit status, above 128 for a signal, MEMORY_EXCEEDED; None where the time ran out.
    """

    output: bytes
    errors: bytes
    status: int | None


class Sandbox:
    """Runs Python programs as nobody, in namespaces of their own.

    Attributes:
        python: the interpreter that runs them.
        packages: folders of packages that they may import.
    """

    def __init__(self, packages: tuple[str, ...] = ()):
        """Find bubblewrap and an interpreter, and try them.

        Args:
            packages: installed packages that programs may import, such as numpy.

        Raises:
            UserError: no sandbox can be made here, and why; or a package is not installed, or cannot be imported there.
        """
        self.packages = [folder for package in packages for folder in _folders(package)]
        for tool in ("bwrap", "prlimit", *(["setpriv"] if os.getuid() == 0 else [])):
            if shutil.which(tool) is None:
                raise UserError(
                    f"generated code runs only in a sandbox, and the program {tool!r} is not here: install bubblewrap "
                    "and util-linux (apt install bubblewrap, or conda install -c conda-forge bubblewrap)"
                )
        complaints = []
        for python in _interpreters():
            self.python = python
            imports = "".join(f"import {package}\n" for package in packages)
            tried = self.run({"program.py": f"{_path(packages)}{imports}print(6 * 7)".encode()}, "program.py")
            if tried.output == b"42\n":
                return
            complaints.append(f"{python}: {tried.errors.decode(errors='replace').strip() or tried.status}")
        raise UserError(
            "generated code runs only in a sandbox, and bubblewrap cannot make one here, most often because the system "
            f"does not allow unprivileged user namespaces ({'; '.join(complaints)})"
            + (f"; or without the packages {', '.join(packages)}" if packages else "")
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
            calls = stack.enter_context(_filled(_FILTER))
            descriptors = {name: file.fileno() for name, file in given.items() if name}
            process = subprocess.Popen(
                self._command(descriptors, calls.fileno(), program, limits),
                stdin=given[""],
                stdout=output,
                stderr=errors,
                pass_fds=[*descriptors.values(), calls.fileno()],
                env={},
                cwd="/",
                start_new_session=True,
            )
            status = _wait(process, limits)
            return Execution(_content(output), _content(errors)[-2000:], status)

    def _command(self, descriptors: dict[str, int], calls: int, program: str, limits: Limits) -> list[str]:
        """Drop privileges, limit, enter the sandbox, run.

        The limits hold for bubblewrap's own process too; that of processes would count those of other sandboxes there.
        """
        as_nobody = [_tool("setpriv"), f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--"]
        data = [
            word for name, number in descriptors.items() for word in ("--ro-bind-data", str(number), f"{FOLDER}/{name}")
        ]
        packages = [word for path in self.packages for word in ("--ro-bind", str(path), f"{_PACKAGES}/{path.name}")]
        return [
            *(as_nobody if os.getuid() == 0 else []),
            _tool("prlimit"),
            *(f"--cpu={limits.cpu_seconds}", f"--as={limits.memory}", f"--fsize={limits.file_size}"),
            *(f"--nofile={limits.files}", "--core=0", "--msgqueue=0", "--memlock=0", "--"),
            _tool("bwrap"),
            *("--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent", "--new-session"),
            *("--cap-drop", "ALL", "--uid", str(NOBODY), "--gid", str(NOBODY), "--hostname", "sandbox", "--clearenv"),
            *(("--setenv", "OPENBLAS_NUM_THREADS", "1") if packages else ()),
            *(("--seccomp", str(calls)) if _FILTER else ()),
            *_system_mounts(self.python),
            *packages,
            *("--dev", "/dev", "--size", str(limits.memory // 8), "--tmpfs", "/tmp"),
            *("--size", str(limits.memory // 8), "--tmpfs", "/dev/shm", "--remount-ro", "/dev", "--dir", FOLDER),
            *data,
            *("--remount-ro", "/", "--chdir", "/tmp", "--"),
            *(_tool("prlimit"), f"--nproc={limits.processes}", "--"),
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


def _wait(process: subprocess.Popen[bytes], limits: Limits) -> int | None:
    """Wait for the end, or bring it about: None where the time ran out, MEMORY_EXCEEDED where all use too much."""
    end = time.monotonic() + limits.seconds
    while True:
        left = end - time.monotonic()
        try:
            return process.wait(timeout=max(0.0, min(_LOOK_EVERY, left)))
        except subprocess.TimeoutExpired:
            exceeded = _resident(process.pid) > limits.memory_in_all
            if exceeded or left <= 0:
                process.kill()  # with it dies everything inside
                process.wait()
                return MEMORY_EXCEEDED if exceeded else None


def _resident(process: int) -> int:
    """Resident bytes of a process and all that descend from it, whichever thread started them.

    Those that end meanwhile count nothing.
    """
    found, waiting = 0, [process]
    while waiting:
        folder = Path(f"/proc/{waiting.pop()}")
        with suppress(OSError, IndexError):
            found += int((folder / "statm").read_text().split()[1]) * _PAGE
            for thread in (folder / "task").iterdir():
                waiting += map(int, (thread / "children").read_text().split())
    return found


def _tool(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise UserError(f"the program {name!r}, which the sandbox needs, is gone")
    return path


def _folders(package: str) -> list[Path]:
    """Folders of an installed package: its own, and its libraries' beside it."""
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise UserError(
            f"key 'packages': {package!r} is no package that is installed here; install it, or leave it out"
        )
    own = Path(found.submodule_search_locations[0])
    return [folder for folder in (own, own.with_name(f"{package}.libs")) if folder.is_dir()]


def _path(packages: tuple[str, ...]) -> str:
    return f"import sys\nsys.path.append({_PACKAGES!r})\n" if packages else ""


def _filled(content: bytes) -> BinaryIO:
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    file.write(content)
    file.seek(0)
    return file


def _content(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read()
