"""Reading tables from outside: which file, which columns, which rows."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import pandas as pd
from pydantic import AfterValidator, model_validator

from foretell.common.arguments import Settings
from foretell.common.errors import UserError
from foretell.common.frames import require
from foretell.common.logs import read_inspect, read_lm_eval


def _plain(value: Any) -> Any:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        raise ValueError(f"{value!r} must be texts, finite numbers, true or false; put dates in quotes") from None
    return value


class Format(Settings):
    """How a file from outside is read."""

    format: Literal["table", "lm_eval", "inspect"] = "table"
    """`table` (.parquet, .csv, .jsonl, .json), `lm_eval` (samples of lm-evaluation-harness, `--log_samples`) or
    `inspect` (a JSON log of Inspect)."""
    columns: dict[str, str] = {}
    """This project's name of a column, and the file's, where they differ; nested JSON by dots."""
    where: dict[str, Annotated[Any, AfterValidator(_plain)]] = {}
    """Columns of the file, and the value, or list of values, of the rows to take."""


class RunOrTable(Settings):
    """A recorded run, or how a table of one's own is read."""

    run: str | None = None
    """The value of `run_id` to keep."""
    table: Format | None = None
    """How the table is read."""

    @model_validator(mode="after")
    def _one_of_both(self) -> "RunOrTable":
        if (self.run is None) == (self.table is None):
            raise ValueError("one of the keys 'run' and 'table' is needed, not both")
        return self


def read(path: Path, how: Format) -> pd.DataFrame:
    """Read a file, keep some rows, and give columns this project's names.

    Args:
        path: .parquet, .csv, .jsonl or .json (a list of objects) for a table; a log of an evaluation tool.
        how: its format, columns and rows. Columns that have this project's name already need not be listed.

    Raises:
        UserError: the file cannot be read as that, a column is missing, or no row is left.
    """
    readers = {"table": _read_table, "lm_eval": read_lm_eval, "inspect": read_inspect}
    frame, columns, where = readers[how.format](path), how.columns, how.where
    require(frame, [*where, *columns.values()], str(path))
    for column, value in where.items():
        frame = frame[frame[column].isin(value if isinstance(value, list) else [value])]
    if frame.empty:
        raise UserError(f"{path}: no row is left" + (f" of those where {where}" if where else ""))
    taken = {name: frame[source] for name, source in columns.items()}
    frame = frame.drop(columns=[source for source in columns.values() if source not in columns]).assign(**taken)
    if "problem_id" in frame:
        _check_ids(frame.problem_id, path)
        frame["problem_id"] = frame.problem_id.astype(str)
    return frame.reset_index(drop=True)


def _check_ids(ids: pd.Series, path: Path) -> None:
    if ids.isna().any():
        raise UserError(
            f"{path}: {int(ids.isna().sum())} rows have no problem_id, the first is row {ids.isna().argmax()}"
        )


def _read_table(path: Path) -> pd.DataFrame:
    readers = {".parquet": pd.read_parquet, ".csv": _read_csv, ".jsonl": _read_lines, ".json": _read_list}
    if path.suffix not in readers:
        raise UserError(f"{path}: the name must end in one of {', '.join(readers)}")
    try:
        return readers[path.suffix](path)
    except (ValueError, KeyError) as error:
        raise UserError(f"{path}: cannot be read as {path.suffix[1:]}: {error}") from error


def _read_csv(path: Path) -> pd.DataFrame:
    """Texts stay texts: an answer `007` is no number, `nan` is a word; only an empty cell is null."""
    return pd.read_csv(path, dtype="string", keep_default_na=False, na_values=[""])


def _read_lines(path: Path) -> pd.DataFrame:
    with open(path, encoding="utf-8") as file:
        return pd.json_normalize([json.loads(line) for line in file if line.strip()])


def _read_list(path: Path) -> pd.DataFrame:
    content = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(content, list):
        raise ValueError("it holds no list of objects")
    return pd.json_normalize(content)
