"""Records of what each file of a study was made from, beside its results: they outlive Snakemake's own memory.

A job's record names the job, the code, the settings, and the SHA-256 of every input and output; the versions of the
packages stand once per environment.
"""

import hashlib
import json
import platform
from collections.abc import Sequence
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from foretell.common.arguments import Settings
from foretell.common.errors import UserError
from foretell.common.provenance import file_hash
from foretell.common.storage import write_json

FOLDER = "provenance"
ENVIRONMENTS = "environments"
CHECKPOINT = "source.json"  # in a checkpoint's folder, written last: with it, the folder is complete


class Made(BaseModel):
    """A file as it was when a job ended: its content, and by what it is known to be unchanged."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sha256: str
    size: int
    mtime_ns: int


class NamedFiles(Settings):
    """Files that an option of a job names by their ids.

    Attributes:
        function: of `foretell.study.files`, which names them.
        ids: fingerprint of their list, which may be longer than a word of a command line.
    """

    function: str
    ids: str


class Job(Settings):
    """Which job it was.

    Attributes:
        script: name of the program, without its suffix.
        wildcards: of its rule.
        settings_of: name of the function that gives them; None where it is none of `foretell.study.jobs`.
        code: hash of the code that it reached.
        uses: entries of registries, as `TARGETS.success_rate`, that its code was hashed with.
        ids: by option, those of its files.
        modules: that its script loads by name.
    """

    script: str
    wildcards: dict[str, str]
    settings_of: str | None = None
    code: str
    uses: list[str]
    ids: dict[str, NamedFiles] = {}
    modules: list[str]


class Record(BaseModel):
    """What a file is, which job made it, and from what.

    Attributes:
        made: the file when the job ended.
        job: which.
        settings: that its script was given; None where it takes none.
        inputs: SHA-256 by path, as `name_of` has it.
        environment: names the file with the versions of Python and all packages.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    made: Made
    job: Job
    settings: Any
    inputs: dict[str, str]
    environment: str


def place_of_record(results: Path, output: Path) -> Path:
    """Where a file's record lies."""
    return results / FOLDER / f"{output.relative_to(results)}.json"


def write_records(job: Job, settings: Any, results: Path, inputs: dict[str, str], outputs: Sequence[Path]) -> None:
    """Write the records of what a job made when it has ended, and its environment if it is a new one.

    Args:
        job: which.
        settings: that its script was given.
        results: folder of the study's results.
        inputs: as `hash_inputs` gave them before the job began.
        outputs: files that it made, all under `results`.
    """
    environment = _write_environment(results / FOLDER / ENVIRONMENTS)
    for output in outputs:
        record = Record(made=describe(output), job=job, settings=settings, inputs=inputs, environment=environment)
        write_json(record.model_dump(), place_of_record(results, output))


def hash_inputs(results: Path, inputs: Sequence[Path]) -> dict[str, str]:
    """SHA-256 of each input by its path, taken from its record where the file has not been touched since.

    Raises:
        UserError: an input is not what its record says, or its record is damaged.
    """
    return {name_of(results, path): _hash(results, path) for path in inputs}


def refuse_altered(results: Path) -> None:
    """Hold the files of a study against their records; those that have not been touched since are not read.

    Raises:
        UserError: one is not what its record says, or its record is damaged.
    """
    for place in sorted((results / FOLDER).rglob("*.json")):
        name = place.relative_to(results / FOLDER)
        file = results / name.with_suffix("")
        if name.parts[0] != ENVIRONMENTS and file.is_file():
            _hash(results, file)


def _hash(results: Path, path: Path) -> str:
    if path.is_relative_to(results):
        place = place_of_record(results, path)
        if place.is_file():
            return _hash_as_recorded(path, read_record(place))
        described = path.with_name(CHECKPOINT)
        if path != described and described.is_file():
            _hash(results, described)  # refused itself where it was altered
            return _hash_in_checkpoint(path, described)
    return file_hash(path)


def _hash_as_recorded(path: Path, record: Record) -> str:
    made, found = record.made, path.stat()
    if (made.size, made.mtime_ns) != (found.st_size, found.st_mtime_ns) and file_hash(path) != made.sha256:
        raise UserError(
            f"{path}: is not what {record.job.script} wrote, it was altered since; delete it, so that it is made again"
        )
    return made.sha256


def _hash_in_checkpoint(path: Path, described: Path) -> str:
    """Of a file whose sum stands in its folder's record alone."""
    found = file_hash(path)
    if found != _sums(described).get(path.name, found):
        raise UserError(
            f"{path}: is not what {described} says, it was altered since; delete {described.parent}, so that it is "
            "made again"
        )
    return found


def _sums(described: Path) -> dict[str, str]:
    """SHA-256 of a checkpoint's files by their names.

    Raises:
        UserError: the checkpoint's record is damaged.
    """
    try:
        return dict(json.loads(described.read_text(encoding="utf-8"))["sums"])
    except (ValueError, KeyError, TypeError):
        raise UserError(f"{described}: is damaged; delete {described.parent}, so that it is made again") from None


def describe(path: Path) -> Made:
    """A file as it is now."""
    found = path.stat()
    return Made(sha256=file_hash(path), size=found.st_size, mtime_ns=found.st_mtime_ns)


def name_of(results: Path, path: Path) -> str:
    """A file of the study by its path from the results, any other as it is given, after `./` where it is relative."""
    if path.is_relative_to(results):
        return str(path.relative_to(results))
    return str(path) if path.is_absolute() or path.parts[0] == ".." else f"./{path}"


def record_of(results: Path, file: Path) -> Record | None:
    """What is recorded of a file of a study; the files of a checkpoint that was fetched have the one of its folder.

    Of such a file only the SHA-256 is its own, not the size and the time.

    Raises:
        UserError: the record is damaged.
    """
    place, described = place_of_record(results, file), file.with_name(CHECKPOINT)
    if place.is_file():
        return read_record(place)
    shared = place_of_record(results, described)
    sha256 = _sums(described).get(file.name) if shared.is_file() and described.is_file() else None
    if sha256 is None:
        return None
    record = read_record(shared)
    return record.model_copy(update={"made": record.made.model_copy(update={"sha256": sha256})})


def read_record(path: Path) -> Record:
    """One record.

    Raises:
        UserError: it is damaged.
    """
    try:
        return Record.model_validate_json(path.read_bytes())
    except ValidationError as error:
        why = error.errors()[0]["msg"]
        raise UserError(
            f"{path}: this is no record of a file: {why}; delete it and the file, so that both are made again"
        ) from None


def _write_environment(folder: Path) -> str:
    """Name of the file with the versions of Python, the system and all packages; it is written once."""
    packages = {each.metadata["Name"]: each.version for each in distributions()}
    versions = {"python": platform.python_version(), "system": platform.platform(), "packages": packages}
    text = json.dumps(versions, sort_keys=True)
    path = folder / f"{name_of_environment(text)}.json"
    if not path.exists():
        write_json(json.loads(text), path)
    return path.stem


def name_of_environment(text: str) -> str:
    """Name of an environment's file, a sum of what it says in JSON, however that is laid out; empty if it is none."""
    try:
        said = json.dumps(json.loads(text), sort_keys=True)
    except ValueError:
        return ""
    return hashlib.sha256(said.encode()).hexdigest()[:16]
