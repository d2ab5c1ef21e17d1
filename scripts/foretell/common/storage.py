"""Whole files or none: a declared output is complete or absent, whatever interrupts."""

import glob
import json
import os
import platform
import shutil
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
from pyarrow.lib import ArrowException

from foretell.common.errors import UserError

_MACHINE = platform.node()
_UMASK = os.umask(0)  # it can only be read by setting it
os.umask(_UMASK)


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a temporary neighbour of `path`, flush it to disk, then rename it to `path`.

    The neighbour's name carries machine and process id, so that a job which outlives a killed run never writes into
    ours. What killed jobs of this machine left of the same file is removed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_left(path)
    partial = _partial(path)
    try:
        write(partial)
        with open(partial, "rb") as file:
            os.fsync(file.fileno())
        _give_usual_mode(partial)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _partial(path: Path) -> Path:
    return path.with_name(f".partial-{_MACHINE}-{os.getpid()}-{path.name}")


def _remove_left(path: Path) -> None:
    """Remove neighbours of `path` whose process has ended; of those on other machines nothing is known."""
    before, after = f".partial-{_MACHINE}-", f"-{path.name}"
    for left in path.parent.glob(f"{glob.escape(before)}*{glob.escape(after)}"):
        process = left.name.removeprefix(before).removesuffix(after)
        if process.isdecimal() and not _is_alive(int(process)):
            shutil.rmtree(left, ignore_errors=True) if left.is_dir() else left.unlink(missing_ok=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's
        return True
    return True


def _give_usual_mode(file: Path) -> None:
    """Let those read a file whom the umask lets; some libraries write through temporary files, which have 0600."""
    file.chmod(file.stat().st_mode | (0o666 & ~_UMASK))


def read_parquet(path: Path, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Read a frame, or some of its columns.

    Raises:
        UserError: the file is not there, or is no parquet file.
    """
    try:
        return pd.read_parquet(path, columns=None if columns is None else list(columns))
    except FileNotFoundError:
        raise UserError(f"{path}: there is no such file") from None
    except MemoryError:  # pyarrow's is an ArrowException too
        raise
    except (ArrowException, OSError) as error:
        text = str(error).splitlines()[0]
        raise UserError(f"{path}: cannot be read as parquet: {text}; delete it, so that it is made again") from None


def read_text(path: Path) -> str:
    """The text of a file in UTF-8, with or without a byte-order mark.

    Raises:
        UserError: it is in another encoding; names a remedy.
    """
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise not_utf8(path, content, error) from None


def not_utf8(path: Path, content: bytes, error: UnicodeDecodeError) -> UserError:
    """What is said of a file that is not in UTF-8."""
    other = "utf-16" if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "latin1"
    return UserError(
        f"{path}: it is not in UTF-8 ({error.reason} at byte {error.start}); save it as UTF-8, for example with "
        f"iconv -f {other} -t utf-8"
    )


def write_parquet(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame without its index."""
    write_whole(path, lambda partial: frame.to_parquet(partial, index=False))


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame without its index, numbers to 6 significant digits."""
    write_whole(path, lambda partial: frame.to_csv(partial, index=False, float_format="%.6g"))


def write_text(text: str, path: Path) -> None:
    """Write UTF-8 text."""
    write_whole(path, lambda partial: partial.write_text(text, encoding="utf-8"))


def write_json(value: object, path: Path) -> None:
    """Write JSON, indented for reading; NaN is refused, since it is not JSON."""
    write_text(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n", path)


def write_safetensors(tensors: dict, path: Path) -> None:
    """Write named numpy arrays as safetensors."""
    from safetensors.numpy import save_file

    with _told_as_os_errors(path):
        write_whole(path, lambda partial: save_file(in_row_order(tensors), partial))


def in_row_order(tensors: dict) -> dict:
    """The same arrays, each in one piece of memory: safetensors 0.8 writes that, whatever an array's strides say."""
    return {name: np.asarray(tensor, order="C") for name, tensor in tensors.items()}


@contextmanager
def _told_as_os_errors(path: Path) -> Iterator[None]:
    """A disk that is full is an OSError, with the file's name, where safetensors writes as elsewhere."""
    from safetensors import SafetensorError

    try:
        yield
    except SafetensorError as error:
        raise OSError(f"{path}: {error}") from None


@contextmanager
def write_folder(path: Path) -> Iterator[Path]:
    """A temporary neighbour of `path` to fill; it replaces `path` when the block ends without an error."""
    with temporary_neighbour(path) as partial:
        yield partial
        for file in partial.rglob("*"):
            if file.is_file() and not file.is_symlink():
                _give_usual_mode(file)
        shutil.rmtree(path, ignore_errors=True)
        partial.rename(path)


@contextmanager
def temporary_neighbour(path: Path) -> Iterator[Path]:
    """A new folder beside `path`, which is removed with what is still in it when the block ends."""
    partial = _partial(path)
    _remove_left(path)
    partial.mkdir(parents=True)
    try:
        with _told_as_os_errors(path):
            yield partial
    finally:
        shutil.rmtree(partial, ignore_errors=True)
