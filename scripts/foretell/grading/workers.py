"""Bounded time per item: what hangs or throws costs itself, never the others."""

import signal
from collections.abc import Callable, Iterator
from concurrent.futures import TimeoutError as Overtime
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context, set_forkserver_preload

from pebble import ProcessExpired, ProcessPool

from foretell.common.progress import progress

TIMED_OUT = "timed out"
DIED = "its process died"


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
    prepare: Callable[[], object] = int,
) -> list[Outcome]:
    """Apply a function to every item in worker processes that can be killed.

    Args:
        function: importable by name; takes an item's elements.
        items: arguments, which can be pickled.
        seconds: of processor time per item, so that a busy machine changes no result; ten times as much of wall-clock
            time. A worker that exceeds them is killed and replaced.
        workers: processes.
        description: heads the progress line.
        preload: modules that are imported once, before and outside the time limit, so that a killed worker is replaced
            at no cost.
        prepare: called once in each worker, outside the time limit.

    Returns:
        One outcome per item. The error is TIMED_OUT, begins with DIED, or is the exception's class and text.
    """
    if not items:
        return []
    outcomes = []
    set_forkserver_preload(list(preload))
    with ProcessPool(
        max_workers=min(workers, len(items)), initializer=prepare, context=get_context("forkserver")
    ) as pool:
        limited = partial(_limited, function, seconds)
        results = pool.map(limited, *zip(*items, strict=True), timeout=10 * seconds).result()
        for _ in progress(items, description, len(items)):
            outcomes.append(_outcome(results))
    return outcomes


def _limited(function: Callable, seconds: float, *arguments: object) -> object:
    """Call a function, and end the process where it takes more processor time, even inside one call of C."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        return function(*arguments)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _outcome(results: Iterator) -> Outcome:
    try:
        return Outcome(next(results), None)
    except Overtime:
        return Outcome(None, TIMED_OUT)
    except ProcessExpired as error:
        return Outcome(None, TIMED_OUT if error.exitcode == -signal.SIGPROF else f"{DIED}: {error}")
    except Exception as error:  # noqa: BLE001 - whatever one item's evaluation throws is that item's outcome
        return Outcome(None, f"{type(error).__name__}: {error}"[:200])
