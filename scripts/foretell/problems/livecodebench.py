"""Tests as LiveCodeBench publishes them, brought into this project's form of code answers.

A problem has public tests as JSON, and private ones as JSON too or, where they are long, as base64 of zlib of a pickle
of JSON text. Tests give standard input and output, or the arguments of a call, one JSON value a line, and its result;
the function's name stands in the problem's metadata.
"""

import base64
import binascii
import io
import json
import pickle
import zlib
from typing import Any

import pandas as pd
from typing_extensions import override

from foretell.common.errors import UserError

_UNREADABLE = (
    *(ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError, RecursionError, EOFError),
    *(pickle.UnpicklingError, zlib.error),
)
COLUMNS = ("public_test_cases", "private_test_cases", "metadata", "starter_code")
_CALLED = "\n\nComplete this code, and give the whole program in one fenced block of Python:\n```python\n{}\n```"
_PIPED = "\n\nWrite a program that reads standard input and writes standard output, in one fenced block of Python."


class _OnlyTexts(pickle.Unpickler):
    """Reads texts: what would need a class or a function is refused, so that nothing of a file is run."""

    @override
    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"it names {module}.{name}, and holds more than text")

    @override
    def persistent_load(self, pid: Any) -> Any:
        raise pickle.UnpicklingError("it names an object outside, and holds more than text")


def with_tests(rows: pd.DataFrame, question: str) -> pd.DataFrame:
    """Rows with a column `tests`, the answer of the kind code, and questions that say what is to be written.

    Args:
        rows: those of COLUMNS and of the question.
        question: name of its column.

    Raises:
        UserError: tests cannot be read; names the row.
    """
    tests, questions = [], []
    for index, row in enumerate(rows[[*COLUMNS, question]].itertuples(index=False)):
        try:
            answer = _answer(row.public_test_cases, row.private_test_cases, row.metadata)
        except _UNREADABLE as error:
            raise UserError(
                f"row {index}: its tests cannot be read: {type(error).__name__}: {error}; the revision has another "
                "form than is read here, or the file is not what it seems"
            ) from error
        told = _CALLED.format(str(row.starter_code).strip()) if "entry_point" in answer else _PIPED
        tests.append(json.dumps(answer, ensure_ascii=False))
        questions.append(row[-1] if pd.isna(row[-1]) or not str(row[-1]).strip() else str(row[-1]).strip() + told)
    return rows.assign(tests=tests, **{question: questions})


def _answer(public: str, private: str, metadata: str) -> dict[str, Any]:
    """Inputs and outputs of all tests, and of a function its name."""
    cases = [*json.loads(public), *read_private(private)]
    kinds = {case["testtype"] for case in cases}
    if kinds == {"stdin"}:
        return {"inputs": [case["input"] for case in cases], "outputs": [case["output"] for case in cases]}
    if kinds != {"functional"}:
        raise ValueError(f"they are of the types {sorted(kinds)}; known are stdin and functional, and not both at once")
    return {
        "entry_point": json.loads(metadata)["func_name"],
        "inputs": [[json.loads(line) for line in case["input"].split("\n") if line.strip()] for case in cases],
        "outputs": [json.loads(case["output"]) for case in cases],
    }


def read_private(text: str) -> list[dict[str, str]]:
    """Private tests: input, output and testtype of each.

    Raises:
        ValueError, zlib.error: the text is in neither form.
        pickle.UnpicklingError: it holds more than text.
    """
    try:
        cases = json.loads(text)
    except json.JSONDecodeError:
        try:
            packed = zlib.decompress(base64.b64decode(text, validate=True))
        except binascii.Error as error:
            raise ValueError(f"they are neither JSON nor base64: {error}") from error
        unpacked = _OnlyTexts(io.BytesIO(packed)).load()
        if not isinstance(unpacked, str):
            raise pickle.UnpicklingError(f"it holds a {type(unpacked).__name__}, not text") from None
        cases = json.loads(unpacked)
    return cases
