"""From completions to graded rollouts."""

import re

import pandas as pd

from foretell.errors import UserError


def extract(completion: str, pattern: re.Pattern) -> str | None:
    """The answer that a completion states: the first group of the pattern's last match, or None."""
    matches = list(pattern.finditer(completion))
    return matches[-1].group(1) if matches else None


def grade(completions: pd.DataFrame, problems: pd.DataFrame, answer_pattern: str) -> pd.DataFrame:
    """Grade completions by exact comparison with the problem's answer.

    Args:
        completions: problem_id, sample, completion; other columns are kept.
        problems: problem_id, answer.
        answer_pattern: regular expression whose first group is the answer in a completion.

    Returns:
        The completions with extracted_answer (null where there is none) and correct (bool; no answer is wrong).

    Raises:
        UserError: a completion belongs to no problem, or a problem has a sample twice.
    """
    _check_samples(completions)
    answers = problems.set_index("problem_id").answer
    unknown = completions.problem_id[~completions.problem_id.isin(answers.index)]
    if len(unknown):
        raise UserError(f"{unknown.nunique()} completions belong to no problem, the first to {unknown.iloc[0]!r}")
    pattern = re.compile(answer_pattern)
    extracted = pd.Series([extract(text, pattern) for text in completions.completion], dtype="string")
    gold = completions.problem_id.map(answers).astype("string").to_numpy()
    return completions.reset_index(drop=True).assign(
        extracted_answer=extracted, correct=extracted.eq(gold).fillna(False).astype(bool)
    )


def _check_samples(completions: pd.DataFrame) -> None:
    repeated = completions[completions.duplicated(["problem_id", "sample"])]
    if len(repeated):
        first = repeated.iloc[0]
        raise UserError(f"problem {first.problem_id!r} has sample {first['sample']} more than once")
