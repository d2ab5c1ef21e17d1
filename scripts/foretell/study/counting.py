"""How many problems a study has, as far as its configuration and files on this computer tell before anything runs."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from foretell.common.errors import UserError
from foretell.common.storage import read_parquet
from foretell.common.tables import read
from foretell.problems import imported, records
from foretell.problems.by_group import split_by_group
from foretell.problems.pilot import PILOT
from foretell.problems.records import RecordSettings
from foretell.study.own_files import named
from foretell.study.problem_sets import ByGroup, Cities, File, GeneratedSet, HubSet, Records
from foretell.study.study import Study


@dataclass(frozen=True)
class Counted:
    """Problems of a split, and groups on test; None where they are not known beforehand."""

    test: int | None = None
    validation: int | None = None
    groups: int | None = None
    pilot: int | None = None


def count(study: Study, problem_set: str) -> Counted:
    """Problems by split, and groups on test, from a set's entry or its file."""
    entry = study.problem_set(problem_set)
    if isinstance(entry, GeneratedSet | Cities):
        return Counted(entry.sizes.test, entry.sizes.validation, pilot=entry.sizes.pilot)
    if isinstance(entry, HubSet):
        if entry.test_of:
            return Counted(count(study, entry.test_of).test, entry.rows.validation)
        pilot = round((entry.rows.test or 0) * (entry.pilot_share or 0))
        return Counted(entry.rows.test and entry.rows.test - pilot, entry.rows.validation, pilot=pilot or None)
    problems = _in_files(study, problem_set)
    if problems is None:
        return Counted()
    used = problems[problems.excluded_reason.isna()]
    sizes, test = used.split.value_counts(), used[used.split == "test"]
    validation = int(sizes["validation"]) if "validation" in sizes else None
    return Counted(len(test), validation, test.group.nunique(), int(sizes.get(PILOT, 0)))


def count_problems(study: Study, problem_set: str) -> int | None:
    """Problems of all splits, likewise."""
    origin = study.origin(problem_set)
    entry = study.problem_set(origin)
    if isinstance(entry, GeneratedSet | Cities):
        return entry.sizes.total()
    if isinstance(entry, HubSet):
        test = count(study, entry.test_of).test if entry.test_of else entry.rows.test
        return entry.rows.all or sum(filter(None, (entry.rows.train, entry.rows.validation, test))) or None
    problems = _in_files(study, origin)
    return None if problems is None else len(problems)


def wrong_files(study: Study) -> Iterator[str]:
    """What is wrong with the files that problems are imported from, as their import will say of the problems alone."""
    for problem_set in study.problems_by("import_problems"):
        try:
            _imported(study, problem_set)
        except (UserError, OSError) as error:
            yield f"problem set {problem_set!r}: {error}"


def _in_files(study: Study, problem_set: str) -> pd.DataFrame | None:
    """The problems in files on this computer, as their import will have them; None where there are none, or wrong ones.

    What answers of policies lack is not known yet.
    """
    entry = study.problem_set(problem_set)
    if isinstance(entry, Records) and entry.folds:
        return _of_folds(study, entry.folds)
    if isinstance(entry, ByGroup):
        dealt = _in_files(study, entry.of)
        return None if dealt is None else split_by_group(dealt, study.config.seed)
    try:
        return _imported(study, problem_set)
    except (UserError, OSError, ValueError):
        return None


def _imported(study: Study, problem_set: str) -> pd.DataFrame | None:
    """The problems of a file; None where the problem set has none."""
    entry = study.problem_set(problem_set)
    if isinstance(entry, File):
        files = [Path(file) for file in named(study, "problem_sets", problem_set, "problems")]
        table, graded = read(files, entry.problems), study.is_graded(problem_set)
        cross_fitted, shares = entry.cross_fit is not None, (entry.test_share, entry.pilot_share)
        return imported.import_problems(table, entry.answer_kind, cross_fitted, None, graded, *shares)
    if isinstance(entry, Records) and not entry.folds:
        settings = RecordSettings.model_validate(entry.making(study.config.seed)["records"])
        return records.import_problems(
            read_parquet(Path(named(study, "problem_sets", problem_set, "problems")[0])), settings
        )
    return None


def _of_folds(study: Study, folds: list[str]) -> pd.DataFrame | None:
    """The test problems of all folds."""
    parts = [_in_files(study, fold) for fold in folds]
    known = [part[part.split == "test"] for part in parts if part is not None]
    return pd.concat(known) if len(known) == len(parts) else None
