"""Grade completions against the problems' answers, or run the problems' tests on them in a sandbox."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from foretell.common.arguments import settings
from foretell.common.errors import run
from foretell.common.storage import read_parquet, write_parquet
from foretell.grading.rollouts import grade, report, spelled_only
from foretell.grading.settings import GradingJobSettings


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", type=Path, required=True, help="problem_id, answer, answer_kind (parquet)")
    parser.add_argument("--completions", type=Path, required=True, help="problem_id, sample, completion (parquet)")
    parser.add_argument(
        "--settings",
        type=settings(GradingJobSettings),
        default=GradingJobSettings(),
        help="JSON: answer_pattern, one_answer, ...",
    )
    parser.add_argument("--workers", type=int, default=1, help="processes")
    parser.add_argument("--output", type=Path, required=True, help="rollouts (parquet)")
    args = parser.parse_args(argv)
    problems, completions = read_parquet(args.problems), read_parquet(args.completions)
    rollouts = grade(completions, problems, args.settings, args.workers, args.settings.answer_kind)
    odd = spelled_only(problems[problems.problem_id.isin(rollouts.problem_id)], args.workers)
    if odd:
        print(f"answers that do not parse, matched in spelling only: {', '.join(odd)}", file=sys.stderr)
    write_parquet(rollouts, args.output)
    print(report(rollouts))


if __name__ == "__main__":
    run(main)
