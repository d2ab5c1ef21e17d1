"""What the routing scripts read: settings as JSON, files named by policy, and the checks that every file shares."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from foretell.common.errors import UserError


def parse_settings(text: str, required: Sequence[str], optional: Sequence[str] = ()) -> dict:
    """Read a JSON object that has every required key and none that is unknown.

    Raises:
        UserError: `text` is not a JSON object, or its keys are not the expected ones.
    """
    try:
        settings = json.loads(text)
    except json.JSONDecodeError as error:
        raise UserError(f"--settings is not JSON: {error}") from error
    if not isinstance(settings, dict):
        raise UserError("--settings must be a JSON object")
    for key in required:
        if key not in settings:
            raise UserError(f"--settings lacks the key {key!r}")
    for key in settings:
        if key not in (*required, *optional):
            raise UserError(f"--settings has the unknown key {key!r}; known: {', '.join((*required, *optional))}")
    return settings


def policy_file(text: str) -> tuple[str, Path]:
    """Split POLICY=FILE, the form in which an option names one policy's file; usable as an argparse type."""
    policy, _, path = text.partition("=")
    if not (policy and path):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form POLICY=FILE")
    return policy, Path(path)


def read_by_policy(
    named_files: Sequence[tuple[str, Path]], columns: list[str] | None = None
) -> dict[str, pd.DataFrame]:
    """Read files named by policy; the shards of one policy are concatenated in the order given."""
    shards: dict[str, list[pd.DataFrame]] = {}
    for policy, path in named_files:
        shards.setdefault(policy, []).append(pd.read_parquet(path, columns=columns))
    return {policy: pd.concat(frames, ignore_index=True) for policy, frames in shards.items()}


def require_same_problems(problems: dict[str, pd.Series]) -> None:
    """Check that every named source has each problem once, and the same problems as the first source.

    Args:
        problems: the problem_id of every row, by a name of the source that the user will recognise.

    Raises:
        UserError: names the sources, the number of problems that differ and the first of them.
    """
    first, *others = problems
    for name, ids in problems.items():
        repeated = ids[ids.duplicated()]
        if len(repeated):
            raise UserError(f"{name}: problem {repeated.iloc[0]!r} stands there more than once")
    for name in others:
        here, there = problems[name], problems[first]
        lacking, extra = there[~there.isin(here)], here[~here.isin(there)]
        if len(lacking) or len(extra):
            example = lacking.iloc[0] if len(lacking) else extra.iloc[0]
            raise UserError(
                f"{name} and {first} cover different problems: the former lack {len(lacking)}, the latter "
                f"{len(extra)}, such as {example!r}; make both from the same problem set"
            )
