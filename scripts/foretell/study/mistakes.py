"""Mistakes in a configuration, in words that name the key and the remedy."""

import re
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from foretell.common.arguments import Settings
from foretell.study.fields import keys_of

SEE = "(see config/README.md)"
PATTERNS = {
    "^[0-9a-f]{40}$": "a commit, 40 hexadecimal digits",
    "^[0-9a-f]{64}$": "a SHA-256 sum, 64 hexadecimal digits",
}


def describe(error: ValidationError, config: dict, root: type[Settings]) -> list[str]:
    """One text per mistake, in the configuration's order."""
    return [_describe(each, config, root) for each in error.errors()]


def _describe(error: ErrorDetails, config: dict, root: type[Settings]) -> str:
    path, kind = _path(error["loc"], config, error["type"] == "missing")
    key = ".".join(map(str, path))
    match error["type"]:
        case "extra_forbidden":
            return f"unknown key {key!r}: known here are {', '.join(_known(path, kind, root))}"
        case "missing":
            return f"key {key!r} is missing: add it {SEE}"
        case "union_tag_not_found":
            return f"key '{key}.source' is missing: add it {SEE}"
        case "union_tag_invalid":
            known = error["ctx"]["expected_tags"].replace("'", "")
            return f"key '{key}.source': {error['ctx']['tag']!r} is none of {known} {SEE}"
        case "value_error":
            return f"key {key!r}: {error['msg'].removeprefix('Value error, ')} {SEE}"
        case "model_type" | "model_attributes_type" | "dict_type" if error["input"] is None:
            return (
                f"key {key!r}: it must be a mapping of keys to values, not None; a file that is merged over a study "
                f"takes nothing out of it {SEE}"
            )
        case "model_type" | "model_attributes_type" | "dict_type":
            return f"key {key!r}: it must be a mapping of keys to values, not {error['input']!r} {SEE}"
        case "too_short":
            return f"key {key!r}: it needs at least {error['ctx']['min_length']}, not {error['input']!r} {SEE}"
        case "string_pattern_mismatch" if wanted := PATTERNS.get(error["ctx"]["pattern"]):
            return f"key {key!r}: it must be {wanted}, not {error['input']!r} {SEE}"
        case "float_type" if number := _exponential(error["input"]):
            return f"key {key!r}: {error['input']!r} is a text in YAML; write {number} {SEE}"
    return f"key {key!r}: {error['msg']}, not {error['input']!r} {SEE}"


def _exponential(value: Any) -> str | None:
    """A number such as 1e-3 as YAML 1.1 has it: with a point before the exponent, and the exponent's sign."""
    found = re.fullmatch(r"([-+]?\d+)(\.\d*)?[eE]([-+]?)(\d+)", value) if isinstance(value, str) else None
    if found is None:
        return None
    whole, fraction, sign, exponent = found.groups()
    return f"{whole}{fraction or '.0'}e{sign or '+'}{exponent}"


def _path(location: tuple[int | str, ...], config: Any, missing: bool) -> tuple[list[int | str], str | None]:
    """Keys and places in lists of a mistake, and the kind of entry that it is about, where there are several.

    The location has the kind behind the entry's id, where the configuration has nothing, and `[key]` behind a wrong id.
    Only of a missing key, the last part is not in the configuration either.
    """
    path: list[int | str] = []
    kind = None
    parents = [config]
    for index, part in enumerate(location):
        absent = missing and index == len(location) - 1
        if part == "[key]":
            continue
        if not isinstance(parents[-1], dict | list) and (absent or _has(parents[-2], part)):
            kind = str(path.pop())  # the part before was no key but a kind that is named like one
            parents.pop()
        if not absent and not _has(parents[-1], part):
            kind = str(part)
            continue
        path.append(part)
        parents.append(None if absent else parents[-1][part])
    return path, kind


def _has(config: Any, part: int | str) -> bool:
    if isinstance(config, list):
        return isinstance(part, int) and part < len(config)
    return isinstance(config, dict) and part in config


def _known(path: list[int | str], kind: str | None, root: type[Settings]) -> list[str]:
    """The keys that may stand beside a wrong one."""
    parent = [part for part in path[:-1] if isinstance(part, str)]
    alike = [key for key in keys_of(root) if _matches(key.path.split(".")[:-1], parent)]
    of_kind = [key for key in alike if kind in (key.owner.__name__, _source(key.owner))]
    return sorted({key.path.split(".")[-1] for key in of_kind or alike})


def _matches(pattern: list[str], path: list[str]) -> bool:
    return len(pattern) == len(path) and all(a in ("*", b) for a, b in zip(pattern, path, strict=True))


def _source(owner: type[Settings]) -> str | None:
    field = owner.model_fields.get("source")
    return get_args(field.annotation)[0] if field is not None and get_args(field.annotation) else None
