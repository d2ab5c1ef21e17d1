"""Checks that tables from outside share."""

import pandas as pd

from foretell.common.errors import UserError


def require(frame: pd.DataFrame, columns: list[str], what: str) -> None:
    """Raise a UserError that names the columns which are missing from a frame."""
    missing = [column for column in columns if column not in frame]
    if missing:
        raise UserError(f"{what}: missing columns {missing}; there are {list(frame.columns)}")


def numbers(frame: pd.DataFrame, column: str, kind: str | type) -> pd.Series:
    """A column as numbers of a kind, in which null stays null.

    Raises:
        UserError: a value is no such number; names the column.
    """
    try:
        return pd.to_numeric(frame[column]).astype(kind)
    except (TypeError, ValueError) as error:
        raise UserError(f"column {column!r} must hold numbers of type {kind}: {error}") from error
