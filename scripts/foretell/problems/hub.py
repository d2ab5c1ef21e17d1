"""Problems of a data set of the Hugging Face hub, from its files."""

from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
import pandas as pd

from foretell.common.errors import UserError
from foretell.common.frames import hashes, numbers
from foretell.common.tables import as_written, of_one_kind, read, read_table
from foretell.problems.duplicates import normalised
from foretell.problems.golds import after_hashes, last_box, shuffled
from foretell.problems.hub_checks import check_content, check_ids, check_questions, check_rows
from foretell.problems.hub_settings import DateSplit, HubProblems, Part
from foretell.problems.imported import NO_ANSWER, require_some_of_each_split
from foretell.problems.livecodebench import COLUMNS as TEST_COLUMNS
from foretell.problems.livecodebench import with_tests
from foretell.problems.pilot import with_pilot
from foretell.problems.validation import with_validation

_DATE = "date_of_split"  # while problems are divided by it
_NUMBERS = ("reference_difficulty", "reference_difficulty_se")
_YEAR_FIRST = r"\d{4}(?:\d{4})?(?!\d)"
_DAY = r"\d{4}(?P<mark>[-/. ])(?:\d{1,2}|[A-Za-z]{3,9})(?P=mark)\d{1,2}(?!\d)"  # in forms that ISO 8601 does not have
_GOLDS = {"last_box": last_box, "after_hashes": after_hashes}
_MARKS = {"last_box": r"\boxed{}", "after_hashes": "####"}


def read_problems(settings: HubProblems, folder: Path, files: list[str]) -> pd.DataFrame:
    """Problems in the form of the problems stage, with further columns that the settings name.

    Args:
        settings: how they are read.
        folder: where the files lie.
        files: their paths in it.

    Returns:
        One row per problem. Validation is a fifth of train by content hash where it has no files of its own; problems
        without an answer are excluded, with the reason.

    Raises:
        UserError: columns, questions, dates or golds are missing, ids repeat, the numbers of rows are others, or all
            problems of a split are excluded.
    """
    parts = []
    for split, patterns in settings.patterns().items():
        for file in (each for each in files if any(fnmatchcase(each, pattern) for pattern in patterns)):
            parts.append(_read_file(settings, folder / file, file).assign(split=split))
    return _completed(_together(parts), settings)


def _together(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """The rows of all files; numbers that files have in different types keep their digits."""
    columns = dict.fromkeys(name for part in parts for name in part)
    kinds = {name: {part[name].dtype for part in parts if name in part} for name in columns}
    mixed = [name for name in columns if len(kinds[name]) > 1]
    alike = [part.astype({name: object for name in mixed if name in part}) for part in parts]
    return of_one_kind(pd.concat(alike, ignore_index=True))


def read_mirror(settings: HubProblems, file: Path) -> pd.DataFrame:
    """The same from a mirror of `files`, whose answers stand in their column whole.

    Raises:
        UserError: as in `read_problems`.
    """
    assert settings.mirror is not None
    rows = read(file, settings.mirror).assign(path=file.name)
    frame = pd.DataFrame({own: _column(rows, own, f"mirror.columns.{own}", file.name) for own in settings.columns})
    check_questions(frame, settings, file.name)
    frame["answer"] = frame.answer.map(as_written).astype("string").str.strip()
    return _completed(_with_difficulty(frame, settings).assign(split="all"), settings)


def _completed(frame: pd.DataFrame, settings: HubProblems) -> pd.DataFrame:
    """Ids, splits and the contract's other columns of the problems of all files."""
    frame = _with_ids(frame, settings)
    if settings.sha256 is not None:
        check_content(frame, settings)
    if settings.splits is None:
        frame["split"] = _divided(frame, settings)
    if settings.train_contains_test:
        frame = _without_test(frame)
    check_ids(frame, settings)
    check_rows(frame, settings)
    if settings.pilot_share is not None:
        frame["split"] = with_pilot(frame.split, frame.group, settings.pilot_share)
    if not frame.split.eq("validation").any():
        frame["split"] = _with_validation(frame, settings)
    require_some_of_each_split(frame, "correct the key 'columns.answer', or 'gold'")
    return frame.drop(columns=_DATE, errors="ignore")


def _read_file(settings: HubProblems, path: Path, name: str) -> pd.DataFrame:
    """Questions, answers and other columns of one file, in this project's names, with group and date."""
    rows = read_table(path)
    rows["path"] = name
    for column, part in settings.extract.items():
        rows[column] = _part(rows, part, f"extract.{column}", name)
    if settings.gold == "tests":
        _require(rows, list(TEST_COLUMNS), "gold", name)
        _require(rows, [settings.columns["question"]], "columns.question", name)
        rows = with_tests(rows, settings.columns["question"])
    chosen = {own: _column(rows, theirs, f"columns.{own}", name) for own, theirs in settings.columns.items()}
    frame = pd.DataFrame(chosen)
    if settings.gold == "tests":
        frame["answer"] = rows.tests
    if settings.choices is not None:
        options = [settings.choices.correct, *settings.choices.incorrect]
        texts = pd.DataFrame({option: _column(rows, option, "choices", name) for option in options})
        frame["question"], frame["answer"] = shuffled(frame.question, texts)
    check_questions(frame, settings, name)
    frame["answer"] = _golds(frame.answer, settings, name)
    if settings.group is not None:
        frame["group"] = _joined([_column(rows, column, "group", name) for column in settings.group])
    if settings.date_split is not None:
        frame[_DATE] = _dates(rows, settings.date_split, name)
    return _with_difficulty(frame, settings)


def _require(rows: pd.DataFrame, columns: list[str], key: str, name: str) -> None:
    if missing := [column for column in columns if column not in rows]:
        raise UserError(
            f"{name} has no column {missing[0]!r}, which the key {key!r} names; there are "
            f"{', '.join(map(str, rows.columns.drop('path')))}"
        )


def _column(rows: pd.DataFrame, column: str, key: str, name: str) -> pd.Series:
    _require(rows, [column], key, name)
    if rows[column].dtype != object:
        return rows[column]
    return pd.Series([_decoded(each, column, name) for each in rows[column]], index=rows.index, dtype=object)


def _decoded(value: object, column: str, name: str) -> object:
    """A text that stands there as bytes."""
    if not isinstance(value, bytes):
        return value
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UserError(
            f"{name}: column {column!r} has bytes that are no text in UTF-8, such as {value[:20]!r}"
        ) from error


def _part(rows: pd.DataFrame, part: Part, key: str, name: str) -> pd.Series:
    """What a pattern's group finds in a column; null where it finds nothing.

    Raises:
        UserError: it finds nothing anywhere.
    """
    whole = _column(rows, part.column, f"{key}.column", name).astype("string")
    found = whole.str.extract(part.pattern, expand=False)
    if found.isna().all():
        raise UserError(
            f"{name}: the pattern of the key {key!r} fits no value of {part.column!r}, such as {whole[0]!r}"
        )
    return found


def _golds(answers: pd.Series, settings: HubProblems, name: str) -> pd.Series:
    texts = answers.map(as_written).astype("string").str.strip()
    find = _GOLDS.get(settings.gold)
    if find is None:
        return texts
    found = texts.map(find, na_action="ignore").astype("string").str.strip()
    if found.isna().all():
        raise UserError(
            f"{name}: no row of {settings.columns['answer']!r} has a {_MARKS[settings.gold]}: correct the key 'gold', "
            "or the column under 'columns.answer'"
        )
    return found


def _joined(columns: list[pd.Series]) -> pd.Series:
    """Values of several columns as one text; what is null is left out."""
    texts = [column.map(as_written).astype("string") for column in columns]
    rows = zip(*texts, strict=True)
    joined = [" ".join(value for value in row if pd.notna(value)) for row in rows]
    return pd.Series(joined, columns[0].index, dtype="string").replace("", pd.NA)


def _dates(rows: pd.DataFrame, how: DateSplit, name: str) -> pd.Series:
    given = _column(rows, how.column, "date_split.column", name)
    written = given.map(as_written).astype("string").str.strip()
    of_years = written.where(written.str.match(_YEAR_FIRST, na=False))
    dates = pd.to_datetime(of_years, format="ISO8601", errors="coerce", utc=True)
    others = of_years.where(dates.isna() & of_years.str.match(_DAY, na=False))
    dates = dates.fillna(pd.to_datetime(others, format="mixed", errors="coerce", utc=True))
    if dates.isna().any():
        at = int(dates.isna().to_numpy().argmax())
        there = "nothing" if pd.isna(written.iloc[at]) else repr(written.iloc[at])
        raise UserError(
            f"{name}: row {at} has {there} in {how.column!r}, which is no date that begins with the year, such as "
            "2024-10-01: name another column under 'date_split.column', or divide by 'test_share' or 'sizes'"
        )
    return dates


def _with_difficulty(frame: pd.DataFrame, settings: HubProblems) -> pd.DataFrame:
    if (order := settings.difficulty_order) is not None and "reference_difficulty" in frame:
        places = {word: float(place) for place, word in enumerate(order, start=1)}
        words = frame.reference_difficulty.map(as_written).astype("string")
        unknown = sorted(set(words.dropna()) - set(places))
        if unknown:
            raise UserError(f"the reference difficulty has {', '.join(unknown[:5])}: add it to 'difficulty_order'")
        frame["reference_difficulty"] = words.map(places, na_action="ignore")
    return frame.assign(**{name: numbers(frame, name, float) if name in frame else np.nan for name in _NUMBERS})


def _with_ids(frame: pd.DataFrame, settings: HubProblems) -> pd.DataFrame:
    """The contract's other columns: ids by split and place where there are none."""
    place = frame.groupby("split").cumcount().astype(str)
    ids = frame.problem_id.map(as_written).astype("string") if "problem_id" in frame else frame.split + "-" + place
    answer = frame.answer
    return frame.assign(
        problem_id=ids,
        question=frame.question.astype(str),
        answer=answer.fillna(""),
        answer_kind=settings.answer_kind,
        group=frame["group"].fillna(ids) if settings.group is not None else ids,
        excluded_reason=pd.Series(pd.NA, index=frame.index, dtype="string").mask(
            answer.isna() | answer.eq(""), NO_ANSWER
        ),
    )


def _divided(frame: pd.DataFrame, settings: HubProblems) -> pd.Series:
    """Train and test of problems that were published without a split."""
    if settings.sizes is not None:
        return _dealt(frame, settings.sizes.by_split())
    if settings.date_split is not None:
        test = frame[_DATE] >= pd.Timestamp(settings.date_split.test_from, tz="UTC")
    else:
        assert settings.test_share is not None
        groups = pd.Series(frame.group.unique())
        chosen = groups[hashes(groups, "test").argsort()].iloc[: round(len(groups) * settings.test_share)]
        test = frame.group.isin(chosen)
    split = pd.Series(np.where(test, "test", "train"), index=frame.index)
    if (lacking := {"train", "test"} - set(split)) and settings.date_split is not None:
        first, last = (f"{date:%Y-%m-%d}" for date in (frame[_DATE].min(), frame[_DATE].max()))
        raise UserError(f"no problem is in {lacking.pop()!r}; dates are from {first} to {last}: correct 'date_split'")
    return split


def _dealt(frame: pd.DataFrame, sizes: dict[str, int]) -> pd.Series:
    """Splits of given sizes, by the questions' hashes."""
    if sum(sizes.values()) != len(frame):
        together = " + ".join(map(str, sizes.values()))
        raise UserError(f"there are {len(frame)} problems, and the key 'sizes' says {together}: correct it")
    order = hashes(frame.question, "split").argsort(kind="stable")
    return pd.Series(np.repeat(list(sizes), list(sizes.values())), index=frame.index[order]).reindex(frame.index)


def _without_test(frame: pd.DataFrame) -> pd.DataFrame:
    test = frame.problem_id[frame.split == "test"]
    return frame[(frame.split == "test") | ~frame.problem_id.isin(test)].reset_index(drop=True)


def _with_validation(frame: pd.DataFrame, settings: HubProblems) -> pd.Series:
    """A fifth of train becomes validation: whole groups where train and test share none, else whole questions."""
    train = frame.split == "train"
    grouped = not frame.group.eq(frame.problem_id).all()
    apart = grouped and not set(frame.group[train]) & set(frame.group[~train])
    keys = frame.group if apart else frame.question.map(normalised)
    remedy = "name files of validation under 'splits'" if settings.splits else "divide the files by 'sizes'"
    return with_validation(frame.split, keys, remedy)
