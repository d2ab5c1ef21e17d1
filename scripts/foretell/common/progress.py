"""How far a long job has come."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

T = TypeVar("T")
_LOG_INTERVAL = 10.0  # seconds between lines in a log


def progress(items: Iterable[T], description: str, total: int, rate: Callable[[], str] | None = None) -> Iterable[T]:
    """Wrap an iterable: a bar with rate and time left on a terminal, plain lines in a log.

    Args:
        items: to go through.
        description: what is done.
        total: number of items.
        rate: what else is to be said about the speed so far.
    """
    rate = rate or str
    if sys.stderr.isatty():
        return _bar(items, description, total, rate)
    return _logged(items, description, total, rate)


def _bar(items: Iterable[T], description: str, total: int, rate: Callable[[], str]) -> Iterator[T]:
    with tqdm(items, desc=description, total=total) as bar:
        for item in bar:
            yield item
            bar.set_postfix_str(rate(), refresh=False)


def _logged(items: Iterable[T], description: str, total: int, rate: Callable[[], str]) -> Iterator[T]:
    started = shown = time.monotonic()
    done = 0
    for done, item in enumerate(items, start=1):
        yield item
        now = time.monotonic()
        if now - shown >= _LOG_INTERVAL and done < total:
            left = (now - started) / done * (total - done)
            _say(f"{description}: {done} of {total}", f"about {left:.0f} s left", rate())
            shown = now
    _say(f"{description}: {done} done in {time.monotonic() - started:.1f} s", rate())


def _say(*parts: str) -> None:
    print(", ".join(filter(None, parts)), file=sys.stderr, flush=True)


class Throughput:
    """Tokens per second over the time that was spent on generating them."""

    def __init__(self) -> None:
        self._tokens, self._seconds = 0, 0.0

    def add(self, tokens: int, seconds: float) -> None:
        """Count tokens and the time they took."""
        self._tokens += tokens
        self._seconds += seconds

    def __str__(self) -> str:
        return f"{self._tokens / self._seconds:.0f} tokens/s" if self._seconds else ""
