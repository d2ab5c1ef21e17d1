"""What the command lines of all scripts share: files named by id, and settings that are checked."""

import argparse
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from foretell.common.errors import UserError

NamedFile = tuple[str, Path]


class Settings(BaseModel):
    """What a script is told beside its files; every key is known, and none is missing that has no default."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


S = TypeVar("S", bound=Settings)


def settings(kind: type[S]) -> Callable[[str], S]:
    """The type of the option `--settings`: a JSON object with the keys of a subclass of Settings."""

    def parse(text: str) -> S:
        try:
            return kind.model_validate_json(text)
        except ValidationError as error:
            raise argparse.ArgumentTypeError("; ".join(describe_errors(error))) from error

    return parse


def describe_errors(error: ValidationError) -> list[str]:
    """One text per wrong key: which, and what is wrong with it."""
    texts = []
    for each in error.errors():
        key = ".".join(map(str, each["loc"]))
        texts.append(f"key {key!r}: {each['msg']}" if key else each["msg"])
    return texts


def differences(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """Each setting that differs between two, nested ones by themselves: its key, what it was, and what it is."""
    for key in sorted({*was, *now}):
        old, new = was.get(key), now.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            yield from differences(old, new)
        elif old != new:
            yield f"{key} {old}, not {new}"


def named_file(text: str) -> NamedFile:
    """Split ID=FILE, the form in which an option names the file of a policy, an encoder, ...; an argparse type."""
    name, _, path = text.partition("=")
    if not (name and path) or name != name.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form ID=FILE")
    return name, Path(path)


def files_by_id(named: Sequence[NamedFile]) -> dict[str, Path]:
    """Files by id, in the order given.

    Raises:
        UserError: an id has two files.
    """
    files = dict(named)
    if len(files) < len(named):
        twice = next(name for name, _ in named if sum(name == other for other, _ in named) > 1)
        raise UserError(f"{twice!r} has more than one file; give each id once")
    return files


def shards_by_id(named: Sequence[NamedFile]) -> dict[str, list[Path]]:
    """Files by id, several to an id in the order given."""
    files: dict[str, list[Path]] = {}
    for name, path in named:
        files.setdefault(name, []).append(path)
    return files


def share(text: str) -> float:
    """A number between 0 and 1, neither of them; an argparse type."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number between 0 and 1")
    return number


def positive(text: str) -> float:
    """A finite number above 0; an argparse type."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no finite number above 0")
    return number
