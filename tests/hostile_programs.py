"""Programs that try to do harm or to cheat: what each tries, its source, and what must come of it.

Each runs as the candidate of a call test whose function `f` must return 1. Where a program does not define it, it is
appended: a program whose attempt succeeds passes the test. `python tests/hostile_programs.py` prints what happened.
"""

import os
import sys
import time
from pathlib import Path

SECRET = "FORETELL_TEST_SECRET"
OUTSIDE = Path("/tmp/foretell-hostile-program-was-here")

PROGRAMS = {
    "endless loop": "while True: pass",
    "sleep": "import time; time.sleep(1e6)",
    "fork bomb": "import os\nwhile True: os.fork()",
    "thread bomb": "import threading, time\nwhile 1: threading.Thread(target=time.sleep, args=(1e6,)).start()",
    "10 GB of memory": "x = bytearray(10**10)",
    "endless list": "x = []\nwhile True: x.append(' ' * 10**6)",
    "endless output": "import sys\nwhile True: sys.stderr.write('x' * 10**6)",
    "fill the disk": "i = 0\nwhile True:\n    open(f'/tmp/{i}', 'wb').write(b'x' * 10**6)\n    i += 1",
    "huge file": "f = open('/tmp/f', 'wb')\nwhile True: f.write(b'x' * 10**6)",
    "write outside": f"open({str(OUTSIDE)!r}, 'w').write('x')\ndef f(): return 0",
    "write to the system": "open('/usr/bin/python3', 'w')",
    "read the password file": "open('/etc/passwd').read()",
    "read a home folder": "import os; os.listdir('/root')",
    "read the environment": f"import os\nassert {SECRET!r} in str(os.environ) + open('/proc/1/environ').read()",
    "other processes": "import os\nassert any(p.isdigit() and int(p) > 20 for p in os.listdir('/proc'))",
    "connect to a server": "import socket; socket.create_connection(('127.0.0.1', PORT), timeout=2)",
    "look up a name": "import socket; socket.gethostbyname('example.org')",
    "kill the parent": "import os, time\nos.kill(os.getppid(), 9)\nos.kill(1, 9)\ntime.sleep(1e6)",
    "daemonise": "import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(1e6)\nwhile True: pass",
    "become root": "import os; os.setuid(0)",
    "new user namespace": "import ctypes; assert ctypes.CDLL(None).unshare(0x10000000) == 0",
    "mount": "import ctypes; assert ctypes.CDLL(None).mount(b'none', b'/tmp', b'tmpfs', 0, None) == 0",
    "open many files": "x = [open('/dev/null') for _ in range(10**4)]",
    "deep recursion": "def f(): return f()",
    "leave before the test": "import os; os._exit(0)",
    "print what is expected": "print('{\"result\": 1}')\ndef f(): raise SystemExit",
    "read what is expected": "import json\ndef f(): return json.load(open('/work/job.json'))['outputs'][0]",
    "an object that equals everything": "class A:\n    def __eq__(self, other): return True\ndef f(): return A()",
}  # fmt: skip
SOURCES = {name: text if "def f" in text else f"{text}\ndef f(): return 1" for name, text in PROGRAMS.items()}


def main():
    """Run every program and print what happened."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))
    from foretell.grading.inside import test_program
    from foretell.grading.sandbox import Sandbox

    os.environ[SECRET] = "1"
    sandbox, harness = Sandbox(), Path(test_program.__file__).read_bytes()
    job = b'{"entry_point": "f", "inputs": [[]]}'
    print("| tries | what happened | seconds |\n|---|---|---|")
    for name, source in SOURCES.items():
        started = time.monotonic()
        files = {"harness.py": harness, "candidate.py": source.replace("PORT", "80").encode(), "job.json": job}
        execution = sandbox.run(files, "harness.py")
        last = (execution.errors or execution.output).decode(errors="replace").strip().splitlines()
        ended = "killed when its time ran out" if execution.status is None else f"status {execution.status}"
        print(
            f"| {name} | {ended}{': ' + last[-1][:90] if last else ''} | {time.monotonic() - started:.1f} |", flush=True
        )


if __name__ == "__main__":
    main()
