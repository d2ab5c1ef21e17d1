"""Write the messages that a model on a server is asked, for every problem of a set."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from foretell.common.arguments import settings
from foretell.common.errors import run
from foretell.common.storage import read_parquet, write_parquet
from foretell.completions.messages import write_messages
from foretell.completions.policy import MessageSettings


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", type=Path, required=True)
    parser.add_argument("--settings", type=settings(MessageSettings), required=True, help="JSON: prompt")
    parser.add_argument("--output", type=Path, required=True, help="messages (parquet)")
    args = parser.parse_args(argv)
    problems = read_parquet(args.problems)
    problems = problems[problems.excluded_reason.isna()]
    write_parquet(write_messages(problems, args.settings.prompt), args.output)


if __name__ == "__main__":
    run(main)
