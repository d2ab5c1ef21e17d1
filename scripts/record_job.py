"""Run a script of this folder, and record what each file that it made was made from.

What stands after `--` is the script and its arguments; its inputs are the files and folders among these. Nothing is
recorded where it fails.
"""

import argparse
import json
import runpy
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from foretell.common.arguments import settings
from foretell.common.errors import run
from foretell.common.record import Job, hash_inputs, write_records


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, required=True, help="folder of the study's results")
    parser.add_argument("--job", type=settings(Job), required=True, help="JSON: script, wildcards, code, ...")
    parser.add_argument("--outputs", type=Path, nargs="+", required=True)
    parser.add_argument("script", nargs="+", help="the script and its arguments")
    args = parser.parse_args(argv)
    script, *arguments = args.script

    given = json.loads(arguments[arguments.index("--settings") + 1]) if "--settings" in arguments else None
    inputs = hash_inputs(args.results, [*_inputs(arguments, args.outputs)])
    sys.argv = [script, *arguments]
    runpy.run_path(script, run_name="__main__")
    write_records(args.job, given, args.results, inputs, args.outputs)


def _inputs(arguments: list[str], outputs: list[Path]) -> Iterator[Path]:
    """Files among arguments, with an id before them or not, and those in folders, but for what the job makes itself."""
    places = {place for output in outputs for place in (output, *output.parents)}
    for word in arguments:
        if word.startswith(("-", "{")):
            continue
        path = Path(word.partition("=")[2] or word)
        if path in places:
            continue
        if path.is_file():
            yield path
        elif path.is_dir():
            yield from (file for file in sorted(path.iterdir()) if file.is_file())


if __name__ == "__main__":
    run(main)
