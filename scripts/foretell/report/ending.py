"""What a run says at its end: what was made, what was left out, and what the study was too small for."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from foretell.report.left_out import left_out
from foretell.report.page import Contents
from foretell.report.sizes import unmeasured


def ending(contents: Contents, report: Path, routers: Sequence[str], unexported: Mapping[str, str]) -> Iterator[str]:
    """A few lines for the terminal.

    Args:
        contents: what the report shows.
        report: where it lies.
        routers: pools whose routers can be taken away.
        unexported: the others, and why not.
    """
    figures = sum(label.startswith("F") for label, _ in contents.shown)
    tables = len(contents.shown) - figures
    exported = f", routers to take away in {report.parent / 'routers'}" if routers else ""
    size = f"{report.stat().st_size / 1e6:.1f} MB"
    yield f"Made: {figures} figures and {tables} tables; all of it in {report} ({size}){exported}"
    yield from (f"Left out: router of pool {pool}: {reason}" for pool, reason in unexported.items())
    yield from (f"Left out: problem set {each.problem_set}: {each.reason}" for each in contents.page.left_out)
    yield from (f"Left out: {each}" for each in left_out(contents.problems, contents.outcomes))
    if claims := contents.claims_left_out:
        yield f"Left out: {claims}, which cannot be tested here; the report says why"
    yield from (f"Left out: {each}" for each in unmeasured(contents.metrics))
    yield from (f"Small: {each}" for each in contents.warnings)
