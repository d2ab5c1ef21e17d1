"""Render the prompts of a problem set for one encoder, and find their end-of-instruction tokens."""

import argparse
import json
from pathlib import Path

import pandas as pd

from foretell.common.errors import run
from foretell.common.storage import write_parquet
from foretell.completions.prompts import load_tokenizer, render


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True, help="checkpoint folder")
    parser.add_argument("--prompt", type=json.loads, required=True, help="JSON: user, turns, answer_start")
    parser.add_argument("--effort", help="reasoning effort, passed to the chat template")
    parser.add_argument("--output", type=Path, required=True, help="prompts (parquet)")
    args = parser.parse_args(argv)
    problems = pd.read_parquet(args.problems)
    problems = problems[problems.excluded_reason.isna()]
    write_parquet(render(problems, load_tokenizer(str(args.model)), args.prompt, args.effort), args.output)


if __name__ == "__main__":
    run(main)
