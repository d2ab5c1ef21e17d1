"""Checks that tables from outside share."""

import pandas as pd

from foretell.errors import UserError


def require(frame: pd.DataFrame, columns: list[str], what: str) -> None:
    """Raise a UserError that names the columns which are missing from a frame."""
    missing = [column for column in columns if column not in frame]
    if missing:
        raise UserError(f"{what}: missing columns {missing}; there are {list(frame.columns)}")
