"""Whether what stands in a study's results is what its configuration and this code say, from the records beside it."""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Literal

from foretell.common.code_hash import code_hash
from foretell.common.errors import UserError
from foretell.common.provenance import file_hash, fingerprint
from foretell.common.record import ENVIRONMENTS, FOLDER, Record, name_of_environment, record_of
from foretell.common.yaml_files import read_yaml
from foretell.study import files, jobs
from foretell.study.config import complete
from foretell.study.exports import router_files
from foretell.study.figures import Figure, final_files
from foretell.study.left_out import FILE as LEFT_OUT
from foretell.study.left_out import kept_reasons
from foretell.study.program import LARGE
from foretell.study.study import Study

Kind = Literal["missing", "altered", "stale", "foreign", "damaged"]
CONFIG = "config.yaml"
NOBODYS = "nothing of the study makes it"


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be.

    Attributes:
        kind: `missing`: it should be there; `altered`: it is not what its job wrote; `stale`: it was made from other
            inputs, settings or code than there are now; `foreign`: nothing of the study makes it, or no record says
            what did; `damaged`: its record cannot be read.
        path: from the study's results.
        why: one clause.
    """

    kind: Kind
    path: str
    why: str


@dataclass(frozen=True)
class Verified:
    """What was found.

    Attributes:
        files: how many of the study were looked at.
        findings: what is wrong with them, in the order of their names.
        not_compared: files outside the results that jobs read, and that are not there to be compared.
    """

    files: int
    findings: list[Finding]
    not_compared: list[str]


@dataclass(frozen=True)
class Results:
    """A study's results, with the code and the manifest that they are held against.

    Attributes:
        folder: of the results.
        scripts: folder of the scripts.
        manifest: figures and tables by label.
        asked: the study that they are held against; without one, what was run.
    """

    folder: Path
    scripts: Path
    manifest: Mapping[str, Figure]
    asked: Study | None = None

    @cached_property
    def study(self) -> Study:
        """What they are held against.

        Raises:
            UserError: the results have no complete configuration.
        """
        if self.asked is not None:
            return self.asked
        path = self.folder / CONFIG
        if not path.is_file():
            raise UserError(f"{path}: not there; it is written with the report when a study is complete: run the study")
        return Study(complete(read_yaml(path), str(path)), kept_reasons(self.folder))

    def verify(self) -> Verified:
        """Walk from what the study asks for to all that it was made from.

        Raises:
            UserError: the results have no complete configuration.
        """
        todo = [*final_files(self.study, self.manifest), *router_files(self.study), *self._asked_for()]
        todo += ["report.html", CONFIG]
        seen, findings, done = set(todo), [], set()
        elsewhere, environments = set[str](), set[str]()
        while todo:
            name = todo.pop()
            record = self._record(name)
            if isinstance(record, Finding):
                findings.append(record)
                continue
            findings += self._compare(name, record)
            done.add(_job(record))
            inside = [each for each in record.inputs if self._own(each)]
            elsewhere |= record.inputs.keys() - set(inside)
            environments.add(record.environment)
            todo += [each for each in inside if each not in seen]
            seen |= set(inside)
        findings += self._environments(environments)
        findings += self._others(seen, done, whole=not findings)
        gone = sorted(each.removeprefix("./") for each in elsewhere if self._elsewhere(each) is None)
        return Verified(len(seen), sorted(findings, key=lambda finding: (finding.path, finding.kind)), gone)

    def made_otherwise(self, names: Iterable[str]) -> Iterator[str]:
        """Of these files those whose job is told something else now, or reads other files of the user.

        Files of the user above LARGE bytes are not read, as planning does not wait for them.
        """
        for name in names:
            record = self._record(name)
            if isinstance(record, Record) and any(self._differences(record, LARGE)):
                yield name

    def _asked_for(self) -> list[str]:
        """What may be asked for by its name alone, as far as it is there: recorded rollouts, pages of investments."""
        names = [f"recorded/{problem_set}/{policy}" for problem_set, policy in self.study.sampled()]
        files = [f"{name}.{suffix}" for name in names for suffix in ("parquet", "json")]
        pools = self.study.config.return_on_investment
        files += [f"routing/{pool}/{file}" for pool in pools for file in ("return.parquet", "explorer.html")]
        return [file for file in files if (self.folder / file).is_file()]

    def _record(self, name: str) -> Record | Finding:
        file = self.folder / name
        try:
            record = record_of(self.folder, file)
        except UserError as error:
            return Finding("damaged", name, str(error))
        if record is None:
            there = file.is_file()
            why = "no record says what it was made from" if there else "the configuration asks for it"
            return Finding("foreign" if there else "missing", name, why)
        return record

    def _compare(self, name: str, record: Record) -> Iterator[Finding]:
        file = self.folder / name
        if not file.is_file():
            yield Finding("missing", name, f"{record.job.script} made it")
        elif file_hash(file) != record.made.sha256:
            yield Finding("altered", name, f"its content is not what {record.job.script} wrote")
        for each, made_from in record.inputs.items():
            if self._own(each) and (self.folder / each).is_file() and file_hash(self.folder / each) != made_from:
                yield Finding("stale", name, f"{each} has changed since")
        yield from (Finding("stale", name, why) for why in self._differences(record))

    def _differences(self, record: Record, largest: float = math.inf) -> Iterator[str]:
        """What a job is told now, or reads of files elsewhere, that it was not when it made a file."""
        for each, made_from in record.inputs.items():
            source = None if self._own(each) else self._elsewhere(each)
            if source is not None and source.stat().st_size <= largest and file_hash(source) != made_from:
                yield f"{each.removeprefix('./')} has changed since"
        if self._settings(record) != record.settings:
            yield "the configuration has other settings for it now"
        for option, named in record.job.ids.items():
            if self._ids(named.function, record) != named.ids:
                yield f"the configuration has others for its {option} now"
        if self._code(record) != record.job.code:
            yield f"the code of {record.job.script} has changed since"

    def _elsewhere(self, name: str) -> Path | None:
        """A file that a job read outside the results, from here or from the folder of theirs; None if it is gone."""
        places = [self.folder.resolve().parents[1] / name, Path(name)]
        return next((place for place in places if place.is_file()), None)

    def _own(self, name: str) -> bool:
        """Whether an input lies in the study's results, not where a user or this project keeps it."""
        path = Path(name)
        if not path.parts or path.is_absolute() or name.startswith("."):
            return False
        # Records of earlier versions have no `./` before a user's file.
        return (self.folder / path).is_file() or self._elsewhere(name) is None

    def _settings(self, record: Record) -> object:
        """Settings that the configuration gives now; the recorded ones where they follow from other files."""
        function = getattr(jobs, record.job.settings_of, None) if record.job.settings_of else None
        if function is None:
            return record.settings
        try:
            return json.loads(json.dumps(function(self.study, SimpleNamespace(**record.job.wildcards))))
        except (LookupError, AttributeError, ValueError, AssertionError):
            return None  # what it was made for is not in the configuration any more

    def _ids(self, function: str, record: Record) -> str | None:
        try:
            return fingerprint(ids=list(getattr(files, function)(self.study, SimpleNamespace(**record.job.wildcards))))
        except (LookupError, AttributeError, ValueError, AssertionError):
            return None

    def _code(self, record: Record) -> str | None:
        script = self.scripts / f"{record.job.script}.py"
        if not script.is_file():
            return None
        try:
            return code_hash(script, uses=frozenset(record.job.uses), modules=tuple(record.job.modules))
        except UserError:
            return None  # it was run with a module that is not there any more

    def _environments(self, names: set[str]) -> Iterator[Finding]:
        """Of the files with the versions of all packages those that are gone or altered; their names are their sums."""
        for name in sorted(names):
            path = Path(FOLDER) / ENVIRONMENTS / f"{name}.json"
            if not (self.folder / path).is_file():
                yield Finding("missing", str(path), "it has the versions of the packages that jobs ran with")
            elif name_of_environment((self.folder / path).read_text(encoding="utf-8", errors="replace")) != name:
                yield Finding("altered", str(path), "its content is not what its name says")

    def _others(self, seen: set[str], done: set[object], whole: bool) -> Iterator[Finding]:
        """What else lies there: further files of the jobs that were done belong to the study, nothing else does.

        Unless all that leads there is whole, a file with a record may be the study's though nothing is known to need
        it.
        """
        files = {str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file()}
        records = self.folder / FOLDER
        recorded = {str(path.relative_to(records))[: -len(".json")] for path in records.rglob("*.json")}
        names = {name for name in files | recorded if not name.startswith((f"{FOLDER}/", f"{ENVIRONMENTS}/"))}
        for name in names - seen - {LEFT_OUT}:
            record = self._record(name)
            if isinstance(record, Record) and _job(record) in done:
                seen.add(name)
                yield from self._compare(name, record)
            elif name in files:
                unsure = isinstance(record, Record) and not whole
                why = "nothing is known to need it; see to the other findings first" if unsure else NOBODYS
                yield Finding("foreign", name, why)


def _job(record: Record) -> object:
    return record.job.script, tuple(sorted(record.job.wildcards.items()))
