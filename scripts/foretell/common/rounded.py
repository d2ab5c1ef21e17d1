"""Rounded numbers for readers."""

import pandas as pd

MINUS = "\N{MINUS SIGN}"


def number(value: float, digits: int, scale: float = 1, signed: bool = False) -> str:
    """A rounded number with a typographic minus; empty if it is unknown. Nothing rounds to a signed zero."""
    if pd.isna(value):
        return ""
    text = f"{scale * value:{'+' if signed else ''}.{digits}f}"
    if float(text) == 0:
        text = text.lstrip("+-")
    return text.replace("-", MINUS)


def with_interval(value: float, low: float, high: float, digits: int, scale: float = 1, signed: bool = False) -> str:
    """`value [low, high]`; empty if the value is unknown, without brackets if the interval is."""
    shown = number(value, digits, scale, signed)
    if not shown or pd.isna(low) or pd.isna(high):
        return shown
    return f"{shown} [{number(low, digits, scale, signed)}, {number(high, digits, scale, signed)}]"
