"""Fetch a data set of the Hugging Face hub at a pinned commit, and make its problems; no code of it is run."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from foretell.common.arguments import settings
from foretell.common.errors import run
from foretell.common.hub import Repository, UnavailableError, download
from foretell.common.provenance import file_hash
from foretell.common.storage import write_json, write_parquet
from foretell.problems.hub import read_mirror, read_problems
from foretell.problems.hub_settings import HubProblems


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--settings", type=settings(HubProblems), required=True, help="JSON: id, revision, splits, ...")
    parser.add_argument("--mirror", type=Path, help="a file with the same problems, where the hub gives none")
    parser.add_argument("--problems", type=Path, required=True, help="problems, duplicates included (parquet)")
    parser.add_argument("--source", type=Path, required=True, help="what was fetched, with sums (JSON)")
    args = parser.parse_args(argv)
    how: HubProblems = args.settings
    patterns = [pattern for given in how.patterns().values() for pattern in given]
    try:
        folder, files = download(Repository(id=how.id, revision=how.revision), "dataset", patterns)
        problems, served = read_problems(how, folder, files), "hub"
        sums = {file: file_hash(folder / file) for file in files}
    except UnavailableError as error:
        if args.mirror is None:
            raise
        print(f"{error}\nIts mirror is taken: {args.mirror}", file=sys.stderr)
        problems, served = read_mirror(how, args.mirror), "mirror"
        sums = {args.mirror.name: file_hash(args.mirror)}
    write_parquet(problems, args.problems)
    write_json({"id": how.id, "revision": how.revision, "served_by": served, "sums": sums}, args.source)
    counts = ", ".join(f"{split} {number}" for split, number in problems.split.value_counts(sort=False).items())
    print(f"{how.id} at {how.revision}, from the {served}: {len(sums)} files, {len(problems)} problems ({counts})")


if __name__ == "__main__":
    run(main)
