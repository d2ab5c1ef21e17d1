"""How a rule runs its script: the command line follows from the rule's files and from what the study asks for."""

import json
import shlex
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from foretell.common.code_hash import code_hash
from foretell.common.errors import UserError
from foretell.common.provenance import file_hash, fingerprint
from foretell.evaluation.catalogue import metrics_of
from foretell.probes.targets import TARGETS
from foretell.study import files, jobs
from foretell.study.files import Files, Job
from foretell.study.study import Study

RUN = (
    "{params.interpreter:q} {params.recorder:q} {params.record} -- {params.script:q} {params.arguments} > {log:q} 2>&1"
    # A job that is killed says nothing itself.
    " || {{ status=$?; [ $status -ne 137 ] || echo 'error: killed, as the system does where memory runs out: start "
    "fewer jobs side by side, or give this one more memory' >> {log:q}; exit $status; }}"
)

LARGE = 64 << 20  # bytes; reading more would make planning wait

# The registry whose entries a key of settings names.
_REGISTRIES = {
    "target": "TARGETS",
    "targets": "TARGETS",
    "family": "FAMILIES",
    "families": "FAMILIES",
    "router": "ROUTERS",
    "routers": "ROUTERS",
    "answer_kind": "KINDS",
    "source": "TASKS",
    "engine": "ENGINES",
}

FilesOf = Callable[[Study, Any], Files]
SettingsOf = Callable[[Study, Any], dict[str, Any]]


class _Folder:
    """Marks an input that is given as the folder that its files lie in."""


FOLDER = _Folder()


def interpreter(deployed: Collection[object]) -> Path:
    """The Python that runs scripts.

    Args:
        deployed: methods by which Snakemake provides a rule's software (`--sdm`).

    Returns:
        The `python` of the rule's environment or container where there is such a method; else the one that runs
        Snakemake, which has the library's packages whether or not its environment is activated. A Path is not tracked
        as a parameter.
    """
    return Path("python" if deployed else sys.executable)


def settings_of(script: str) -> SettingsOf:
    """The function of `foretell.study.jobs` that is named like a script.

    Raises:
        UserError: there is none, so that a job cannot lose its settings by a misspelt name.
    """
    found = getattr(jobs, script, None)
    if found is None:
        raise UserError(
            f"foretell/study/jobs has no function {script!r}: correct the name, name another function as "
            "'settings', or give 'settings=None' for a script that takes no settings"
        )
    return found


def _called(function: object) -> str:
    return getattr(function, "__name__", "")


def _name(settings: SettingsOf | None) -> str | None:
    """Under which `verify_results.py` finds the function again; None where it is none of `foretell.study.jobs`."""
    name = _called(settings)
    return name if settings is not None and getattr(jobs, name, None) is settings else None


def program_parameters(
    script: Path,
    study: Study,
    settings: SettingsOf | None,
    ids: dict[str, FilesOf | _Folder] | None = None,
    output: Callable[[Sequence[str]], Path] | None = None,
    modules: Sequence[str] = (),
    kinds: Collection[str] = (),
    data: Callable[[Any], dict[str, Path | list[Path]]] | None = None,
    given: Callable[[Any], list[str]] | None = None,
    shard: bool = False,
    workers: bool = False,
    connection: SettingsOf | None = None,
    memory: Path | None = None,
) -> dict[str, Any]:
    """Parameters of a rule that runs a script.

    Named inputs and outputs become options of the same name; unnamed outputs `--output`. A job is run anew when its
    settings or the code that it reaches change; the command line itself, which has paths, is derived and not compared.

    Args:
        script: the program. A Path is not tracked as a parameter, so that moving the folder reruns nothing.
        study: the study.
        settings: from study and wildcards to the value of `--settings`; None for a script that has none.
        ids: per input, a function of `foretell.study.files` whose ids the option names, as ID=FILE; or FOLDER.
        output: from the output files to the folder or stem that is given in place of the unnamed ones.
        modules: of the library that the script loads by name.
        kinds: entries of registries, as `TARGETS.success_rate`, that the script uses whatever its settings and ids say.
        data: from wildcards to files of the project that the script reads, by option. They are no inputs: their place
            may change, their content may not.
        given: from wildcards to those of its inputs that are the user's own. Snakemake takes one for unchanged that is
            not newer than what was made of it, as where a file is moved or unpacked in another's place; their content
            is compared instead.
        shard: whether the job makes the shard that its wildcard names.
        connection: from study and wildcards to the value of `--connection`, which changes no result.
        workers: whether the script shares its work among processes, as many as the rule has threads.
        memory: a folder in which hashes of code are kept for other processes.
    """
    by_input = ids or {}

    named_by_files = {name: each for name, each in by_input.items() if getattr(files, _called(each), None) is each}

    def values(wildcards: Job) -> dict[str, Any] | None:
        return None if settings is None else settings(study, wildcards)

    def arguments(wildcards: Any, input: Any, output_: Any, threads: int) -> str:
        words = [word for name, named in input.items() for word in _input(name, _listed(named), by_input, wildcards)]
        if data is not None:
            words += [word for name, named in data(wildcards).items() for word in (_option(name), *_listed(named))]
        given = values(wildcards)
        if given is not None:
            words += ["--settings", as_json(given)]
        words += ["--connection", as_json(connection(study, wildcards))] if connection is not None else []
        words += ["--shard", wildcards.shard] if shard else []
        words += ["--workers", str(threads)] if workers else []
        named = dict(output_.items())
        if output is not None:
            words += ["--output", str(output([str(file) for file in output_]))]
        elif not named:
            words += ["--output", *map(str, output_)]
        words += [word for name, file in named.items() for word in (_option(name), str(file))]
        return shlex.join(words)

    def _input(name: str, paths: list[str], by_input: dict[str, FilesOf | _Folder], wildcards: Any) -> Iterator[str]:
        if not paths:
            return
        yield _option(name)
        whose = by_input.get(name)
        if whose is None:
            yield from paths
        elif isinstance(whose, _Folder):
            yield str(Path(paths[0]).parent)
        else:
            named = [key for key, files in whose(study, wildcards).items() for _ in files]
            yield from (f"{key}={path}" for key, path in zip(named, paths, strict=True))

    def uses(wildcards: Any) -> frozenset[str]:
        predicted = by_input.get("predictions", FOLDER)
        ids = () if isinstance(predicted, _Folder) else predicted(study, wildcards)
        return _with_metrics({*kinds, *_named(values(wildcards)), *(each for key in ids for each in _predicted(key))})

    def code(wildcards: Any) -> str:
        return code_hash(script, uses=uses(wildcards), modules=tuple(modules), memory=memory)

    def record(wildcards: Any, output_: Any) -> str:
        job = {
            "script": script.stem,
            "wildcards": dict(wildcards.items()),
            "settings_of": _name(settings),
            "code": code(wildcards),
            "uses": sorted(uses(wildcards)),
            "ids": {
                name: {"function": _called(each), "ids": fingerprint(ids=list(each(study, wildcards)))}
                for name, each in named_by_files.items()
            },
            "modules": list(modules),
        }
        return shlex.join(["--results", str(_results(study, output_)), "--job", as_json(job), "--outputs", *output_])

    parameters: dict[str, Any] = {
        "script": script,
        "recorder": script.with_name("record_job.py"),
        "record": lambda wildcards, output: record(wildcards, output),
        "code": code,
        "arguments": lambda wildcards, input, output, threads: arguments(wildcards, input, output, threads),
    }
    if settings is not None:
        parameters["settings"] = lambda wildcards: as_json(values(wildcards))
    if order := {name: whose for name, whose in by_input.items() if not isinstance(whose, _Folder)}:
        # Snakemake takes the same files in another order for the same
        parameters["order"] = lambda wildcards: as_json(
            {n: list(whose(study, wildcards)) for n, whose in order.items()}
        )
    if given is not None:
        parameters["given"] = lambda wildcards: as_json({file: content_of(Path(file)) for file in given(wildcards)})
    if data is not None:
        parameters["data"] = lambda wildcards: as_json(
            {
                n: file_hash(named) if isinstance(named, Path) else [file_hash(file) for file in named]
                for n, named in data(wildcards).items()
            }
        )
    return parameters


def content_of(file: Path) -> object:
    """By what a user's file is known to be unchanged: its SHA-256, of one above LARGE its size; None if it is gone."""
    try:
        size = file.stat().st_size
        return file_hash(file) if size <= LARGE else size
    except OSError:
        return None


def _results(study: Study, outputs: Iterable[str]) -> Path:
    """The folder of the study's results in which a job's outputs lie, with a prefix if there is one."""
    folders = Path(next(iter(outputs))).parents
    return next(each for each in folders if each.parts[-2:] == ("results", study.id))


def as_json(value: object) -> str:
    """A value as one rule parameter; mappings are sorted, lists keep their order."""
    return json.dumps(value, sort_keys=True)


def _with_metrics(kinds: set[str]) -> frozenset[str]:
    """Kinds that a job uses: those that it is told, and what its targets are chosen and measured by."""
    targets = [target for name, target in TARGETS.items() if f"TARGETS.{name}" in kinds]
    metrics = {f"METRICS.{name}" for target in targets for name in (target.chosen_by, *metrics_of(target))}
    return frozenset(kinds | metrics | {f"CRITERIA.{target.chosen_by}" for target in targets})


def _predicted(key: str) -> Iterator[str]:
    """The kinds in the id of predictions: POLICY/TARGET/FAMILY or POLICY/FAMILY; others name none."""
    _, *named = key.split("/")
    if named:
        yield f"FAMILIES.{named.pop()}"
    yield from (f"TARGETS.{name}" for name in named)


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _listed(files: str | Path | Iterable[str | Path]) -> list[str]:
    return [str(files)] if isinstance(files, str | Path) else [str(file) for file in files]


def _named(value: object, registry: str | None = None) -> Iterator[str]:
    """The kinds that a JSON value names: of all its texts only those under keys that have such names as values."""
    if isinstance(value, str):
        yield from [f"{registry}.{value}"] if registry else []
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _named(item, _REGISTRIES.get(key))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _named(item, registry)
