"""Route new prompts with an exported router: JSON lines in, JSON lines out.

A line of the input is a text in quotes, or an object with the fields that the study's prompts have, such as
{"question": "2+3"}; a field `id` is repeated in the output.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from foretell.common.errors import UserError, run
from foretell.deployment.folder import router_id
from foretell.deployment.router import Router

TOGETHER = 250  # prompts that are read at once


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--router", type=Path, required=True, help="folder, as in results/STUDY/routers/POOL")
    parser.add_argument("--models", type=Path, help="folder of checkpoints by model; without it, the study's")
    parser.add_argument("--strategy", default="utility", choices=["utility", "cascade"])
    parser.add_argument("--criterion", default="match", help="for which the study chose the operating point")
    parser.add_argument("--operating-point", type=float, help="another lambda, or threshold of the cascade")
    args = parser.parse_args(argv)

    router = Router.load(args.router, args.models, args.strategy, args.criterion, args.operating_point)
    identity, prompts = router_id(args.router), _prompts(sys.stdin)
    while some := list(islice(prompts, TOGETHER)):
        for prompt, decision in zip(some, router.route(some), strict=True):
            named = {"id": prompt["id"]} if isinstance(prompt, dict) and "id" in prompt else {}
            print(json.dumps({**named, "router": identity, **asdict(decision)}), flush=True)


def _prompts(lines: TextIO) -> Iterator[str | dict[str, Any]]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            prompt = json.loads(line)
        except json.JSONDecodeError as error:
            raise UserError(
                f"line {number} of the input is no JSON: {error}; a prompt stands in double quotes"
            ) from None
        if not isinstance(prompt, str | dict):
            raise UserError(f"line {number} of the input is neither a text nor an object: {line.strip()[:60]}")
        yield prompt


if __name__ == "__main__":
    run(main)
