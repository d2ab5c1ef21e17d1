"""Test one Python program: with assertions, or by calling one of its functions.

`job.json` lists {"entry_point", "test"} or {"entry_point", "inputs"}. Of assertions, which run in the program's own
process, the result is a token that stands in the standard input and is read only when they have passed. Of calls the
results are reported as JSON, one line per call, and compared outside: what is expected never comes in here.
"""

import json
import os
import sys

FOLDER = "/work"


def main():
    """Run the job; the report goes to where standard output went, which the program cannot print to."""
    with open(f"{FOLDER}/job.json") as file:
        job = json.load(file)
    with open(f"{FOLDER}/candidate.py") as file:
        source = file.read()
    report, token = os.dup(1), os.dup(0)
    nothing = os.open("/dev/null", os.O_RDWR)
    for descriptor in (0, 1):
        os.dup2(nothing, descriptor)
    namespace = {"__name__": "candidate"}
    exec(compile(source, "candidate.py", "exec"), namespace)
    if "test" in job:
        exec(compile(job["test"], "test.py", "exec"), namespace)
        namespace["check"](namespace[job["entry_point"]])
        os.write(report, os.read(token, 100))
    else:
        function = find_function(namespace, job["entry_point"])
        for arguments in job["inputs"]:
            os.write(report, (call(function, arguments) + "\n").encode())


def find_function(namespace, name):
    """The function, or the method of a class `Solution`, in which competition programs often stand."""
    return namespace[name] if name in namespace else getattr(namespace["Solution"](), name)


def call(function, arguments):
    """The call's result as JSON; `error` in place of it where the call throws or its result is no JSON."""
    try:
        return json.dumps({"result": function(*arguments)})
    except Exception as error:  # noqa: BLE001 - whatever the program throws is its result
        return json.dumps({"error": type(error).__name__})


if __name__ == "__main__":
    sys.setrecursionlimit(10_000)
    main()
