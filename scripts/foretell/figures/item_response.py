"""T10: how well responses determine the difficulty of problems."""

import pandas as pd

from foretell.common.rounded import number
from foretell.difficulty.reliability import IDENTIFIED, of_estimates, of_expectations

FITTING = (
    0.7,
    1.3,
)  # mean squares of problems that behave as the model says, by the usual rule of thumb (Wright and Linacre, 1994)


def collect(items: pd.DataFrame, respondents: pd.DataFrame) -> pd.DataFrame:
    """How much was asked, and what it determines.

    Args:
        items, respondents: as `foretell.difficulty.item_response.fit` gives them.

    Returns:
        One row: respondents, problems, responses, share_correct, without_difficulty (problems), discrimination
        (median), discriminations (how many different ones), se (median, of a difficulty), reliability (of the
        difficulties), of_abilities (theirs), misfitting (problems whose infit leaves FITTING), groups (of problems,
        which share no respondent).
    """
    known, scored = items[items.difficulty.notna()], respondents[respondents.ability.notna()]
    return pd.DataFrame(
        {
            "respondents": [len(respondents)],
            "problems": len(items),
            "responses": items.n.sum(),
            "share_correct": (items.n * items.share_correct).sum() / items.n.sum(),
            "without_difficulty": len(items) - len(known),
            "discrimination": known.discrimination.median(),
            "discriminations": known.discrimination.nunique(),
            "se": known.difficulty_se.median(),
            "reliability": of_estimates(known.difficulty.to_numpy(float), known.difficulty_se.to_numpy(float)),
            "of_abilities": of_expectations(scored.ability.to_numpy(float), scored.ability_se.to_numpy(float)),
            "misfitting": int((~known.infit.between(*FITTING)).sum()),
            "groups": known.group.nunique(),
        }
    )


def layout(frame: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """For readers."""
    row = frame.iloc[0]
    each = "median discrimination" if row.discriminations > 1 else "discrimination, of all"
    identified = "yes" if row.reliability >= IDENTIFIED and row.groups == 1 else "no"
    cells = {
        "Respondents": number(row.respondents, 0),
        "Problems": number(row.problems, 0),
        "Responses": number(row.responses, 0),
        "Right": number(100 * row.share_correct, 1) + " %",
        each.capitalize(): number(row.discrimination, 2),
        "Median error of a difficulty": number(row.se, 2),
        "Reliability of difficulties": number(row.reliability, 2),
        "Identified": identified,
        "Reliability of abilities": number(row.of_abilities, 2),
        "Misfitting problems": number(row.misfitting, 0),
        "Without a difficulty": number(row.without_difficulty, 0),
        **({"Groups": number(row.groups, 0)} if row.groups > 1 else {}),
    }
    note = (
        "Difficulties and their errors are in standard deviations of the respondents' ability. Reliability: 1 - mean "
        "squared error over variance; of abilities, which are shrunken, variance over variance plus mean squared "
        f"error. The order is called identified from {IDENTIFIED} on. Misfitting: mean squares (infit) outside "
        f"{FITTING[0]} to {FITTING[1]}, below which they may lie where each has few responses. Without a difficulty: "
        "all solved the problem, or none, an estimate is at a limit, or its error is unknown."
    )
    if row.groups > 1:
        note += (
            " Groups: of problems, which share no respondent; difficulties of different groups compare only as far as "
            "their respondents are equally able, so that their common order is not identified."
        )
    return pd.DataFrame([cells]), note
