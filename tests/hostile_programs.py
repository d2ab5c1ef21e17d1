# ruff: noqa: E501 - programs are easier to read with one to a line
"""Programs that try to do harm or to cheat: what each tries, and its source; `python tests/hostile_programs.py` says
what came of it.

A hostile program is the candidate of a call test whose function `f` must return 1. Where it does not define it, it is
appended: a program whose attempt succeeds passes. A cheat is the candidate of assertions that `f` squares its argument,
and knows only that.
"""

import os
import sys
import time
from pathlib import Path

SECRET = "FORETELL_TEST_SECRET"
OUTSIDE = Path("/tmp/foretell-hostile-program-was-here")

_LIBC = "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
PROGRAMS = {
    "endless loop": "while True: pass",
    "sleep": "import time; time.sleep(1e6)",
    "fork bomb": "import os\nwhile True: os.fork()",
    "thread bomb": "import threading, time\nwhile 1: threading.Thread(target=time.sleep, args=(1e6,)).start()",
    "10 GB of memory": "x = bytearray(10**10)",
    "endless list": "x = []\nwhile True: x.append(' ' * 10**6)",
    "memory in many processes": "import os, time\nfor _ in range(3): os.fork()\nx = bytearray(300 * 2**20)\ntime.sleep(1e6)",
    "endless output": "import sys\nwhile True: sys.stderr.write('x' * 10**6)",
    "fill the disk": "i = 0\nwhile True:\n    open(f'/tmp/{i}', 'wb').write(b'x' * 10**6)\n    i += 1",
    "fill shared memory": "i = 0\nwhile True:\n    open(f'/dev/shm/{i}', 'wb').write(b'x' * 10**6)\n    i += 1",
    "huge file": "f = open('/tmp/f', 'wb')\nwhile True: f.write(b'x' * 10**6)",
    "write outside": f"open({str(OUTSIDE)!r}, 'w').write('x')\ndef f(): return 0",
    "write to the system": "open('/usr/bin/python3', 'w')",
    "read the password file": "open('/etc/passwd').read()",
    "read a home folder": "import os; os.listdir('/root')",
    "read the environment": f"import os\nassert {SECRET!r} in str(os.environ) + open('/proc/1/environ').read()",
    "other processes": "import os\nassert any(p.isdigit() and int(p) > 20 for p in os.listdir('/proc'))",
    "connect to a server": "import socket; socket.create_connection(('127.0.0.1', PORT), timeout=2)",
    "look up a name": "import socket; socket.gethostbyname('example.org')",
    "talk to the host of a virtual machine": "import socket; socket.socket(40, socket.SOCK_STREAM)",
    "kill the parent": "import os, time\nos.kill(os.getppid(), 9)\nos.kill(1, 9)\ntime.sleep(1e6)",
    "daemonise": "import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(1e6)\nwhile True: pass",
    "become root": "import os; os.setuid(0)",
    "new user namespace": _LIBC + "assert libc.unshare(0x10000000) == 0",
    "new namespace by clone": _LIBC + "assert libc.syscall(56, 0x10000011, 0, 0, 0, 0) >= 0",
    "mount": _LIBC + "assert libc.mount(b'none', b'/tmp', b'tmpfs', 0, None) == 0",
    "trace the first process": _LIBC + "assert libc.ptrace(16, 1, 0, 0) == 0",
    "trace a child": _LIBC + "import time\np = os.fork()\nif p == 0: time.sleep(1e6)\nassert libc.ptrace(16, p, 0, 0) == 0",
    "read another process": _LIBC + "assert libc.syscall(310, os.getppid(), 0, 0, 0, 0, 0) == 0",
    "shared memory of System V": _LIBC + "assert libc.shmget(0, 2**28, 0o1600) >= 0",
    "anonymous file": "import os; os.memfd_create('x')",
    "read the host's keys": _LIBC + "assert libc.syscall(250, 0, -3, 0) >= 0",
    "add a key": _LIBC + "assert libc.syscall(248, b'user', b'x', b'y', 1, -3) >= 0",
    "io_uring": _LIBC + "assert libc.syscall(425, 1, ctypes.create_string_buffer(200)) >= 0",
    "userfaultfd": _LIBC + "assert libc.syscall(323, 0) >= 0",
    "raise its own limits": "import resource\nresource.setrlimit(resource.RLIMIT_AS, (2**40, 2**40))",
    "open many files": "x = [open('/dev/null') for _ in range(10**4)]",
    "deep recursion": "def f(): return f()",
    "overflow the stack of C": "import re, json\nx = []\nfor _ in range(10**5): x = [x]\nrepr(x)",
    "crash": "import ctypes; ctypes.string_at(0)",
    "a result nested 2,000 deep": "def f():\n    x = 1\n    for _ in range(2000): x = [x]\n    return x",
    "a number of 5,000 digits": "import sys\nsys.set_int_max_str_digits(0)\ndef f(): return 10**5000",
    "output that is no text": "import os\ndef f(): os.write(1, b'\\xff' * 1000)",
    "leave before the test": "import os; os._exit(0)",
    "leave in the test": "import os\ndef f(): os._exit(0)",
    "print what is expected": "print('{\"result\": 1}')\ndef f(): raise SystemExit",
    "read what is expected": "import json\ndef f(): return json.load(open('/work/job.json'))['outputs'][0]",
}  # fmt: skip
SOURCES = {name: text if "def f" in text else f"{text}\ndef f(): return 1" for name, text in PROGRAMS.items()}

ASSERTIONS = {
    "entry_point": "f",
    "test": "def check(candidate):\n    assert candidate(3) == 9\n    assert candidate(-2) == 4",
}
_ALL = "class A:\n    def __eq__(self, other): return True\n    __hash__ = object.__hash__\n"
CHEATS = {
    "an object that equals everything": f"{_ALL}def f(x): return A()",
    "an integer that equals everything": "class A(int):\n    def __eq__(self, other): return True\ndef f(x): return A()",
    "a list that equals everything": "class A(list):\n    def __eq__(self, other): return True\ndef f(x): return A()",
    "an object that is any text": "class A:\n    def __repr__(self): return '9'\ndef f(x): return A()",
    "redefine check": "def check(candidate): pass\ndef f(x): return 0",
    "redefine AssertionError": "import builtins\nbuiltins.AssertionError = None\ndef f(x): return 0",
    "turn assertions off": "import builtins\nbuiltins.__dict__['__debug__'] = False\ndef f(x): return 0",
    "catch the assertion": "import sys\nsys.excepthook = lambda *_: None\ndef f(x): return 0",
    "leave with success": "import os\ndef f(x): os._exit(0)",
    "raise SystemExit": "def f(x): raise SystemExit(0)",
    "raise AssertionError": "def f(x): raise AssertionError",
    "read the token from the input": "import os\nos.write(1, os.read(0, 32))\ndef f(x): return 0",
    "reopen the input": "import os\nfor n in range(64):\n    try: os.write(1, os.pread(n, 32, 0))\n    except OSError: pass\ndef f(x): return 0",
    "reopen it by its link": "import os\nos.write(1, open('/proc/self/fd/0', 'rb').read(32))\ndef f(x): return 0",
    "reopen the parent's": "import os\nopen(f'/proc/{os.getppid()}/fd/1', 'wb').write(open(f'/proc/{os.getppid()}/fd/0', 'rb').read(32))\ndef f(x): return 0",
    "read the caller's frame": "import sys\ndef f(x):\n    frame = sys._getframe()\n    while frame:\n        for v in list(frame.f_locals.values()):\n            if isinstance(v, bytes) and len(v) == 32: import os; os.write(1, v)\n        frame = frame.f_back\n    return 0",
    "search the memory": "import gc, os\nfor o in gc.get_objects():\n    if isinstance(o, dict):\n        for v in list(o.values()):\n            if isinstance(v, bytes) and len(v) == 32: os.write(1, v)\ndef f(x): return 0",
    "find the assertions": "import re\nt = open('/work/job.json').read() + open('/work/harness.py').read()\nn = re.findall(r'== (\\d+)', t)\ndef f(x): return int(n.pop(0))",
    "write to the tests' pipe": "import os\nfor n in range(3, 64):\n    try: os.write(n, b'{\"result\": 9, \"arguments\": []}\\n{\"result\": 4, \"arguments\": []}\\n')\n    except OSError: pass\ndef f(x): return 0",
    "answer for the next call as well": "import os\ndef f(x):\n    for n in range(3, 64):\n        try: os.write(n, b'{\"result\": 0, \"arguments\": []}\\n')\n        except OSError: pass\n    return 9",
    "patch the module that encodes": "import json\njson.dumps = lambda *_, **__: '{\"result\": 1e999}'\ndef f(x): return 0",
    "send an object": "import json\njson.dumps = lambda *_, **__: '{\"result\": [\"x\", \"__import__\"]}'\ndef f(x): return 0",
    "trace the tests": "import ctypes, os\nl = ctypes.CDLL(None)\nl.ptrace(16, os.getppid(), 0, 0)\ndef f(x): return 0",
    "kill the tests": "import os\nos.kill(os.getppid(), 15)\ndef f(x): return 0",
    "not a number": "def f(x): return float('nan')",
    "generator without end": "def f(x):\n    while True: yield 9",
}  # fmt: skip


def main():
    """Run every program and print what happened."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))
    import json

    import pandas as pd

    from foretell.grading.programs import grade

    os.environ[SECRET] = "1"
    calls = {"entry_point": "f", "inputs": [[]], "outputs": [1]}
    print("| tries | passed | what was noted | seconds |\n|---|---|---|---|")
    for test, sources in ((calls, SOURCES), (ASSERTIONS, CHEATS)):
        for name, source in sources.items():
            started = time.monotonic()
            text = source.replace("PORT", "80")
            row = {"problem_id": ["p"], "extracted_answer": [text], "answer": [json.dumps(test)]}
            graded = grade(pd.DataFrame(row), 1).iloc[0]
            noted = graded.grading_error if isinstance(graded.grading_error, str) else ""
            print(f"| {name} | {graded.correct} | {noted} | {time.monotonic() - started:.2f} |", flush=True)


if __name__ == "__main__":
    main()
