"""What tables from outside share: checks, and orders by content."""

import hashlib

import pandas as pd

from foretell.common.errors import UserError

TRUTH = {"true": True, "false": False, "1": True, "0": False, "1.0": True, "0.0": False}  # in lower case


def require(frame: pd.DataFrame, columns: list[str], what: str) -> None:
    """Raise a UserError that names the columns which are missing from a frame."""
    missing = [column for column in columns if column not in frame]
    if missing:
        raise UserError(f"{what}: missing columns {missing}; there are {list(frame.columns)}")


def hashes(keys: pd.Series, purpose: str) -> pd.Series:
    """SHA-256 of the values, another one for each purpose: an order that depends on content alone."""
    return keys.map(lambda key: hashlib.sha256(f"{purpose} {key}".encode()).hexdigest())


def numbers(frame: pd.DataFrame, column: str, kind: str | type) -> pd.Series:
    """A column as numbers of a kind, in which null stays null.

    Raises:
        UserError: a value is no such number; names the column.
    """
    try:
        return pd.to_numeric(frame[column]).astype(kind)
    except (TypeError, ValueError) as error:
        raise UserError(f"column {column!r} must hold numbers of type {kind}: {error}") from error


def require_same_problems(problems: dict[str, pd.Series]) -> None:
    """Check that every named source has each problem once, and the same problems as the first source.

    Args:
        problems: the problem_id of every row, none null, by a name of the source that the user will recognise.

    Raises:
        UserError: names the sources, the number of problems that differ and the first of them.
    """
    first, *others = problems
    for name, ids in problems.items():
        repeated = ids[ids.duplicated()]
        if len(repeated):
            raise UserError(f"{name}: problem {repeated.iloc[0]!r} stands there more than once")
    for name in others:
        here, there = (problems[each].tolist() for each in (name, first))
        lacking, extra = _not_in(there, set(here)), _not_in(here, set(there))
        if lacking or extra:
            raise UserError(
                f"{name} and {first} cover different problems: the former lack {len(lacking)}, the latter "
                f"{len(extra)}, such as {(lacking or extra)[0]!r}; make both from the same problem set"
            )


def _not_in(ids: list[str], known: set[str]) -> list[str]:
    """Those that are not known, in order."""
    # of strings in Arrow's memory pandas' `isin` takes ten times as long
    return [each for each in ids if each not in known]
