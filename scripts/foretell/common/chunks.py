"""Finished pieces of a long job, kept so that an interrupted run does not repeat them."""

import hashlib
import io
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pandas as pd

from foretell.common.progress import progress
from foretell.common.storage import write_whole

CHUNK = 250  # problems; part of the result's definition, since batches form inside chunks; shards are whole chunks
CHUNK_FOLDER = Path(".chunks")  # outside results: what lies here belongs to no study yet


def shard_of(name: str) -> tuple[int, int]:
    """Number of a shard, from 0, and of all shards, from a name like `000-of-001`; an argparse type."""
    shard, shards = map(int, name.split("-of-"))
    return shard, shards


def pieces_of_shard(frame: pd.DataFrame, size: int, shard: int, shards: int) -> list[pd.DataFrame]:
    """The pieces of `size` consecutive rows that belong to one of `shards` shards.

    Pieces are cut from the whole frame and then dealt out as consecutive runs, so they are the same for any number of
    shards, and so is what is computed from them.
    """
    starts = range(0, len(frame), size)
    first, last = (len(starts) * bound // shards for bound in (shard, shard + 1))
    return [frame.iloc[start : start + size] for start in starts[first:last]]


class Chunks:
    """The finished chunks of one job.

    Studies that have the same job share them, so another process may add, read and discard them at any time: what is
    not there, or not whole, is computed.

    Attributes:
        folder: holds one parquet file per finished chunk; named by the fingerprint of all that decides the result, so
            that chunks of other models, prompts, parameters or code are never taken up. A chunk's name has a sum over
            its content and whose it is.
    """

    def __init__(self, fingerprint: str, root: Path = CHUNK_FOLDER):
        self.folder = root / fingerprint

    def collect(
        self,
        pieces: list[pd.DataFrame],
        compute: Callable[[pd.DataFrame], pd.DataFrame],
        description: str,
        rate: Callable[[], str] | None = None,
    ) -> pd.DataFrame:
        """Apply `compute` to each piece, or read what an interrupted run left of it; `rate` says how fast it goes.

        Returns:
            The results, one after the other.
        """
        results = []
        for index, piece in enumerate(progress(pieces, description, len(pieces), rate)):
            content = self._kept(index)
            if content is None:
                content = compute(piece).to_parquet(index=False)
                self._keep(index, content)
            results.append(pd.read_parquet(io.BytesIO(content)))
        return pd.concat(results, ignore_index=True)

    def discard(self) -> None:
        """Remove the chunks, once the whole result is on disk."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _place(self, index: int, content: bytes) -> Path:
        whose = f"{self.folder.name}/{index}/".encode()
        return self.folder / f"{index:06d}-{hashlib.sha256(whose + content).hexdigest()[:32]}.parquet"

    def _kept(self, index: int) -> bytes | None:
        for path in self.folder.glob(f"{index:06d}-*.parquet"):
            try:
                content = path.read_bytes()
            except FileNotFoundError:
                continue
            if path == self._place(index, content):
                return content
        return None

    def _keep(self, index: int, content: bytes) -> None:
        # Another process may have finished the same job, and just have removed the folder.
        with suppress(FileNotFoundError):
            write_whole(self._place(index, content), lambda partial: partial.write_bytes(content))
