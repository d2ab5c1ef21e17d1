"""Test one Python program: with assertions, or by calling one of its functions.

The program runs in a process of its own. Of calls, whose arguments lie in `job.json`, the results are reported as JSON,
one line per call, and compared outside: what is expected never comes in here. Assertions stand with a token in the
standard input, which is read after the program's process was forked off, so that nothing of them is in its memory; they
run in the first process and call the program through a pipe. What comes back is plain data, never an object of the
program's own, so that its `==` cannot deceive them. The token is the report that they passed; a question mark after it,
that they hand over or are given what is no plain data, such as a function.
"""

import builtins
import contextlib
import itertools
import json
import os
import re
import sys
from collections.abc import Callable
from typing import Any

FOLDER = "/work"
RECURSION = 50_000
MOST_ITEMS = 1_000_000
MOST_BITS = 10_000  # of an integer in decimal digits, of which Python writes 4,300


class UnsendableError(BaseException):
    """What should cross the pipe is no plain data; no `except Exception` of the assertions catches it."""


def main() -> None:
    """Run the job: calls where it has inputs, else assertions."""
    sys.setrecursionlimit(RECURSION)
    if os.path.isdir("/packages"):
        sys.path.append("/packages")
    with open(f"{FOLDER}/job.json") as file:
        job = json.load(file)
    with open(f"{FOLDER}/candidate.py") as file:
        source = file.read()
    if "inputs" in job:
        report = silence()
        namespace = load(source)
        for arguments in job["inputs"]:
            write(report, (call(namespace, job["entry_point"], arguments) + "\n").encode())
        os._exit(0)  # threads that the program left do not count
    requests, answers = os.pipe(), os.pipe()
    if os.fork() == 0:
        os.close(requests[1])
        os.close(answers[0])
        os.close(silence())
        serve(source, requests[0], answers[1])
        os._exit(0)
    os.close(requests[0])
    os.close(answers[1])
    check(source, job, requests[1], answers[0])


def silence() -> int:
    """Detach standard input and output; the new descriptor of where the output went."""
    report, nothing = os.dup(1), os.open("/dev/null", os.O_RDWR)
    for descriptor in (0, 1):
        os.dup2(nothing, descriptor)
    return report


def load(source: str) -> dict:
    """Run the usual imports and the program's text; its names."""
    namespace = {"__name__": "candidate"}
    prelude(namespace)
    exec(compile(source, "candidate.py", "exec"), namespace)
    return namespace


def prelude(namespace: dict) -> None:
    """Run `prelude.py` in a namespace."""
    with open(f"{FOLDER}/prelude.py") as file:
        exec(file.read(), namespace)


def find_function(namespace: dict, name: str) -> Callable:
    """The function, or the method of a new object of a class `Solution`, in which competition programs often stand."""
    return namespace[name] if name in namespace else getattr(namespace["Solution"](), name)


def call(namespace: dict, name: str, arguments: list) -> str:
    """A call's result as JSON; `error` in place of it where the call throws or its result is no JSON."""
    try:
        return json.dumps({"result": find_function(namespace, name)(*arguments)}, default=plain)
    except Exception as error:  # noqa: BLE001 - whatever the program throws is its result
        return json.dumps({"error": type(error).__name__})


def plain(value: Any) -> Any:
    """What is no JSON, as what stands for it: a sorted list for a set, a list for an iterator, a number for numpy's."""
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    if (
        hasattr(value, "__next__")
        or isinstance(value, (range, type({}.keys()), type({}.values())))
        or hasattr(value, "popleft")
    ):
        return list(itertools.islice(value, MOST_ITEMS))
    return float(value)


def check(source: str, job: dict, requests: int, answers: int) -> None:
    """Run the assertions against the program in the other process; write the token where they pass."""
    with open(0, "rb", closefd=False) as file:
        token, _, text = file.read().partition(b"\n")
    test = json.loads(text)
    channel = (os.fdopen(requests, "wb"), os.fdopen(answers, "rb"))
    namespace: dict[str, Any] = {"__name__": "test"}
    prelude(namespace)
    if test["prompt"].strip():
        with contextlib.suppress(SyntaxError):  # it is no beginning of a function: its names come from the program
            exec(compile(test["prompt"] + "\n    pass\n", "prompt.py", "exec"), namespace)
    for name in set(re.findall(r"^(?:def|class) (\w+)", source, re.MULTILINE)) & set(re.findall(r"\w+", test["test"])):
        if name not in namespace and not hasattr(builtins, name):
            namespace[name] = remote(channel, name)
    function = namespace[job["entry_point"]] = remote(channel, job["entry_point"])
    before = namespace.get("check")  # a function of the program's may have this name
    try:
        exec(compile(test["test"], "test.py", "exec"), namespace)
        if namespace.get("check") is not before:
            namespace["check"](function)
    except UnsendableError:
        token += b"?"
    write(1, token)


def remote(channel: tuple, name: str) -> Callable:
    """A function that has the other process call the program's."""

    def function(*arguments: Any, **named: Any) -> Any:
        try:
            request = json.dumps([name, encode(list(arguments)), encode(named)])
        except Exception as error:
            raise UnsendableError from error
        channel[0].write(request.encode() + b"\n")
        channel[0].flush()
        line = channel[1].readline()
        if not line:
            raise RuntimeError("the program's process has ended")
        answer = json.loads(line)
        if "unsendable" in answer:
            raise UnsendableError
        if "error" in answer:
            raise thrown(str(answer["error"]), str(answer.get("message")))
        for given, changed in zip(arguments, decode(answer["arguments"]), strict=False):
            if isinstance(given, list) and isinstance(changed, list):
                given[:] = changed
            elif isinstance(given, (dict, set)) and type(changed) is type(given):
                given.clear()
                given.update(changed)
        return decode(answer["result"])

    function.__name__ = name
    return function


def thrown(kind: str, message: str) -> Exception:
    """The exception of Python's own with this name."""
    found = getattr(builtins, kind, None)
    if not (isinstance(found, type) and issubclass(found, Exception)):
        return RuntimeError(message)
    try:
        return found(message)
    except TypeError:  # it takes more than a message
        return RuntimeError(message)


def serve(source: str, requests: int, answers: int) -> None:
    """Run the program, then its functions as they are asked for."""
    namespace = load(source)
    with os.fdopen(requests, "rb") as asked, os.fdopen(answers, "wb") as answered:
        for line in asked:
            name, arguments, named = json.loads(line)
            answered.write(answer(namespace, name, decode(arguments), decode(named)).encode() + b"\n")
            answered.flush()


def answer(namespace: dict, name: str, arguments: list, named: dict) -> str:
    """What a call gives and makes of its arguments, as JSON; or what it throws; or that it is no plain data."""
    try:
        result = find_function(namespace, name)(*arguments, **named)
    except Exception as error:  # noqa: BLE001 - whatever the program throws is its result
        return json.dumps(describe(error))
    try:
        return json.dumps({"result": encode(result), "arguments": encode(arguments)})
    except Exception as error:  # noqa: BLE001 - whatever it is made of
        return json.dumps({"unsendable": type(error).__name__})


def describe(error: Exception) -> dict:
    """An exception by the nearest kind of Python's own, and its message."""
    kind = next(base.__name__ for base in type(error).__mro__ if base.__module__ == "builtins")
    try:
        return {"error": kind, "message": str(error)[:1000]}
    except Exception:  # noqa: BLE001 - a text of the program's own making
        return {"error": kind, "message": ""}


def values() -> dict[str, type]:
    """Kinds of the standard library that are made of plain data and cross the pipe as themselves, by name."""
    import datetime
    import decimal
    import fractions

    times = (datetime.date, datetime.datetime, datetime.time, datetime.timedelta, datetime.timezone)
    kinds = (range, decimal.Decimal, fractions.Fraction, *times)
    return {f"{kind.__module__}.{kind.__qualname__}": kind for kind in kinds}


def encode(value: Any) -> Any:
    """Plain data as JSON that keeps tuples, sets, bytes, complex numbers, `values` and keys that are no texts.

    Raises:
        TypeError: it is something else.
    """
    if value is None or isinstance(value, (bool, str)):
        return value if value is None or isinstance(value, bool) else str(value)
    if isinstance(value, int):
        return int(value) if value.bit_length() < MOST_BITS else ["i", hex(value)]
    if isinstance(value, float):
        return float(value)
    for kind, tag in ((list, "l"), (tuple, "t"), (set, "s"), (frozenset, "f")):
        if isinstance(value, kind):
            return [tag, *map(encode, value)]
    if isinstance(value, dict):
        return ["d", *([encode(key), encode(item)] for key, item in value.items())]
    if isinstance(value, (bytes, bytearray)):
        return ["b", bytes(value).hex()]
    if isinstance(value, complex):
        return ["c", value.real, value.imag]
    name = f"{type(value).__module__}.{type(value).__qualname__}"
    if name in values():
        return ["v", name, *map(encode, value.__reduce__()[1])]
    simple = plain(value)
    return ["l", *map(encode, simple)] if isinstance(simple, list) else encode(simple)


def decode(value: Any) -> Any:
    """What `encode` was given."""
    if not isinstance(value, list):
        return value
    tag, *items = value
    if tag == "d":
        return {decode(key): decode(item) for key, item in items}
    if tag == "b":
        return bytes.fromhex(items[0])
    if tag == "c":
        return complex(*items)
    if tag == "i":
        return int(items[0], 16)
    if tag == "v":
        return values()[items[0]](*map(decode, items[1:]))
    return {"l": list, "t": tuple, "s": set, "f": frozenset}[tag](map(decode, items))


def write(descriptor: int, content: bytes) -> None:
    """Write all of it."""
    while content:
        content = content[os.write(descriptor, content) :]


if __name__ == "__main__":
    main()
