"""What a failed run says at its end: which jobs failed, and why."""

import re
from collections.abc import Iterator
from pathlib import Path

LINES = 15
_FAILED = re.compile(r"^Error in (?:rule|checkpoint) ([^\n,:]+)[^\n]*\n((?:    [^\n]*\n)*)", re.MULTILINE)
_LOG = re.compile(r"^    log: (.+?)(?: \(check log file\(s\) for error details\))?$", re.MULTILINE)


def failures(log: str) -> Iterator[str]:
    """Rule, log file and last lines of every job that failed, each once.

    Args:
        log: Snakemake's own log of the run.
    """
    found = [(rule, named[1]) for rule, block in _FAILED.findall(log) if (named := _LOG.search(block))]
    for rule, file in dict.fromkeys(found):
        try:
            lines = Path(file).read_text(encoding="utf-8", errors="replace").splitlines()[-LINES:]
        except OSError:
            lines = ["(it wrote no log)"]
        yield "\n".join([f"Failed: {rule}, log {file}", *(f"    {line}" for line in lines)])
