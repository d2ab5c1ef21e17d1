"""Render the prompts of a problem set for one encoder, and find their end-of-instruction tokens."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from foretell.common.arguments import settings
from foretell.common.errors import UserError, run
from foretell.common.storage import read_parquet, write_parquet
from foretell.completions.policy import PromptSettings, Reading
from foretell.completions.prompts import check_arguments, render
from foretell.models.tokenizers import load_tokenizer


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True, help="checkpoint folder")
    parser.add_argument("--settings", type=settings(PromptSettings), required=True, help="JSON: prompt, effort, ...")
    parser.add_argument("--output", type=Path, required=True, help="prompts (parquet)")
    args = parser.parse_args(argv)
    problems = read_parquet(args.problems)
    problems = problems[problems.excluded_reason.isna()]
    tokenizer = load_tokenizer(str(args.model))
    given: PromptSettings = args.settings
    reading = Reading(effort=given.effort, template_arguments=given.template_arguments)
    try:
        check_arguments(problems, tokenizer, given.prompt, reading, given.others, given.effort_by_prompt)
        prompts = render(problems, tokenizer, given.prompt, reading)
    except UserError as error:
        raise UserError(f"model {args.model.name!r} ({args.model}): {error}") from None
    write_parquet(prompts, args.output)


if __name__ == "__main__":
    run(main)
