"""The look that all figures share, and how they are written."""

import re
from functools import partial
from math import ceil
from pathlib import Path
from typing import Any, cast

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from foretell.common.storage import write_csv, write_whole

COLUMN, PAGE = 3.3, 6.8  # widths in inches: one column, and both

# Okabe and Ito's colours, which colour-blind readers tell apart; black and grey are left for routers and references.
COLOURS = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442"]
MARKERS = ["o", "s", "^", "D", "v", "P", "X", "p", "h", "<", ">", "d"]
HATCHES = ["", "////", "...."]
TITLE = {1: 48, 2: 48, 3: 30, 4: 24}  # characters of a panel's title that fit on a line, by columns of panels
PALEST = 0.25  # opacity of a policy's colour at the fewest samples
BLACK, GREY, PALE = "#000000", "#6E6E6E", "#D9D9D9"
RIGHT, WRONG = "#0072B2", "#D55E00"

STYLE = {
    "font.family": "DejaVu Sans",  # comes with matplotlib, so that files are the same everywhere
    "font.size": 7,
    "axes.titlesize": 7.5,
    "axes.labelsize": 7.5,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "legend.fontsize": 6.5,
    "legend.frameon": False,
    "legend.handlelength": 1.6,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.minor.size": 1.5,
    "ytick.minor.size": 1.5,
    "lines.linewidth": 1.0,
    "lines.markersize": 4,
    "hatch.linewidth": 0.4,
    "figure.dpi": 150,
    "savefig.dpi": 300,
    "pdf.fonttype": 42,  # text stays text
    "svg.fonttype": "path",
    "svg.hashsalt": "foretell",
}
# What would differ between two runs, by format.
METADATA = {"pdf": {"CreationDate": None}, "svg": {"Date": None}, "png": {"Software": None}}

styled = matplotlib.rc_context(cast(Any, STYLE))


@styled
def write_figure(figure: Figure, frame: pd.DataFrame, stem: Path) -> None:
    """Write a figure as PDF, SVG and PNG, and the frame it was drawn from as CSV; equal frames give equal bytes."""
    write_csv(frame, stem.with_name(stem.name + ".csv"))
    for suffix, metadata in METADATA.items():
        save = partial(figure.savefig, format=suffix, metadata=metadata)
        write_whole(stem.with_name(f"{stem.name}.{suffix}"), save)


def opacities(policies: pd.Series) -> list[float]:
    """Of each part of a policy, which follow each other from the fewest of its samples to the most: up to 1, evenly."""
    parts = policies.groupby(policies)
    fewer = parts.cumcount(ascending=False) / (parts.transform("size") - 1).clip(lower=1)
    return (1 - (1 - PALEST) * fewer).tolist()


def look_of(names: list[str]) -> dict[str, dict]:
    """Colour, marker and hatch of every name, by its place; up to 12 names look different."""
    return {
        name: {
            "color": COLOURS[place % len(COLOURS)],
            "marker": MARKERS[place % len(MARKERS)],
            "hatch": HATCHES[place // len(COLOURS) % len(HATCHES)],
        }
        for place, name in enumerate(names)
    }


def panels(
    names: list[str], height: float, strips: tuple[float, ...] = (1.0,), extra: float = 0.5
) -> tuple[Figure, dict[str, list[Axes]]]:
    """A figure with one panel per name, as wide as a column if there is one, else as a page.

    Args:
        names: titles of the panels, in reading order.
        height: of a row of panels, in inches.
        strips: relative heights of the axes of one panel, from top to bottom; they share the x axis.
        extra: inches for what stands outside the panels.

    Returns:
        The figure, and each name's axes from top to bottom.
    """
    columns = columns_for(len(names))
    rows, each = ceil(len(names) / columns), len(strips)
    figure = Figure(figsize=(COLUMN if columns == 1 else PAGE, rows * height + extra), layout="constrained")
    grid = figure.subplots(rows * each, columns, squeeze=False, height_ratios=strips * rows)
    axes = {}
    for place in range(rows * columns):
        row, column = divmod(place, columns)
        stack = list(grid[row * each : (row + 1) * each, column])
        if place >= len(names):
            for unused in stack:
                unused.remove()
            continue
        for upper in stack[:-1]:
            upper.sharex(stack[-1])
            upper.tick_params(labelbottom=False)
        stack[0].set_title(wrapped(names[place], TITLE[columns]))
        axes[names[place]] = stack
    return figure, axes


def columns_for(panels: int) -> int:
    """How many panels stand side by side."""
    return panels if panels <= 3 else 2 if panels == 4 else 3 if panels <= 6 else 4


def wrapped(name: str, width: int) -> str:
    """A name in lines of at most `width` characters, broken behind hyphens, underscores and spaces."""
    lines = [""]
    for part in re.split(r"(?<=[-_ ])", name):
        if lines[-1] and len(lines[-1] + part.rstrip()) > width:
            lines.append("")
        lines[-1] += part
    return "\n".join(line.rstrip() for line in lines)


def outer(axes: dict[str, list[Axes]], place: int) -> tuple[bool, bool]:
    """Whether the panel at a place stands in the leftmost column, and whether no panel stands below it."""
    columns = columns_for(len(axes))
    return place % columns == 0, place + columns >= len(axes)


def say(axes: Axes, text: str) -> None:
    """Let an empty panel say why it is empty."""
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set(visible=True, color=PALE)
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", color=GREY)


def legend_columns(labels: list[str], width: float) -> int:
    """How many labels fit side by side in a legend as wide as a figure of `width` inches."""
    return max(1, int(width // (0.42 + 0.056 * max(map(len, labels)))))


def uneven_legend_columns(labels: list[str], width: float) -> int:
    """The same where labels differ much: each column is as wide as its own longest label, by letters of mean width."""
    widths = {
        columns: sum(0.34 + 0.046 * max(map(len, column)) for column in np.array_split(labels, columns))
        for columns in range(1, len(labels) + 1)
    }
    return max((columns for columns, needed in widths.items() if needed <= width), default=1)


def distances(values: pd.Series, low: pd.Series, high: pd.Series) -> np.ndarray:
    """Interval ends as the distances [2, n] that `errorbar` wants; an unknown end has none."""
    below, above = values - low, high - values
    return np.nan_to_num(np.vstack([below, above]).astype(float)).clip(min=0)
