"""Estimate the difficulty of problems by item response theory, from who solved which."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from foretell.common.arguments import settings
from foretell.common.errors import run
from foretell.common.storage import write_parquet
from foretell.common.tables import read
from foretell.difficulty.item_response import ResponseSettings, fit, read_responses
from foretell.difficulty.reliability import IDENTIFIED, of_estimates


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", type=Path, nargs="+", required=True, help="respondent, problem_id, correct")
    parser.add_argument("--settings", type=settings(ResponseSettings), required=True, help="JSON: table, model")
    parser.add_argument("--difficulties", type=Path, required=True, help="difficulties of problems (parquet)")
    parser.add_argument("--respondents", type=Path, required=True, help="abilities of respondents (parquet)")
    args = parser.parse_args(argv)
    responses = read_responses(read(args.table, args.settings.table))
    items, respondents = fit(responses, args.settings.model)
    write_parquet(items, args.difficulties)
    write_parquet(respondents, args.respondents)

    known = items[items.difficulty.notna()]
    found = of_estimates(known.difficulty.to_numpy(float), known.difficulty_se.to_numpy(float))
    verdict = "" if found >= IDENTIFIED else f", below {IDENTIFIED}: their order is not identified"
    if (groups := known.group.nunique()) > 1:
        verdict += f"; {groups} groups of problems share no respondent: their scales may differ"
    print(f"{len(respondents)} respondents, {len(known)} of {len(items)} problems; reliability {found:.2f}{verdict}")


if __name__ == "__main__":
    run(main)
