"""Tables as the page shows them: numbers apart from their intervals, what is the same in every row said once."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from foretell.common.rounded import MINUS, number
from foretell.figures.text import INTERVAL

MOST = 400  # rows of a table that are shown; all of them are in its CSV
_NUMBER = re.compile(r"[+\N{MINUS SIGN}-]?[\d.,]+(e[+-]?\d+)?( %)?")
_UNKNOWN = {"", "n/t", "unknown"}  # that stand in a column of numbers too
_HELD = re.compile(r" (?=[=/] )|(?<= [=/]) ")  # `a = 1` and `1 / 2` are not broken
_PIPE = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True)
class Cell:
    """What stands in a cell: a text, and the interval of a number."""

    text: str
    interval: str = ""


@dataclass(frozen=True)
class Table:
    """A table for readers.

    Attributes:
        columns: names.
        numeric: per column, whether it holds numbers.
        rows: cells.
        note: what stands below it.
        constant: columns that are the same in every row, with their value; they are no columns then.
        more: rows that are not shown.
    """

    columns: list[str]
    numeric: list[bool]
    rows: list[list[Cell]]
    note: str = ""
    constant: dict[str, str] = field(default_factory=dict)
    more: int = 0


def of_texts(columns: Sequence[str], rows: Sequence[Sequence[str]], note: str = "") -> Table:
    """A table of texts, some of which are numbers, with an interval behind them or not: `0.61 [0.55, 0.68]`."""
    cells = [[_cell(text) for text in row] for row in rows]
    numeric = [_are_numbers([row[place].text for row in cells]) for place in range(len(columns))]
    return Table(list(columns), numeric, cells, note)


def of_frame(frame: pd.DataFrame) -> Table:
    """The same of a frame of texts."""
    return of_texts(list(frame.columns), frame.astype(str).to_numpy().tolist())


def of_markdown(text: str) -> Table:
    """A pipe table as `foretell.figures.text.to_markdown` writes it, and the note below it."""
    table, _, note = text.partition("\n\n")
    head, _, *rows = [list(_split(line)) for line in table.splitlines()]
    return of_texts(head, rows, note.strip())


def of_csv(path: Path) -> Table:
    """The numbers of a figure, each with its interval in one cell."""
    frame = pd.read_csv(path, keep_default_na=False, na_values=[""])
    constant = {}
    if len(frame) > 1:
        for name in [name for name in frame.columns if frame[name].nunique(dropna=False) == 1]:
            if not re.search(r"(^|_)(low|high)$", name):
                constant[name] = _written(frame[name].iloc[0])
    of_interval = {end for _, *ends in _with_intervals(list(frame.columns)) for end in ends}
    shown = [name for name in frame.columns if name not in constant or f"{name}_low" in of_interval]
    constant = {name: value for name, value in constant.items() if name not in shown and value}
    columns = [each for each in _with_intervals(shown) if each[0] not in of_interval]
    rows = [[_number_cell(row, each) for each in columns] for _, row in frame.head(MOST).iterrows()]
    names = [name for name, *_ in columns]
    numeric = [pd.api.types.is_numeric_dtype(frame[name]) for name in names]
    named = {name.replace("_", " "): value for name, value in constant.items()}
    return Table(
        [name.replace("_", " ") for name in names], numeric, rows, constant=named, more=max(0, len(frame) - MOST)
    )


def _with_intervals(names: list[str]) -> Iterator[tuple[str, ...]]:
    """Each column, with the two that hold the ends of its interval where there are some."""
    for place, name in enumerate(names):
        if f"{name}_low" in names and f"{name}_high" in names:
            yield name, f"{name}_low", f"{name}_high"
        elif names[place + 1 : place + 3] == ["low", "high"]:
            yield name, "low", "high"
        else:
            yield (name,)


def _number_cell(row: pd.Series, columns: tuple[str, ...]) -> Cell:
    value, *ends = (_written(row[name]) for name in columns)
    return Cell(value, f"[{', '.join(ends)}]" if all(ends) and ends else "")


def _written(value: object) -> str:
    """A value of a CSV for readers: numbers to four significant digits."""
    if pd.isna(value):
        return ""
    if isinstance(value, float) and np.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    if isinstance(value, float):
        return number(value, 0) if value == round(value) and abs(value) < 1e6 else _significant(value)
    return str(value)


def _significant(value: float) -> str:
    return f"{value:.4g}".replace("-", MINUS)


def _cell(text: str) -> Cell:
    text = _HELD.sub("\N{NO-BREAK SPACE}", text)
    text, comma, p = text.partition(", p")  # of a test, behind the interval
    match = INTERVAL.fullmatch(text)
    return Cell(match["value"], match["interval"] + comma + p) if match else Cell(text + comma + p)


def _are_numbers(texts: Sequence[str]) -> bool:
    known = [text for text in texts if text not in _UNKNOWN]
    return bool(known) and all(_NUMBER.fullmatch(text) for text in known)


def _split(line: str) -> Iterator[str]:
    for cell in _PIPE.split(line.strip())[1:-1]:
        yield cell.strip().replace(r"\|", "|")
