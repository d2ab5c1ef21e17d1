"""What a run says at its end: what was made, what was left out, and what the study was too small for."""

from collections.abc import Iterator
from pathlib import Path

from foretell.report.page import Contents
from foretell.report.sizes import warnings


def ending(contents: Contents, report: Path) -> Iterator[str]:
    """A few lines for the terminal.

    Args:
        contents: what the report shows.
        report: where it lies.
    """
    figures = sum(label.startswith("F") for label, _ in contents.shown)
    tables = len(contents.shown) - figures
    yield f"Made: {figures} figures and {tables} tables; all of it in {report} ({report.stat().st_size / 1e6:.1f} MB)"
    yield from (f"Left out: problem set {each.problem_set}: {each.reason}" for each in contents.page.left_out)
    if untestable := contents.untestable:
        yield f"Left out: {sum(untestable.values())} claims that cannot be tested here; the report says why"
    yield from (f"Small: {each}" for each in warnings(contents.metrics, contents.routing))
