"""What stands on top of the page about each pool."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from foretell.claims.front_page import headline, reading_of_headline
from foretell.claims.verdicts import which_match
from foretell.common.rounded import with_interval
from foretell.report import tables
from foretell.routing.choice import FALLS_BACK, chosen_to_match


def headlines(routing: Mapping[str, pd.DataFrame]) -> list[dict[str, Any]]:
    """Headline numbers, by pool, from the summaries of routing."""
    return [
        {
            "name": pool,
            "table": tables.of_frame(headline(summary)),
            "answer": which_match(summary),
            "reading": reading_of_headline(summary),
            **_key(summary),
        }
        for pool, summary in routing.items()
    ]


def _key(summary: pd.DataFrame) -> dict[str, Any]:
    """What the utility router amounts to where it is to match the best single policy."""
    row = chosen_to_match(summary, "utility").iloc[0]
    free = row.saving_with_probing == row.saving

    def cell(name: str, signed: bool) -> tables.Cell:
        value = with_interval(row[name], row[f"{name}_low"], row[f"{name}_high"], 1, 100, signed) or "unknown"
        number, _, interval = value.partition(" ")
        return tables.Cell(number, interval)

    return {
        "fell_back": row.choice in FALLS_BACK.values(),
        "chosen_on": row.chosen_on,
        "numbers": [
            ("Cost saved", "%", cell("saving", False), "against the best single policy"),
            ("Accuracy", "points", cell("accuracy_difference", True), "from the best single policy"),
            *(
                []
                if free
                else [("Cost saved", "%", cell("saving_with_probing", False), "with the probing itself charged")]
            ),
            ("Accuracy", "points", cell("gain_over_hull", True), "above mixtures of single policies at that cost"),
        ],
    }
