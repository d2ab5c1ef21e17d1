"""Finished pieces of a long job, kept so that neither an interrupted run nor another number of shards repeats them."""

import hashlib
import io
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
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
from foretell.common.provenance import fingerprint
from foretell.common.storage import in_row_order, read_parquet, write_json, write_whole

CHUNK = 250  # problems, of which shards have whole ones; batches form inside, so it is part of a result's definition
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
    lambda path, rows: read_parquet(path).iloc[rows],
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
    """Which rows of a finished file each chunk is, by its number, and by what the file is known to be unchanged."""

    file: Path
    size: int
    mtime_ns: int
    rows: dict[int, tuple[int, int]]

    def is_there(self) -> bool:
        """Whether the file has not been touched since."""
        try:
            found = self.file.stat()
        except OSError:
            return False
        return (self.size, self.mtime_ns) == (found.st_size, found.st_mtime_ns)


class Chunks(Generic[T]):
    """The finished chunks of whatever is computed from the same prompts in the same way, in any number of shards.

    A chunk lies in a file of its own until the shard that it belongs to is on disk. From then on a note says which rows
    of the shard it is; they are taken from there as long as nothing touches it. Studies that have the same job share
    all this, so another process may add a chunk or finish a shard at any time: what is not there, or not whole, is
    computed.

    Attributes:
        folder: holds the chunks and notes; named by the fingerprint of all that decides the result, so that chunks of
            other models, prompts, parameters or code are never taken up. A chunk's name has a sum over its content and
            whose it is.
    """

    def __init__(self, fingerprint: str, format: Format[T], root: Path = CHUNK_FOLDER):
        self.folder = root / fingerprint
        self._format = format
        self._rows: dict[int, int] = {}

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
        for number, piece in progress(pieces.items(), description, len(pieces), rate):
            result = self._kept(number)
            there += result is not None
            if result is None:
                content = self._format.to_bytes(compute(piece))
                self._keep(number, content)
                result = self._format.from_bytes(content)  # the same whenever it was computed
            self._rows[number] = self._format.rows(result)
            results.append(result)
        if there:
            print(f"{description}: {there} of {len(pieces)} chunks were there already")
        return results

    def finish(self, output: Path) -> None:
        """Note where the chunks that were collected stand in the whole result, now on disk, and remove their files."""
        ends = np.cumsum([0, *self._rows.values()]).tolist()
        rows = dict(zip(self._rows, pairwise(ends), strict=True))
        made = output.stat()
        note = _Finished(file=output, size=made.st_size, mtime_ns=made.st_mtime_ns, rows=rows)
        write_json(note.model_dump(mode="json"), self.folder / f"{fingerprint(file=str(output))}.json")
        for number in self._rows:
            for path in self._files(number):
                path.unlink(missing_ok=True)

    def _files(self, number: int) -> Iterator[Path]:
        return self.folder.glob(f"{number:08d}-*{self._format.suffix}")

    def _place(self, number: int, content: bytes) -> Path:
        whose = f"{self.folder.name}/{number}/".encode()
        return self.folder / f"{number:08d}-{hashlib.sha256(whose + content).hexdigest()[:32]}{self._format.suffix}"

    def _keep(self, number: int, content: bytes) -> None:
        write_whole(self._place(number, content), lambda partial: partial.write_bytes(content))

    def _kept(self, number: int) -> T | None:
        """A chunk that has a whole file, or that stands in a finished one; None where there is neither."""
        for path in self._files(number):
            try:
                content = path.read_bytes()
            except FileNotFoundError:  # another study made the same, and its chunk moved into its result meanwhile
                continue
            if path == self._place(number, content):
                return self._format.from_bytes(content)
        for note in self._finished():
            if number in note.rows:
                with suppress(UserError):  # its study removed it just now, to make it anew
                    return self._format.read(note.file, slice(*note.rows[number]))
        return None

    def _finished(self) -> Iterator[_Finished]:
        """Notes of files that have not been touched since they were finished."""
        for path in sorted(self.folder.glob("*.json")):
            try:
                note = _Finished.model_validate_json(path.read_bytes())
            except ValidationError as error:
                raise UserError(f"{path}: this is no note of chunks: {error.errors()[0]['msg']}; delete it") from None
            if note.is_there():
                yield note
