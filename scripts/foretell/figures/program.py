"""What the programs that make figures and tables share: a module of this package, and the tables that it reads."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import pandas as pd

from foretell.common.arguments import NamedFile, Settings, files_by_id
from foretell.common.storage import read_parquet


class FigureSettings(Settings):
    """Which figure or table."""

    module: str
    """Module of this package with `collect`, and `draw` or `layout`."""
    arguments: dict[str, Any] = {}
    """Arguments of `collect` beside the tables."""


def collect(settings: FigureSettings, named: Sequence[NamedFile]) -> tuple[Any, pd.DataFrame]:
    """The module of a figure, and the frame that it shows.

    Args:
        settings: which module, and further arguments.
        named: tables by argument of its `collect`, or by argument and id: `summary`, `outcomes/small-low`.
    """
    tables: dict[str, Any] = {}
    for name, path in files_by_id(named).items():
        argument, _, key = name.partition("/")
        if key:
            tables.setdefault(argument, {})[key] = read_parquet(path)
        else:
            tables[argument] = read_parquet(path)
    module = import_module(f"foretell.figures.{settings.module}")
    return module, module.collect(**tables, **settings.arguments)
