"""The files that pools are evaluated from, as arguments of a script."""

import argparse

import pandas as pd

from foretell.common.arguments import files_by_id, named_file
from foretell.common.errors import UserError
from foretell.common.storage import read_parquet
from foretell.routing.tables import PoolTables

TABLES = ("costs", "fewer-samples", "probabilities", "decisions")


def add_tables(parser: argparse.ArgumentParser) -> None:
    """Add an argument for each of TABLES, which takes the file of every pool that is a fold."""
    for name in TABLES:
        parser.add_argument(f"--{name}", type=named_file, nargs="+", required=True, metavar="POOL=FILE")


def read_tables(args: argparse.Namespace) -> list[tuple[PoolTables, pd.DataFrame]]:
    """Each pool's tables, and its decisions.

    Raises:
        UserError: the arguments name different pools.
    """
    inputs = [files_by_id(getattr(args, name.replace("-", "_"))) for name in TABLES]
    folds = list(inputs[0])
    if any(set(files) != set(folds) for files in inputs):
        raise UserError("--costs, --fewer-samples, --probabilities and --decisions must name the same pools")
    frames = [[read_parquet(files[fold]) for files in inputs] for fold in folds]
    return [(PoolTables(*tables), decisions) for *tables, decisions in frames]
