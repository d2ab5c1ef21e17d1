"""Reading tables from outside: which file, which columns, which rows."""

import json
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
from pydantic import AfterValidator, model_validator

from foretell.common.arguments import Settings
from foretell.common.errors import UserError
from foretell.common.frames import require
from foretell.common.logs_inspect import read_inspect
from foretell.common.logs_lm_eval import read_lm_eval
from foretell.common.storage import not_utf8, read_text


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
    `inspect` (a log of Inspect, .eval or .json)."""
    columns: dict[str, str] = {}
    """This project's name of a column, and the file's, where they differ; nested JSON by dots."""
    where: dict[str, Annotated[Any, AfterValidator(_plain)]] = {}
    """Columns of the file, and the value, or list of values, of the rows to take, such as `{filter: strict-match}` of
    lm-evaluation-harness."""
    ids_by_task: bool = False
    """Whether the ids of problems in a log are `TASK/ID`, as they are of several files."""


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


LOGS: dict[str, Callable[[Path], pd.DataFrame]] = {"lm_eval": read_lm_eval, "inspect": read_inspect}
EXACT = 2**53  # below it a float holds every whole number
GRADES = ("metrics.", "scores.")  # how columns of a log's grades begin


def read(path: Path | Sequence[Path], how: Format, graded: bool = False) -> pd.DataFrame:
    """Read a file, or several as one, keep some rows, and give columns this project's names.

    Args:
        path: .parquet, .csv, .jsonl or .json (a list of objects) for a table; a log of an evaluation tool. In several
            logs, the ids of problems are `TASK/ID`.
        how: their format, columns and rows. Columns that have this project's name already need not be listed.
        graded: whether a log's grades are wanted, as `correct`: there must be one for each sample.

    Raises:
        UserError: a file cannot be read as that, a column is missing, no row is left, or grades have to be chosen.
    """
    paths = [path] if isinstance(path, Path) else list(path)
    by_task = how.ids_by_task or len(paths) > 1
    frame = pd.concat([_read_one(each, how, by_task) for each in paths], ignore_index=True)
    columns, names = how.columns, ", ".join(map(str, paths))
    if how.format in LOGS:
        frame = _one_filter(frame, names, graded)
        if graded and "correct" not in columns:
            frame = frame.assign(correct=_grades(frame, names))
    taken = {name: frame[source] for name, source in columns.items()}
    frame = frame.drop(columns=[source for source in columns.values() if source not in columns]).assign(**taken)
    if "problem_id" in frame:
        _check_ids(frame.problem_id, names)
        frame["problem_id"] = frame.problem_id.astype(str)
    return of_one_kind(frame).reset_index(drop=True)


def read_table(path: Path) -> pd.DataFrame:
    """All rows and columns of a .parquet, .csv, .jsonl or .json, in its own names.

    Raises:
        UserError: it cannot be read as that, or has no row.
    """
    frame = _read_table(path)
    if frame.empty:
        raise UserError(f"{path}: it has no row")
    return of_one_kind(frame)


def of_one_kind(frame: pd.DataFrame) -> pd.DataFrame:
    """The table with columns that a file can have: numbers and lists among texts are texts too."""
    return frame.assign(**{name: _of_one_kind(frame[name]) for name in frame if frame[name].dtype == object})


def _of_one_kind(column: pd.Series) -> pd.Series:
    try:
        pa.array(column, from_pandas=True)
    except (pa.ArrowException, OverflowError):
        return column.map(_as_text, na_action="ignore")
    return column


def _as_text(value: Any) -> str:
    return _as_json(value) if isinstance(value, bool | int | float) else str(as_written(value))


def as_written(value: object) -> object:
    """A whole number, a day or a moment as one writes it, and lists and objects as JSON does; else the value itself."""
    if isinstance(value, list | dict | np.ndarray):
        return _as_json(value)
    if isinstance(value, date) and not pd.isna(value):  # a moment too, of which midnight is the day
        return value.isoformat().removesuffix("T00:00:00")
    return str(int(value)) if isinstance(value, float) and value.is_integer() else value


def _as_json(value: Any) -> str:
    return json.dumps(
        value, ensure_ascii=False, default=lambda each: each.tolist() if isinstance(each, np.ndarray) else str(each)
    )


def _read_one(path: Path, how: Format, by_task: bool) -> pd.DataFrame:
    frame = LOGS[how.format](path) if how.format in LOGS else _read_table(path)
    if how.format in LOGS and by_task:
        frame["problem_id"] = frame.task + "/" + frame.problem_id.astype(str)
    require(frame, [*how.where, *how.columns.values()], str(path))
    for column, value in how.where.items():
        wanted = value if isinstance(value, list) else [value]
        chosen = frame[[any(_equal(each, one) for one in wanted) for each in frame[column]]]
        if chosen.empty:
            there = sorted(set(frame[column].dropna().map(str)))[:10]
            raise UserError(f"{path}: no row is left of those where {how.where}; {column!r} has {', '.join(there)}")
        frame = chosen
    if frame.empty:
        raise UserError(f"{path}: no row is left")
    return frame


def _equal(there: Any, wanted: Any) -> bool:
    """Whether a value is the one that is wanted; a CSV has texts alone. A null is none."""
    if isinstance(there, np.generic | np.ndarray):
        there = there.tolist()
    if pd.api.types.is_scalar(there) and pd.isna(there):
        return False
    if isinstance(there, str) != isinstance(wanted, str):
        return _as_text(there).lower() == _as_text(wanted).lower()
    return bool(isinstance(there, list | dict) == isinstance(wanted, list | dict) and there == wanted)


def _one_filter(frame: pd.DataFrame, names: str, graded: bool) -> pd.DataFrame:
    """Of a log with several filters, which repeat the completions and differ in grades, the first."""
    if "filter" not in frame:
        return frame
    several = [filters for _, filters in frame.groupby("task")["filter"].unique().items() if len(filters) > 1]
    if several and graded:
        raise UserError(
            f"{names}: there are grades by the filters {', '.join(several[0])}; choose one, as in "
            f"where: {{filter: '{several[0][0]}'}}"
        )
    return frame[frame["filter"] == frame.groupby("task")["filter"].transform("first")]


def _grades(frame: pd.DataFrame, names: str) -> pd.Series:
    """The one grade of each sample."""
    grades = frame[[column for column in frame if column.startswith(GRADES)]]
    given = [column for column in grades if grades[column].notna().any()]
    if not given:
        raise UserError(
            f"{names}: no sample has a grade of its own; import the texts as 'completions', to be graded here"
        )
    if (grades.notna().sum(axis=1) > 1).any():
        raise UserError(
            f"{names}: there are the grades {', '.join(given)}; choose one, as in columns: {{correct: {given[0]}}}"
        )
    return grades.astype(object).bfill(axis=1).iloc[:, 0]


def _check_ids(ids: pd.Series, names: str) -> None:
    if ids.isna().any():
        raise UserError(
            f"{names}: {int(ids.isna().sum())} rows have no problem_id, the first is row {ids.isna().argmax()}"
        )


def _read_table(path: Path) -> pd.DataFrame:
    readers = {".parquet": _read_parquet, ".csv": _read_csv, ".jsonl": _read_lines, ".json": _read_list}
    if path.suffix not in readers:
        raise UserError(f"{path}: the name must end in one of {', '.join(readers)}")
    try:
        return readers[path.suffix](path)
    except UnicodeDecodeError as error:
        raise not_utf8(path, path.read_bytes()[:2], error) from error
    except (ValueError, KeyError) as error:
        raise UserError(f"{path}: cannot be read as {path.suffix[1:]}: {error}") from error


def _read_parquet(path: Path) -> pd.DataFrame:
    """As pandas does, but whole numbers beside a null are no floats, which lose digits."""
    frame = pd.read_parquet(path, to_pandas_kwargs={"integer_object_nulls": True}).reset_index(drop=True)
    objects = [name for name in frame if frame[name].dtype == object]
    whole = [name for name in objects if pd.api.types.infer_dtype(frame[name], skipna=True) == "integer"]
    return frame.assign(**{name: _nullable(frame[name].tolist()) for name in whole})


def _nullable(values: list) -> pd.Series:
    """Whole numbers and nulls; what is of another kind, or larger, stays as it is."""
    for dtype in ("Int64", "UInt64"):
        with suppress(OverflowError, TypeError, ValueError):
            return pd.Series(values, dtype=dtype)
    return pd.Series(values, dtype=object)


def _read_csv(path: Path) -> pd.DataFrame:
    """Texts stay texts: an answer `007` is no number, `nan` is a word; only an empty cell is null."""
    kept: dict[str, Any] = {"dtype": "string", "keep_default_na": False, "na_values": [""], "encoding": "utf-8-sig"}
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        try:
            frame = pd.read_csv(path, index_col=False, **kept)
        except pd.errors.ParserWarning:
            frame = None
    names = pd.read_csv(path, nrows=0, **kept).columns if frame is None else frame.columns
    for mark, name in {";": "semicolons", "\t": "tabs"}.items():
        if len(names) == 1 and mark in names[0]:
            raise ValueError(f"its columns are separated by {name}; save it with commas")
    if frame is None:
        raise ValueError(
            f"its first line names {len(names)} columns, and rows have more fields: name every column, and put texts "
            "with commas in quotes"
        )
    return frame


def _read_lines(path: Path) -> pd.DataFrame:
    with open(path, encoding="utf-8-sig", newline="\n") as file:
        rows = [json.loads(line, parse_int=_whole) for line in file if line.strip()]
    return _normalised(rows)


def _read_list(path: Path) -> pd.DataFrame:
    content = json.loads(read_text(path), parse_int=_whole)
    if not isinstance(content, list):
        raise ValueError("it holds no list of objects")
    return _normalised(content)


def _whole(digits: str) -> int | str:
    """A whole number; its digits where they are more than Python turns into one."""
    return int(digits) if len(digits) <= sys.int_info.default_max_str_digits else digits


def _normalised(rows: list) -> pd.DataFrame:
    """Objects as rows. Whole numbers stay whole where a row has none."""
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            raise ValueError(f"row {number} is no object with columns, but {json.dumps(row)[:60]}")
    frame = pd.json_normalize(rows)
    gaps = {name: frame[name].dropna() for name in frame.select_dtypes(float) if frame[name].isna().any()}
    whole = [name for name, known in gaps.items() if len(known) and ((known % 1 == 0) & (known.abs() < EXACT)).all()]
    frame = frame.astype(dict.fromkeys(whole, "Int64"))
    if large := [name for name, known in gaps.items() if (known.abs() >= EXACT).any()]:
        flat = [dict(_flat(row)) for row in rows]
        frame = frame.assign(**{name: _nullable([each.get(name) for each in flat]) for name in large})
    return frame


def _flat(row: dict, above: str = "") -> Iterator[tuple[str, Any]]:
    """Columns and values of an object, named as `json_normalize` does."""
    for name, value in row.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value
