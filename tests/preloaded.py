"""A Python for jobs in which what takes long to import is there already: every job is a fork of one process.

Importing torch and transformers takes longer than nearly every job of a reduced study. A job's script and library, its
environment variables and how it ends are as with a Python that is started for it. The seed of hashes is shared, and so
is what libraries read as they are imported: one thread. On the cluster and where a test is about processes, Python is
started as it is for users.
"""

import atexit
import gc
import json
import os
import runpy
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path

SCRIPT = "record_job.py"  # with which the command of every rule begins
STANDARD = (0, 1, 2)  # input, output and error output
READ_WHEN_IMPORTED = ("HF_", "NO_PROXY", "OMP_", "MPL")  # the beginnings of names of environment variables
MODULES = (
    "pandas",
    "pyarrow.dataset",
    "pydantic",
    "safetensors.torch",
    "scipy.optimize",
    "scipy.stats",
    "seaborn",
    "sklearn.feature_extraction.text",
    "sklearn.linear_model",
    "sklearn.model_selection",
    "sympy",
    "transformers.models.auto.modeling_auto",
    "transformers.models.auto.tokenization_auto",
    "transformers.models.llama.modeling_llama",
)
# Stands in for Python: hands its arguments over and ends as the job does. It loads nothing that takes long.
CLIENT = f"""\
import json, os, socket, sys
python, address, *arguments = sys.argv[1:]
if not arguments or not arguments[0].endswith({SCRIPT!r}):
    os.execv(python, [python, *arguments])
server = socket.socket(socket.AF_UNIX)
server.connect(address)
socket.send_fds(server, [b"."], {STANDARD})
job = {{"arguments": arguments, "folder": os.getcwd(), "environment": dict(os.environ)}}
server.sendall(json.dumps(job).encode() + b"\\n")
sys.exit(int(server.makefile().readline() or 1))
"""


def python(environment):
    """A program to start jobs with, in the place of the Python that runs the tests.

    Args:
        environment: variables of the jobs. Where libraries read other ones as they are imported, another process forks.
    """
    if not hasattr(os, "pidfd_open"):
        return sys.executable
    return _start(tuple(sorted(item for item in environment.items() if item[0].startswith(READ_WHEN_IMPORTED))))


@cache
def _start(variables):
    folder = Path(tempfile.mkdtemp(prefix="preloaded-"))
    client, address, program = folder / "client.py", folder / "socket", folder / "python"
    client.write_text(CLIENT)
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -ISB {client} {sys.executable} {address} "$@"\n')
    program.chmod(0o755)
    others = {name: value for name, value in os.environ.items() if not name.startswith(READ_WHEN_IMPORTED)}
    server = subprocess.Popen(
        [sys.executable, __file__, address],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**others, "OMP_NUM_THREADS": "1", **dict(variables)},
    )
    atexit.register(_stop, server, folder)
    if server.stdout.read(1) != b".":
        raise RuntimeError("the process with what jobs import did not start; what it says stands above")
    return str(program)


def _stop(server, folder):
    server.stdin.close()  # with which it ends
    server.wait()
    shutil.rmtree(folder)


def serve(address):
    """Fork a process for every job that comes, until the standard input ends.

    Returns:
        In such a process, the job: the script and its arguments.
    """
    for module in MODULES:
        import_module(module)
    gc.collect()
    gc.freeze()  # what is loaded stays, and collecting garbage does not copy its pages
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(address)
    listening.listen(64)
    os.write(1, b".")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    while True:
        ready, _, _ = select.select([listening, 0], [], [])
        if 0 in ready:
            os._exit(0)
        connection, _ = listening.accept()
        if os.fork() == 0:
            listening.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            return _become(connection)
        connection.close()


def _become(connection):
    """Turn into the job that a client asks for; a process in between waits for it, and tells the client."""
    _, given, _, _ = socket.recv_fds(connection, 1, len(STANDARD))
    with connection.makefile() as lines:
        job = json.loads(lines.readline())
    if child := os.fork():
        _wait(connection, child)
    connection.close()
    for descriptor, place in zip(given, STANDARD, strict=True):
        os.dup2(descriptor, place)
        os.close(descriptor)
    os.chdir(job["folder"])
    os.environ.clear()
    os.environ.update(job["environment"])
    return job["arguments"]


def _wait(connection, child):
    """Until a job ends; where its client is killed, so is the job."""
    waiting = select.poll()
    waiting.register(connection, select.POLLHUP)
    waiting.register(ended := os.pidfd_open(child), select.POLLIN)
    if not any(descriptor == ended for descriptor, _ in waiting.poll()):
        os.kill(child, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with suppress(BrokenPipeError):
        connection.sendall(b"%d\n" % (128 - status if status < 0 else status))
    os._exit(0)


def run(arguments):
    """Run a script as `python` does, but for taking down all that was loaded."""
    sys.argv, sys.path[0] = arguments, str(Path(arguments[0]).resolve().parent)
    try:
        runpy.run_path(arguments[0], run_name="__main__")
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
        if status and end.code is not status:
            print(end.code, file=sys.stderr)
    except BaseException:  # noqa: BLE001, as the interpreter does
        traceback.print_exc()
        status = 1
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    run(serve(sys.argv[1]))
