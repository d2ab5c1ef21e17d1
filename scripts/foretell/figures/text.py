"""Tables for readers: numbers as text, Markdown and LaTeX."""

import re
from collections.abc import Iterable
from math import floor, log10
from pathlib import Path
from textwrap import wrap

import pandas as pd

from foretell.common.rounded import MINUS, with_interval
from foretell.common.storage import write_csv, write_text

LATEX = {
    "\\": r"\textbackslash{}",
    **{character: f"\\{character}" for character in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    MINUS: "$-$",
    "±": r"$\pm$",
    "λ": r"$\lambda$",
    "×": r"$\times$",
    "≥": r"$\geq$",
    "–": "--",
    "[": "{[}",  # after a line break, a bare bracket would be its optional argument
}
INTERVAL = re.compile(r"(?P<value>\S+) (?P<interval>\[.*\])")
NARROW = 11  # characters of a line of a column's name
SPACE = r" \addlinespace[2pt]"
LONG = 45  # rows beyond which a table may break over pages


def samples(k: int) -> str:
    """`1 sample`, `8 samples`."""
    return f"{k} sample" + ("s" if k != 1 else "")


def money(value: float, low: float, high: float, scale: float = 1) -> str:
    """An amount with its interval, to three significant digits of the amount; empty if it is unknown."""
    digits = 2 - floor(log10(abs(scale * value))) if value and not pd.isna(value) else 2
    return with_interval(value, low, high, max(digits, 0), scale=scale)


def write_table(frame: pd.DataFrame, table: pd.DataFrame, note: str, stem: Path) -> None:
    """Write all numbers of a frame as CSV, and a table for readers as Markdown and LaTeX.

    Args:
        frame: tidy.
        table: text, in the columns and rows that are printed.
        note: what stands below the table.
        stem: path without suffix.
    """
    write_csv(frame, stem.with_name(stem.name + ".csv"))
    write_text(to_markdown(table, note), stem.with_name(stem.name + ".md"))
    write_text(to_latex(table, note), stem.with_name(stem.name + ".tex"))


def to_markdown(table: pd.DataFrame, note: str) -> str:
    """A pipe table, and the note below it."""
    safe = table.map(lambda text: text.replace("|", r"\|")).rename(columns=lambda text: text.replace("|", r"\|"))
    return f"{safe.to_markdown(index=False, disable_numparse=True)}\n\n{note}\n"


def to_latex(table: pd.DataFrame, note: str) -> str:
    """A booktabs tabular in small type, intervals in a line below their values; a longtable if it has many rows.

    Needs the package booktabs, and longtable where it breaks over pages.
    """
    long = len(table) > LONG
    environment, width = "longtable" if long else "tabular", len(table.columns)
    body = [line for row in table.itertuples(index=False) for line in _lines(row, long)]
    lines = [
        "% needs \\usepackage{booktabs}" + (" and \\usepackage{longtable}" if long else ""),
        r"\begingroup\scriptsize\setlength{\tabcolsep}{2.5pt}",
        rf"\begin{{{environment}}}{{@{{}}{'l' * width}@{{}}}}",
        r"\toprule",
        *_head(table.columns),
        r"\midrule" + (r" \endhead" if long else ""),
        *body,
        r"\bottomrule",
        r"\addlinespace",
        rf"\multicolumn{{{width}}}{{@{{}}p{{0.95\linewidth}}@{{}}}}{{{escape_latex(note)}}} \\",
        rf"\end{{{environment}}}",
        r"\endgroup",
    ]
    return "\n".join(lines) + "\n"


def _head(names: pd.Index) -> list[str]:
    """Rows of a head whose names are broken into short lines that end on one level."""
    columns = [wrap(name, NARROW, break_long_words=False) for name in names]
    depth = max(map(len, columns))
    rows = zip(*([""] * (depth - len(lines)) + lines for lines in columns), strict=True)
    return [_row(row) for row in rows]


def _lines(row: tuple[str, ...], long: bool) -> list[str]:
    """One row as a line of values and, if it has any, a line of intervals, between which no page ends."""
    matches = [INTERVAL.fullmatch(text) for text in row]
    if not any(matches):
        return [_row(row) + SPACE]
    values = [match["value"] if match else text for match, text in zip(matches, row, strict=True)]
    intervals = [rf"{{\tiny {escape_latex(match['interval'])}}}" if match else "" for match in matches]
    return [_row(values) + ("*" if long else ""), " & ".join(intervals) + r" \\" + SPACE]


def _row(cells: Iterable[str]) -> str:
    return " & ".join(map(escape_latex, cells)) + r" \\"


def escape_latex(text: str) -> str:
    """Text that LaTeX prints as it stands."""
    return "".join(LATEX.get(character, character) for character in text)
