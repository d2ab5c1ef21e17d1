"""Problems and samples that a study does without, counted, in sentences."""

import re
from collections.abc import Iterator, Mapping

import pandas as pd

from foretell.figures.policies import COUNTS, LEFT_OUT, count_in_words, lacking

_NAMED = re.compile(r"(\w+ problem) '[^']*'")  # a reason may name a problem, and is the same reason of another


def left_out(problems: Mapping[str, pd.DataFrame], outcomes: Mapping[tuple[str, str], pd.DataFrame]) -> Iterator[str]:
    """How many problems are excluded, by the reason, and what incomplete files of policies lack.

    Args:
        problems: per problem set: problem_id, excluded_reason.
        outcomes: per problem set and policy.
    """
    for name, frame in problems.items():
        reasons = frame.excluded_reason.dropna().str.replace(_NAMED, r"a \1", regex=True)
        for reason, count in reasons.value_counts().items():
            yield f"{count} of {len(frame)} problems of {name}: {reason}."
    for (name, policy), frame in outcomes.items():
        for row in lacking(policy, frame, problems[name]).itertuples():
            if row.quantity != LEFT_OUT:  # said above, with the reason
                label = COUNTS[row.quantity]
                yield f"{label[0].lower()}{label[1:]}, of {policy} on {name}: {count_in_words(row)}."
