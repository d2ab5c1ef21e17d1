"""Run one Python program as a script, with the recursion depth that competition programs are used to."""

import os
import sys

FOLDER = "/work"


def main() -> None:
    """Run `candidate.py` under the name `__main__`."""
    sys.setrecursionlimit(50_000)
    if os.path.isdir("/packages"):
        sys.path.append("/packages")
    with open(f"{FOLDER}/candidate.py") as file:
        source = file.read()
    with open(f"{FOLDER}/prelude.py") as file:
        prelude = file.read()
    sys.argv = ["candidate.py"]
    namespace = {"__name__": "__main__", "__builtins__": __builtins__}
    exec(prelude, namespace)
    exec(compile(source, "candidate.py", "exec"), namespace)


if __name__ == "__main__":
    main()
