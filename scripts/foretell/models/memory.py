"""Batches as large as memory allows."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import numpy as np
import torch

from foretell.common.errors import lacks_memory

T = TypeVar("T")


class _TooLargeError(Exception):
    """A batch does not fit."""


def halving(batches: Sequence[np.ndarray], run: Callable[[np.ndarray], T]) -> Iterator[tuple[np.ndarray, T]]:
    """Run batches; one that does not fit in memory is halved until it does, and none that follows is larger.

    Args:
        batches: rows of each.
        run: from rows to their result, which may not depend on what else is in the batch.

    Returns:
        Rows and their result, batch by batch, in order.

    Raises:
        Whatever `run` raises, too little memory for a single row included.
    """
    waiting, most = list(reversed(batches)), max(map(len, batches), default=0)
    while waiting:
        rows = waiting.pop()
        if len(rows) > most:
            waiting += [rows[most:], rows[:most]]
            continue
        try:
            result = _tried(run, rows)
        except _TooLargeError:
            most = len(rows) // 2
            waiting.append(rows)
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
            print(f"memory does not suffice for {len(rows)} prompts at once: going on with {most}")
        else:
            yield rows, result


def _tried(run: Callable[[np.ndarray], T], rows: np.ndarray) -> T:
    try:
        return run(rows)
    except (MemoryError, RuntimeError) as error:
        if len(rows) == 1 or not lacks_memory(error):
            raise
    raise _TooLargeError  # outside, where the error no longer holds what was allocated
