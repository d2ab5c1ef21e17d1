"""How far a long job has come."""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

T = TypeVar("T")
_LOG_INTERVAL = 10.0  # seconds between lines in a log


def progress(items: Iterable[T], description: str, total: int) -> Iterable[T]:
    """Wrap an iterable: a bar with rate and time left on a terminal, plain lines in a log."""
    if sys.stderr.isatty():
        return tqdm(items, desc=description, total=total)
    return _logged(items, description, total)


def _logged(items: Iterable[T], description: str, total: int) -> Iterator[T]:
    started = shown = time.monotonic()
    done = 0
    for done, item in enumerate(items, start=1):
        yield item
        now = time.monotonic()
        if now - shown >= _LOG_INTERVAL and done < total:
            left = (now - started) / done * (total - done)
            print(f"{description}: {done} of {total}, about {left:.0f} s left", file=sys.stderr, flush=True)
            shown = now
    print(f"{description}: {done} done in {time.monotonic() - started:.1f} s", file=sys.stderr, flush=True)
