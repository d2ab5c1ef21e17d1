"""What the samples of a policy are called, and the table of its completions."""

import hashlib
from collections.abc import Iterable

import pandas as pd

GREEDY = -1  # the sample that takes the likeliest token at each step; outside k, votes and cost
COLUMNS = {
    "problem_id": "str",
    "sample": "int64",
    "completion": "str",
    "prompt_tokens": "int64",
    "completion_tokens": "int64",
    "thinking_tokens": "Int64",
    "finish_reason": "str",
}


def completions_of(records: Iterable[tuple]) -> pd.DataFrame:
    """A table of completions from its rows, each with a value per column of COLUMNS; there may be none."""
    return pd.DataFrame(list(records), columns=[*COLUMNS]).astype(COLUMNS)


def sample_seed(seed: int, policy: str, problem: str, sample: int) -> int:
    """Seed of the engines that take one per request, in [0, 2**31)."""
    digest = hashlib.sha256(f"{seed}\x1f{policy}\x1f{problem}\x1f{sample}".encode()).digest()
    return int.from_bytes(digest[:4]) >> 1
