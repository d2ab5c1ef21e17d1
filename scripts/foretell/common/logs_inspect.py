"""Logs of Inspect, as it writes them: `.eval`, or JSON."""

import json
import string
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pandas as pd
import pyarrow as pa

from foretell.common.errors import UserError
from foretell.common.storage import read_text

_TRUNCATED = {"max_tokens": "length", "model_length": "length", "length": "length"}
_GRADES = {"C": 1.0, "I": 0.0, "P": 0.5, "N": 0.0}  # correct, incorrect, partial, no answer: Inspect's own numbers
_ATTACHED = "attachment://"
_ZSTANDARD = 93  # zip's method, which zipfile knows from Python 3.14 on


def read_inspect(path: Path) -> pd.DataFrame:
    """Read a log; a sample's epochs are its completions.

    Args:
        path: `.eval` or `.json`, of any version from 0.3 on.

    Returns:
        problem_id (the sample's id), sample (epoch - 1), task, question (the input, of a conversation the user's last
        message, and the choices), answer (the target, or the list of them), completion, prompt_tokens (of all calls of
        the model, of the last one where a model has graded; those that were read from a cache or written to one
        included), cached_tokens (those read from one), completion_tokens, thinking_tokens (those of them),
        finish_reason, sample_error (null, or why the sample has no result), `scores.SCORER` or `scores.SCORER.KEY` (C
        is 1, P .5, I and N 0) and `metadata.NAME`.

    Raises:
        UserError: it is no such log, or has no samples.
    """
    try:
        run, samples = _read_eval(path) if path.suffix == ".eval" else _read_json(path)
        rows = [{"task": run["task"], **_row(sample, run.get("model"))} for sample in samples]
    except UserError:
        raise
    except (
        KeyError,
        TypeError,
        IndexError,
        AttributeError,
        ValueError,
        zipfile.BadZipFile,
        pa.ArrowException,
    ) as error:
        raise UserError(f"{path}: no log of Inspect ({repr(error)[:200]})") from error
    if not rows:
        raise UserError(f"{path}: the log has no samples; it may have been written with --no-log-samples")
    return pd.json_normalize(rows)


def _read_json(path: Path) -> tuple[dict, list[dict]]:
    """What was run, and the samples."""
    log = json.loads(read_text(path))
    return log["eval"], log.get("samples") or []


def _read_eval(path: Path) -> tuple[dict, list[dict]]:
    """The same of a zip archive; of a run that was cut off it stands in its journal."""
    with zipfile.ZipFile(path) as archive:
        members = {member.filename: member for member in archive.infolist()}
        header = members.get("header.json") or members["_journal/start.json"]
        run = json.loads(_content(archive, header))["eval"]
        names = sorted(name for name in members if name.startswith("samples/") and name.endswith(".json"))
        return run, [json.loads(_content(archive, members[name])) for name in names]


def _content(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    if member.compress_type != _ZSTANDARD:
        return archive.read(member)
    assert archive.fp is not None
    compressed = _raw(archive.fp, member)
    return pa.CompressedInputStream(pa.BufferReader(compressed), "zstd").read()


def _raw(file: IO[bytes], member: zipfile.ZipInfo) -> bytes:
    """A member's compressed bytes, which stand behind its local header (APPNOTE 4.3.7: 30 bytes, name, extra)."""
    file.seek(member.header_offset)
    header = file.read(30)
    file.seek(int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little"), 1)
    return file.read(member.compress_size)


def _row(sample: dict, model: str | None) -> dict:
    output = sample.get("output") or {}
    choices = output.get("choices") or []
    usage = _usage(sample, model)
    attached = sample.get("attachments") or {}
    target = sample["target"]
    error = sample.get("error")
    return {
        "problem_id": sample["id"],
        "sample": sample["epoch"] - 1,
        "question": _question(sample, attached),
        "answer": target[0] if isinstance(target, list) and len(target) == 1 else target,
        "completion": _completion(output, choices, attached),
        "prompt_tokens": _sum(usage, "input_tokens", "input_tokens_cache_read", "input_tokens_cache_write"),
        "cached_tokens": _sum(usage, "input_tokens_cache_read"),
        "completion_tokens": usage.get("output_tokens"),
        "thinking_tokens": usage.get("reasoning_tokens"),
        "finish_reason": _TRUNCATED.get(str(choices[0].get("stop_reason")), "stop") if choices else None,
        "sample_error": error.get("message") or "error" if isinstance(error, dict) else error,
        "scores": dict(_grades(sample)),
        "metadata": sample.get("metadata") or {},
    }


def _usage(sample: dict, model: str | None) -> dict:
    """Tokens of all calls of the model; of the last one where a model, maybe the same, has graded, or none are told."""
    graded = any("model_graded" in scorer for scorer in sample.get("scores") or {})
    of_all = {} if graded else (sample.get("model_usage") or {}).get(model)
    return of_all or (sample.get("output") or {}).get("usage") or {}


def _sum(usage: dict, *names: str) -> int | None:
    return sum(usage.get(name) or 0 for name in names) if usage.get("input_tokens") is not None else None


def _question(sample: dict, attached: dict[str, str]) -> str:
    given = sample["input"]
    if isinstance(given, list):
        given = [message["content"] for message in given if message["role"] == "user"][-1]
    question = _text(given, attached)
    options = zip(string.ascii_uppercase, sample.get("choices") or [], strict=False)
    return "\n".join([question, *(f"{letter}) {option}" for letter, option in options)])


def _completion(output: dict, choices: list[dict], attached: dict[str, str]) -> str:
    if output.get("completion") is not None:
        return _text(output["completion"], attached)
    return _text(choices[0]["message"]["content"], attached) if choices else ""


def _text(content: str | list[dict], attached: dict[str, str]) -> str:
    """What a message says: a text or its parts, some of which the log keeps apart."""
    if isinstance(content, list):
        return "".join(_text(part["text"], attached) for part in content if part.get("type") == "text")
    return attached[content.removeprefix(_ATTACHED)] if content.startswith(_ATTACHED) else content


def _grades(sample: dict) -> Iterator[tuple[str, Any]]:
    """Scores by scorer, as numbers where they are; the oldest logs have one score without a name."""
    scores = sample.get("scores") or ({"score": sample["score"]} if sample.get("score") else {})
    for scorer, score in scores.items():
        value = score["value"]
        if isinstance(value, dict):
            yield scorer, {name: _number(each) for name, each in value.items()}
        else:
            yield scorer, _number(value)


def _number(value: Any) -> Any:
    return _GRADES.get(value, value) if isinstance(value, str) else value
