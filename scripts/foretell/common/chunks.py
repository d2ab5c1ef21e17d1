"""Finished pieces of a long job, kept so that neither an interrupted run nor another number of shards repeats them."""

import hashlib
import io
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
import pandas as pd
from pydantic import BaseModel, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load, save

from foretell.common.errors import UserError
from foretell.common.progress import progress
from foretell.common.provenance import file_hash, fingerprint
from foretell.common.storage import in_row_order, read_parquet, write_json, write_whole

CHUNK = 250  # problems, of which shards have whole ones; batches form inside, so it is part of a result's definition
KEPT = ".kept"  # ends the second name of a finished file
CHUNK_FOLDER = Path(".chunks")  # outside results: what lies here belongs to no study yet

T = TypeVar("T")
Tensors = dict[str, np.ndarray]


def shard_of(name: str) -> tuple[int, int]:
    """Number of a shard, from 0, and of all shards, from a name like `000-of-001`; an argparse type."""
    shard, shards = map(int, name.split("-of-"))
    return shard, shards


def pieces_of_shard(frame: pd.DataFrame, size: int, shard: int, shards: int) -> dict[int, pd.DataFrame]:
    """The pieces of `size` consecutive rows that belong to one of `shards` shards, by their number in the whole frame.

    Pieces are cut from the whole frame and then dealt out as consecutive runs, so they are the same for any number of
    shards, and so is what is computed from them. Where there are more shards than pieces, some have none.
    """
    starts = range(0, len(frame), size)
    first, last = (len(starts) * bound // shards for bound in (shard, shard + 1))
    return {start // size: frame.iloc[start : start + size] for start in starts[first:last]}


def divided(pieces: dict[int, pd.DataFrame], size: int) -> dict[int, pd.DataFrame]:
    """Pieces of at most `size` rows in place of larger ones, by number of piece and, behind three digits, of part."""
    return {
        1000 * number + part: piece.iloc[start : start + size]
        for number, piece in pieces.items()
        for part, start in enumerate(range(0, len(piece), size))
    }


@dataclass(frozen=True)
class Format(Generic[T]):
    """How results lie on disk.

    Attributes:
        suffix: of a file.
        to_bytes: a result as the content of a file.
        from_bytes: a result from the content of a file.
        read: rows of a file.
        rows: how many a result has.
    """

    suffix: str
    to_bytes: Callable[[T], bytes]
    from_bytes: Callable[[bytes], T]
    read: Callable[[Path, slice], T]
    rows: Callable[[T], int]


def _read_tensors(path: Path, rows: slice) -> Tensors:
    try:
        with safe_open(path, framework="numpy") as file:
            return {name: file.get_slice(name)[rows] for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise UserError(
            f"{path}: cannot be read as safetensors: {error}; delete it, so that it is made again"
        ) from None


FRAMES: Format[pd.DataFrame] = Format(
    ".parquet",
    lambda frame: frame.to_parquet(index=False),
    lambda content: pd.read_parquet(io.BytesIO(content)),
    lambda path, rows: _rows_of_frame(path, rows),
    len,
)
TENSORS: Format[Tensors] = Format(
    ".safetensors",
    lambda tensors: save(in_row_order(tensors)),
    load,
    _read_tensors,
    lambda tensors: len(next(iter(tensors.values()))),
)


class _Finished(BaseModel):
    """Which rows of a finished file each chunk is, by its key, and by what the file is known to be unchanged."""

    file: Path
    sha256: str
    rows: dict[str, tuple[int, int]]

    def is_there(self) -> bool:
        """Whether the file is what it was."""
        try:
            return file_hash(self.file) == self.sha256
        except OSError:
            return False


class Chunks(Generic[T]):
    """The finished chunks of whatever is computed in the same way, of any problems and in any number of shards.

    A chunk lies in a file of its own until the shard that it belongs to is on disk. From then on a note says which rows
    of the shard it is; they are taken from there as long as nothing alters it. Studies that have the same job share
    all this, so another process may add a chunk or finish a shard at any time: what is not there, or not whole, is
    computed.

    Attributes:
        folder: holds the chunks and notes; named by the fingerprint of all that decides the result beside the piece, so
            that chunks of other models, parameters or code are never taken up. A chunk's name has a key of its piece,
            and a sum over its content and whose it is.
    """

    def __init__(self, fingerprint: str, format: Format[T], root: Path = CHUNK_FOLDER):
        self.folder = root / fingerprint
        self._format = format
        self._rows: dict[str, int] = {}
        self._there: dict[Path, bool] = {}

    def collect(
        self,
        pieces: dict[int, pd.DataFrame],
        compute: Callable[[pd.DataFrame], T],
        description: str,
        rate: Callable[[], str] | None = None,
    ) -> list[T]:
        """Apply `compute` to each piece, or read what earlier jobs left of it; `rate` says how fast it goes.

        Returns:
            The results in the pieces' order.
        """
        results, there = [], 0
        for piece in progress(pieces.values(), description, len(pieces), rate):
            key = _key(piece)
            result = self._kept(key)
            there += result is not None
            if result is None:
                content = self._format.to_bytes(compute(piece))
                self._keep(key, content)
                result = self._format.from_bytes(content)  # the same whenever it was computed
            self._rows[key] = self._format.rows(result)
            results.append(result)
        if there:
            print(f"{description}: {there} of {len(pieces)} chunks were there already")
        return results

    def finish(self, output: Path, keep: bool = False) -> None:
        """Note where the chunks that were collected stand in the whole result, now on disk, and remove their files.

        Args:
            output: the result.
            keep: whether chunks are to be there even where the result was removed, as Snakemake removes what it makes
                again, for more problems: a second name of the same file holds them, until the job has made another, or
                another result has them all.
        """
        ends = np.cumsum([0, *self._rows.values()]).tolist()
        rows = dict(zip(self._rows, pairwise(ends), strict=True))
        name, sha256 = fingerprint(file=str(output)), file_hash(output)
        note = self.folder / f"{name}.json"
        kept = _second_name(output, self.folder / f"{name}-{sha256[:16]}{KEPT}") if keep else output
        write_json(_Finished(file=kept, sha256=sha256, rows=rows).model_dump(mode="json"), note)
        for key in self._rows:
            for path in self._files(key):
                path.unlink(missing_ok=True)
        for earlier in {*self.folder.glob(f"{name}-*{KEPT}")} - {kept}:
            earlier.unlink(missing_ok=True)
        for other, finished in self._notes():  # not one that has just the same: its job might remove ours
            if finished.file.suffix == KEPT and finished.rows.keys() < rows.keys():
                other.unlink(missing_ok=True)
                finished.file.unlink(missing_ok=True)

    def _files(self, key: str) -> Iterator[Path]:
        return self.folder.glob(f"{key}-*{self._format.suffix}")

    def _place(self, key: str, content: bytes) -> Path:
        whose = f"{self.folder.name}/{key}/".encode()
        return self.folder / f"{key}-{hashlib.sha256(whose + content).hexdigest()[:32]}{self._format.suffix}"

    def _keep(self, key: str, content: bytes) -> None:
        write_whole(self._place(key, content), lambda partial: partial.write_bytes(content))

    def _kept(self, key: str) -> T | None:
        """A chunk that has a whole file, or that stands in a finished one; None where there is neither."""
        for path in self._files(key):
            try:
                content = path.read_bytes()
            except FileNotFoundError:  # another study made the same, and its chunk moved into its result meanwhile
                continue
            if path == self._place(key, content):
                return self._format.from_bytes(content)
        for note, finished in self._notes():
            if key in finished.rows and self._is_there(note, finished):
                with suppress(UserError):  # its study removed it just now, to make it anew
                    return self._format.read(finished.file, slice(*finished.rows[key]))
        return None

    def _is_there(self, note: Path, finished: _Finished) -> bool:
        if note not in self._there:  # once a job: it hashes the file
            self._there[note] = finished.is_there()
        return self._there[note]

    def _notes(self) -> Iterator[tuple[Path, _Finished]]:
        for path in sorted(self.folder.glob("*.json")):
            try:
                yield path, _parsed(path, _version(path))
            except FileNotFoundError:  # another study has all that it named
                continue
            except ValidationError as error:
                raise UserError(f"{path}: this is no note of chunks: {error.errors()[0]['msg']}; delete it") from None


def _version(path: Path) -> tuple[int, int, int]:
    """By what a file is known to be the one that was read."""
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


@lru_cache(maxsize=64)
def _parsed(path: Path, version: tuple[int, int, int]) -> _Finished:
    return _Finished.model_validate_json(path.read_bytes())


@lru_cache(maxsize=1)
def _frame(path: Path, version: tuple[int, int, int]) -> pd.DataFrame:
    """A finished file, which is read once for all of its chunks."""
    return read_parquet(path)


def _rows_of_frame(path: Path, rows: slice) -> pd.DataFrame:
    try:
        return _frame(path, _version(path)).iloc[rows]
    except FileNotFoundError:
        raise UserError(f"{path}: there is no such file") from None


def _key(piece: pd.DataFrame) -> str:
    """Whose results a chunk has: a hash of the rows that they are computed from."""
    return fingerprint(rows=piece.to_json(orient="values", force_ascii=True))


def _second_name(file: Path, name: Path) -> Path:
    """Another name of a file, which has its content when the first is gone; the first where that cannot be."""
    name.unlink(missing_ok=True)
    try:
        os.link(file, name)
    except OSError:
        return file
    return name
