"""Checks of a completed configuration: what one entry says of another, and what cannot run together."""

import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from foretell.common.arguments import Settings
from foretell.common.yaml_files import read_yaml
from foretell.completions.engines.keys import no_key
from foretell.evaluation.catalogue import METRICS
from foretell.probes.families import FAMILIES
from foretell.probes.targets import TARGETS
from foretell.routing.routers import ROUTERS
from foretell.study.checks_of_hub import hub_mistakes
from foretell.study.checks_of_policies import model_mistakes, policy_mistakes
from foretell.study.checks_of_pools import investment_mistakes, pool_mistakes
from foretell.study.checks_of_problem_sets import file_mistakes, problem_set_mistakes
from foretell.study.config import StudyConfig
from foretell.study.models import PathModel, ServerModel
from foretell.study.own_tables import Table
from foretell.study.policies import GRADED, PREDICTED
from foretell.study.problem_sets import Cities
from foretell.study.study import Study


def mistakes(config: StudyConfig, figures: Sequence[str], root: Path) -> Iterator[str]:
    """Ids that are used but not defined, combinations that cannot run, and files that are not there.

    Args:
        config: the completed configuration.
        figures: labels of the manifest.
        root: the project's folder, where its own tables lie.
    """
    yield from _names_of_kinds(config)
    yield from problem_set_mistakes(config)
    yield from hub_mistakes(config)
    yield from model_mistakes(config, root)
    yield from policy_mistakes(config)
    yield from pool_mistakes(config)
    yield from investment_mistakes(config)
    if not config.pools and not any(entry.evaluated for entry in config.problem_sets.values()):
        yield "no policy is evaluated: name policies in a pool under 'pools', or in a problem set's 'policies'"
    yield from file_mistakes(config)
    yield from _unknown_claims(config, root)
    for label in config.figures:
        if label not in figures:
            yield f"key 'figures': {label!r} is not in config/figures.yaml; there are {', '.join(figures)}"
    yield from _missing_files(config, root)


def missing_keys(study: Study) -> Iterator[str]:
    """Keys that are not there of servers that will be asked: no mistake, since a study can be planned without them."""
    asked = {study.policy(name).model_dump()["model"] for name in study.policies_by("completions", "ask_server")}
    for name, model in study.config.models.items():
        if name in asked and isinstance(model, ServerModel) and model.key is not None and (wrong := no_key(model.key)):
            yield f"key 'models.{name}.key': {wrong}"


def missing_rollouts(study: Study, root: Path) -> Iterator[str]:
    """Files that are not there of a study's recorded rollouts."""
    if study.config.recorded_rollouts is None:
        return
    for problem_set, policy in study.sampled():
        for suffix in ("parquet", "json"):
            file = f"{study.config.recorded_rollouts}/{problem_set}/{policy}.{suffix}"
            if not (root / file).is_file():
                yield f"key 'recorded_rollouts': there is no {file}; correct it, or leave it empty to sample anew"


def _unknown_claims(config: StudyConfig, root: Path) -> Iterator[str]:
    if isinstance(config.claims, bool):
        return
    known = read_yaml(root / "config" / "claims.yaml")
    for claim in config.claims:
        if claim not in known:
            yield f"key 'claims': {claim!r} is not in config/claims.yaml; there are {', '.join(known)}"


def _names_of_kinds(config: StudyConfig) -> Iterator[str]:
    """Ids that a job could take for the name of a target, family, metric or router that it uses."""
    kinds: dict[str, Collection[str]] = {
        "target": TARGETS,
        "family of probes": FAMILIES,
        "metric": METRICS,
        "router": ROUTERS,
    }
    for section in ("problem_sets", "policies", "pools"):
        for name in getattr(config, section):
            for kind, known in kinds.items():
                if name in known:
                    yield f"key '{section}.{name}': this id is the name of a {kind}; choose another one"


def _missing_files(config: StudyConfig, root: Path) -> Iterator[str]:
    for name, model in config.models.items():
        if isinstance(model, PathModel) and not Path(model.path).exists():
            yield f"key 'models.{name}.path': there is no {model.path}; correct it"
        template = getattr(model, "chat_template", None)
        if template is not None and not Path(template).is_file():
            yield f"key 'models.{name}.chat_template': there is no file {template}; correct it"
    for name, entry in config.problem_sets.items():
        if isinstance(entry, Cities) and not (root / entry.countries).is_file():
            yield f"key 'problem_sets.{name}.countries': there is no file {entry.countries}; correct it"
    places: list[tuple[str, Settings]] = [
        (f"problem_sets.{n}.{key}", e) for n, e in config.problem_sets.items() for key in ("problems", "responses")
    ]
    places += [(f"policies.{n}.{key}", e) for n, e in config.policies.items() for key in (*GRADED, *PREDICTED)]
    for place, owner in places:
        named = getattr(owner, place.split(".")[-1], None)
        if named is None:
            continue
        nested = isinstance(named, Table)
        paths = [Path(config.records) / name for name in (named.files if isinstance(named, Table) else [named])]
        for file in paths:
            yield from _missing_file(file, f"{place}.file" if nested else place, getattr(owner, "published", None))


def _missing_file(file: Path, key: str, published: str | None) -> Iterator[str]:
    if re.search(r"\{[^{}]+\}", str(file)):
        yield f"key '{key}': {file} has braces in its name, which Snakemake takes for a wildcard; rename it"
    elif not file.is_file():
        origin = f". {published}" if published else ""
        yield f"key '{key}': there is no file {file}; correct it, or the folder in 'records'{origin}"
    elif file.suffix == ".safetensors" and not file.with_suffix(".json").is_file():
        yield f"key '{key}': there is no {file.with_suffix('.json')}; put it beside, with the key problem_ids"
