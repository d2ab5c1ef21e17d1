"""Bounded time per item: what hangs or throws costs itself, never the others."""

from collections.abc import Callable, Iterator
from concurrent.futures import TimeoutError as Overtime
from dataclasses import dataclass
from multiprocessing import get_context, set_forkserver_preload

from pebble import ProcessExpired, ProcessPool

from foretell.common.progress import progress

TIMED_OUT = "timed out"


@dataclass(frozen=True)
class Outcome:
    """What became of one item: its value, or None and the reason why there is none."""

    value: object
    error: str | None


def run_bounded(
    function: Callable,
    items: list[tuple],
    seconds: float,
    workers: int,
    description: str,
    preload: tuple[str, ...] = (),
) -> list[Outcome]:
    """Apply a function to every item in worker processes that can be killed.

    Args:
        function: importable by name; takes an item's elements.
        items: arguments, which can be pickled.
        seconds: wall-clock limit per item; a worker that exceeds it is killed and replaced.
        workers: processes.
        description: heads the progress line.
        preload: modules that are imported once, before and outside the time limit, so that a killed worker is replaced
            at no cost.

    Returns:
        One outcome per item. The error is TIMED_OUT, or the exception's class and text.
    """
    if not items:
        return []
    outcomes = []
    set_forkserver_preload(list(preload))
    with ProcessPool(max_workers=workers, context=get_context("forkserver")) as pool:
        results = pool.map(function, *zip(*items, strict=True), timeout=seconds).result()
        for _ in progress(items, description, len(items)):
            outcomes.append(_outcome(results))
    return outcomes


def _outcome(results: Iterator) -> Outcome:
    try:
        return Outcome(next(results), None)
    except Overtime:
        return Outcome(None, TIMED_OUT)
    except ProcessExpired as error:
        return Outcome(None, f"its process died: {error}")
    except Exception as error:  # noqa: BLE001 - whatever one item's evaluation throws is that item's outcome
        return Outcome(None, f"{type(error).__name__}: {error}"[:200])
