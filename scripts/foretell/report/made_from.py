"""What the files of a page were made from, by the records that lie beside them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foretell.common.record import ENVIRONMENTS, FOLDER, Record, record_of


@dataclass(frozen=True)
class MadeFrom:
    """What records say of some files and of all that they were made from.

    Attributes:
        records: of each file of the study that has one, by its path from the results.
        unrecorded: files of the study without one.
        sources: SHA-256 of what was given, by path: the user's files, the project's tables.
        environments: versions of Python, the system and all packages that jobs ran with, by id.
    """

    records: dict[str, Record]
    unrecorded: list[str]
    sources: dict[str, str]
    environments: dict[str, dict[str, Any]]

    @property
    def jobs(self) -> dict[str, int]:
        """How many jobs each program was run in."""
        jobs = {(each.job.script, *sorted(each.job.wildcards.items())) for each in self.records.values()}
        scripts = sorted(str(script) for script, *_ in jobs)
        return {script: scripts.count(script) for script in dict.fromkeys(scripts)}


def made_from(results: Path, files: Sequence[Path]) -> MadeFrom:
    """Walk from files back to what they were made from.

    Args:
        results: folder of the study's results, in which the files lie.
        files: what is shown.

    Raises:
        UserError: a record is damaged.
    """
    todo = [str(path.relative_to(results)) for path in files]
    seen, records, unrecorded, sources = set(todo), {}, [], {}
    while todo:
        name = todo.pop()
        record = record_of(results, results / name)
        if record is None:
            unrecorded.append(name)
            continue
        records[name] = record
        for each, digest in record.inputs.items():
            if Path(each).is_absolute() or not (results / each).is_file():
                sources[each] = digest
            elif each not in seen:
                seen.add(each)
                todo.append(each)
    used = sorted({each.environment for each in records.values()})
    environments = {name: _environment(results, name) for name in used}
    return MadeFrom(dict(sorted(records.items())), sorted(unrecorded), dict(sorted(sources.items())), environments)


def _environment(results: Path, name: str) -> dict[str, Any]:
    file = results / FOLDER / ENVIRONMENTS / f"{name}.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
