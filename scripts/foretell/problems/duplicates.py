"""Questions of test that stand in training too, in the same data set or another: they are kept out of training."""

import re
import unicodedata

import pandas as pd

from foretell.common.arguments import Settings
from foretell.common.errors import UserError
from foretell.problems.pilot import PILOT

_SAME = [  # spellings that look the same when a formula is set
    (re.compile(r"\\[dt]frac(?![a-z])"), r"\\frac"),
    (re.compile(r"\\(?:left|right|quad|qquad|displaystyle)(?![a-z])|\\[,;:! ]"), ""),
    (re.compile(r"[.,](?!\d)|[?!:;$\"'`’‘“”{}\s]"), ""),
]


class DuplicateSettings(Settings):
    """Where a problem set's test comes from."""

    test_of: str | None = None
    """Id of another problem set whose test problems are this one's; None where it has its own."""


def normalised(question: str) -> str:
    """A question as it is compared: without case, space, punctuation, dollars, braces and the spelling of formulas."""
    text = unicodedata.normalize("NFKC", question).casefold()
    for pattern, replacement in _SAME:
        text = pattern.sub(replacement, text)
    return text


def exclude_duplicates(
    problems: pd.DataFrame, others: dict[str, pd.DataFrame], test_of: str | None = None
) -> pd.DataFrame:
    """Exclude problems whose question is reported on, or chosen on, elsewhere.

    Test's questions are kept out of all other splits, the pilot's out of train and validation, validation's out of
    train.

    Args:
        problems: as the contract of the problems stage has them.
        others: problem_id, split and question of other problem sets, by id, whose test and pilot count too.
        test_of: which of them gives this set's test.

    Returns:
        The problems, where `test_of` says it with the test of another set, with reasons in `excluded_reason`.

    Raises:
        UserError: an id of that test is one of this set's too.
    """
    if test_of is not None:
        problems = _with_test(problems, others[test_of], test_of)
    keys = problems.question.map(normalised)
    reason = problems.excluded_reason.astype("string")
    own = problems.split == "test"
    known = [(_first(keys[own], problems.problem_id[own]), "test problem {!r}", problems.split != "test")]
    for split, kept_out_of in ((PILOT, ["train", "validation"]), ("validation", ["train"])):
        chosen = problems.split == split
        first = _first(keys[chosen], problems.problem_id[chosen])
        known += [(first, f"{split} problem {{!r}}", problems.split.isin(kept_out_of))]
    for name, other in others.items():
        for split in ("test", PILOT):
            reported = other[other.split == split]
            first = _first(reported.question.map(normalised), reported.problem_id)
            known += [(first, f"{split} problem {{!r}} of {name}", problems.split != "test")]
    for first, whose, where in known:
        same = keys.map(first)
        text = same.map(lambda problem, whose=whose: f"its question is that of {whose.format(problem)}", "ignore")
        reason = reason.mask(where & reason.isna() & same.notna(), text.astype("string"))
    return problems.assign(excluded_reason=reason)


def _first(keys: pd.Series, ids: pd.Series) -> dict[str, str]:
    """By question, the first problem that has it."""
    return dict(zip(reversed(keys.tolist()), reversed(ids.tolist()), strict=True))


def _with_test(problems: pd.DataFrame, other: pd.DataFrame, name: str) -> pd.DataFrame:
    test = other[other.split == "test"]
    twice = sorted(set(test.problem_id) & set(problems.problem_id))
    if twice:
        raise UserError(
            f"the problem {twice[0]!r} is in this set and in the test of {name!r}, which the key 'test_of' names: give "
            "one of them other ids by 'columns.problem_id'"
        )
    return pd.concat([problems, test.reindex(columns=problems.columns)], ignore_index=True)
