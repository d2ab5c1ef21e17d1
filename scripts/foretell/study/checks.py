"""Checks of a completed configuration: what one entry says of another, and what cannot run together."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

from foretell.common.arguments import Settings
from foretell.evaluation.catalogue import METRICS
from foretell.probes.families import FAMILIES
from foretell.probes.targets import TARGETS
from foretell.routing.routers import ROUTERS
from foretell.study.config import StudyConfig
from foretell.study.models import PathModel, Tiny
from foretell.study.policies import GRADED, ImportedPolicy, ModelPolicy, Policy, RecordedPolicy
from foretell.study.pools import PoolOfFolds, SinglePool
from foretell.study.problem_sets import ByGroup, Cities, File, GeneratedSet, Records, Table

PREDICTED = ("activations", "predictions")  # what is imported of a policy beside what it answered


def mistakes(config: StudyConfig, figures: Sequence[str], root: Path) -> Iterator[str]:
    """Ids that are used but not defined, combinations that cannot run, and files that are not there.

    Args:
        config: the completed configuration.
        figures: labels of the manifest.
        root: the project's folder, where its own tables lie.
    """
    yield from _names_of_kinds(config)
    yield from _problem_sets(config)
    yield from _models(config)
    yield from _policies(config)
    yield from _pools(config)
    if not config.pools and not any(isinstance(e, File) and e.policies for e in config.problem_sets.values()):
        yield "no policy is evaluated: name policies in a pool under 'pools', or in a problem set's 'policies'"
    for name, entry in config.problem_sets.items():
        if isinstance(entry, File):
            yield from _policies_of_file(name, entry, config)
    for label in config.figures:
        if label not in figures:
            yield f"key 'figures': {label!r} is not in config/figures.yaml; there are {', '.join(figures)}"
    yield from _missing_files(config, root)


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


def _problem_sets(config: StudyConfig) -> Iterator[str]:
    for name, entry in config.problem_sets.items():
        key = f"problem_sets.{name}"
        if isinstance(entry, Records):
            yield from _records(key, entry, config)
        if isinstance(entry, GeneratedSet):
            yield from _ranges(key, entry)
        if isinstance(entry, ByGroup):
            yield from _by_group(name, entry.of, config)
        if isinstance(entry, GeneratedSet | Cities) and entry.sizes.train < config.probes.folds:
            folds = config.probes.folds
            yield f"key '{key}.sizes.train': the {folds} folds of 'probes.folds' need as many train problems"


def _records(key: str, entry: Records, config: StudyConfig) -> Iterator[str]:
    if (entry.halves is None) == (entry.folds is None):
        yield f"key '{key}': give either 'halves' or 'folds' (see config/README.md)"
    if entry.halves and entry.halves.validation == entry.halves.test:
        yield f"key '{key}.halves': the same half cannot both choose and report; use 0 and 1"
    if entry.folds:
        yield from _folds(f"{key}.folds", entry.folds, config.problem_sets, ("halves",))
        yield from _halves_of_folds(key, entry, config)


def _halves_of_folds(key: str, entry: Records, config: StudyConfig) -> Iterator[str]:
    """Folds that report the same half, or are not of the data set that they make up."""
    known = [config.problem_sets[fold] for fold in entry.folds or [] if fold in config.problem_sets]
    records = [each for each in known if isinstance(each, Records)]
    reported = [each.halves.test for each in records if each.halves]
    if len(set(reported)) < len(reported):
        yield f"key '{key}.folds': {', '.join(entry.folds or [])} report the same half; correct their 'halves'"
    if len({tuple(each.metadata or []) for each in records}) > 1:
        yield f"key '{key}.folds': {', '.join(entry.folds or [])} differ in 'metadata'; give them the same"
    if len({(each.problems, each.dataset) for each in [entry, *records]}) > 1 or len(records) < len(known):
        yield (
            f"key '{key}.folds': {', '.join(entry.folds or [])} are of another file or data set than "
            f"{key.removeprefix('problem_sets.')!r}"
        )


def _ranges(key: str, entry: GeneratedSet) -> Iterator[str]:
    for name in ("trained_operations", "evaluated_operations"):
        fewest, most = getattr(entry, name)
        if fewest > most:
            yield f"key '{key}.{name}': the fewest come first, as in [2, 4]"
    fewest, most = entry.evaluated_operations
    if entry.evaluated_shares is not None and fewest <= most and len(entry.evaluated_shares) != most - fewest + 1:
        yield (
            f"key '{key}.evaluated_shares': there are {len(entry.evaluated_shares)}; expressions of {fewest} to {most} "
            f"operations need {most - fewest + 1}"
        )


def _by_group(name: str, of: str, config: StudyConfig) -> Iterator[str]:
    """A second split of problems that are not there, or of which nothing is computed here."""
    sets, key = config.problem_sets, f"problem_sets.{name}.of"
    if of not in sets:
        yield _unknown(key, of, sets)
    else:
        origin = sets[of]
        cross_fitted = isinstance(origin, File) and origin.cross_fit is not None
        if isinstance(origin, Records | ByGroup) or cross_fitted or _is_imported(of, config):
            yield f"key {key!r}: {of!r} cannot be split anew; name a set with splits on which models are run here"
    if any(pool.problem_set == name for pool in config.pools.values()):
        yield f"key 'pools': {name!r} is a second split, which is reported beside {of!r}; route over {of!r}"


def _is_imported(problem_set: str, config: StudyConfig) -> bool:
    return any(not isinstance(config.policies[p], ModelPolicy) for p in _routed(problem_set, config))


def _routed(problem_set: str, config: StudyConfig) -> set[str]:
    """Defined policies of the pools on a problem set."""
    pools = [pool for pool in config.pools.values() if isinstance(pool, SinglePool) and pool.problem_set == problem_set]
    return {policy for pool in pools for policy in pool.policies if policy in config.policies}


def _models(config: StudyConfig) -> Iterator[str]:
    sets = config.problem_sets
    for name, model in config.models.items():
        if not isinstance(model, Tiny):
            continue
        key, trained_on = f"models.{name}.problem_set", model.problem_set
        if trained_on not in sets:
            yield _unknown(key, trained_on, sets)
        elif not isinstance(sets[trained_on], GeneratedSet):
            source = sets[trained_on].source
            yield f"key {key!r}: {trained_on!r} has source {source!r}; a tiny model is trained on generated problems"


def _policies(config: StudyConfig) -> Iterator[str]:
    for name, policy in config.policies.items():
        if isinstance(policy, ModelPolicy):
            yield from _model_policy(name, policy, config)
        if isinstance(policy, ImportedPolicy):
            yield from _imported_policy(name, policy)


def _model_policy(name: str, policy: ModelPolicy, config: StudyConfig) -> Iterator[str]:
    model = config.models.get(policy.model)
    if model is None:
        yield _unknown(f"policies.{name}.model", policy.model, config.models)
    elif isinstance(model, Tiny):
        learnt = config.problem_sets.get(model.problem_set)
        if isinstance(learnt, GeneratedSet) and policy.effort not in learnt.task.efforts:
            known = " and ".join(map(repr, learnt.task.efforts))
            yield f"key 'policies.{name}.effort': a tiny model that is trained on {learnt.source} knows {known}"
    if policy.prompt is not None and policy.prompt not in config.prompts:
        yield _unknown(f"policies.{name}.prompt", policy.prompt, config.prompts)


def _imported_policy(name: str, policy: ImportedPolicy) -> Iterator[str]:
    given = [key for key in GRADED if getattr(policy, key) is not None]
    if len(given) != 1:
        yield f"key 'policies.{name}': give one of {', '.join(GRADED)}; there are {', '.join(given) or 'none'}"
    if (policy.price is None) == (policy.assumed_cost is None):
        yield f"key 'policies.{name}': give either 'price' or 'assumed_cost'"
    if policy.characters_per_token is not None and policy.outcomes is not None:
        yield f"key 'policies.{name}.characters_per_token': outcomes have no texts to estimate tokens from"


def _pools(config: StudyConfig) -> Iterator[str]:
    for name, pool in config.pools.items():
        if pool.problem_set not in config.problem_sets:
            yield _unknown(f"pools.{name}.problem_set", pool.problem_set, config.problem_sets)
        elif isinstance(pool, PoolOfFolds):
            yield from _pool_of_folds(name, pool, config)
        else:
            yield from _single_pool(name, pool, config)


def _pool_of_folds(name: str, pool: PoolOfFolds, config: StudyConfig) -> Iterator[str]:
    yield from _folds(f"pools.{name}.folds", pool.folds, config.pools, ("problem_set",))
    problem_set = config.problem_sets[pool.problem_set]
    expected = problem_set.folds if isinstance(problem_set, Records) else None
    if [config.pools[fold].problem_set for fold in pool.folds if fold in config.pools] != expected:
        yield (
            f"key 'pools.{name}.folds': their problem sets must be the folds of {pool.problem_set!r}, in the same order"
        )


def _single_pool(name: str, pool: SinglePool, config: StudyConfig) -> Iterator[str]:
    problem_set = config.problem_sets[pool.problem_set]
    if isinstance(problem_set, Records) and problem_set.folds:
        yield f"key 'pools.{name}.problem_set': {pool.problem_set!r} has folds; give the pool 'folds' too"
    kinds: tuple[type[Policy], ...]
    if isinstance(problem_set, Records):
        kinds, form = (RecordedPolicy,), "a recorded policy (outcomes, run, ...)"
    elif isinstance(problem_set, File):
        kinds = (ImportedPolicy, ModelPolicy)
        form = "an imported policy (completions, rollouts or outcomes), or one with a model"
    else:
        kinds, form = (ModelPolicy,), "a policy with a model"
    for policy in pool.policies:
        if policy not in config.policies:
            yield _unknown(f"pools.{name}.policies", policy, config.policies)
        elif not isinstance(config.policies[policy], kinds):
            yield f"key 'pools.{name}.policies': problem set {pool.problem_set!r} needs {form}; {policy!r} is none"


def _folds(key: str, folds: list[str], known: dict[str, Any], own: tuple[str, ...]) -> Iterator[str]:
    """Folds that are not defined, have folds themselves, or differ in more than which half they use."""
    entries: list[Settings] = []
    for fold in folds:
        if fold not in known:
            yield _unknown(key, fold, known)
        elif getattr(known[fold], "folds", None):
            yield f"key {key!r}: {fold!r} has folds itself; name those"
        else:
            entries.append(known[fold])
    if any(each.model_dump(exclude=set(own)) != entries[0].model_dump(exclude=set(own)) for each in entries):
        yield f"key {key!r}: {', '.join(folds)} differ; give them the same settings"


def _policies_of_file(name: str, problem_set: File, config: StudyConfig) -> Iterator[str]:
    used = _routed(name, config)
    run = {policy for policy in used if isinstance(config.policies[policy], ModelPolicy)}
    yield from _run_policies(name, problem_set, run, config)
    used -= run
    if run and used:
        yield (
            f"key 'pools': {name!r} has {sorted(run)[0]!r}, which has a model, beside {sorted(used)[0]!r}, which is "
            "imported; give it one kind of policy"
        )
    for key in PREDICTED:
        with_key = sorted(policy for policy in used if getattr(config.policies[policy], key, None) is not None)
        if with_key and problem_set.cross_fit:
            yield (
                f"key 'policies.{with_key[0]}.{key}': {name!r} is cross-fitted, which predicts from questions alone; "
                "leave it out, or give the problems a column 'split'"
            )
        elif 0 < len(with_key) < len(used):
            without = sorted(used - set(with_key))[0]
            yield f"key 'policies.{without}.{key}' is missing: others on {name!r} have it; give all or none"
    others = [p for p in config.pools.values() if isinstance(p, SinglePool) and p.problem_set != name]
    for policy in sorted(used & {policy for pool in others for policy in pool.policies}):
        yield f"key 'pools': {policy!r} is imported for {name!r} alone; it cannot also be on another problem set"


def _run_policies(name: str, problem_set: File, routed: set[str], config: StudyConfig) -> Iterator[str]:
    """Policies with a model on a problem set from a file: those that are evaluated alone, and those of its pools."""
    key = f"problem_sets.{name}.policies"
    for policy in problem_set.policies or []:
        if policy not in config.policies:
            yield _unknown(key, policy, config.policies)
        elif not isinstance(config.policies[policy], ModelPolicy):
            yield f"key '{key}': {policy!r} has no model; policies that are imported are named in a pool"
    if problem_set.cross_fit and routed:
        yield (
            f"key 'pools': {', '.join(map(repr, sorted(routed)))} have a model and {name!r} is cross-fitted, where "
            f"success is read but not routed by; name them in '{key}' instead"
        )


def _missing_files(config: StudyConfig, root: Path) -> Iterator[str]:
    for name, model in config.models.items():
        if isinstance(model, PathModel) and not Path(model.path).exists():
            yield f"key 'models.{name}.path': there is no {model.path}; correct it"
    for name, entry in config.problem_sets.items():
        if isinstance(entry, Cities) and not (root / entry.countries).is_file():
            yield f"key 'problem_sets.{name}.countries': there is no file {entry.countries}; correct it"
    places: list[tuple[str, Settings]] = [(f"problem_sets.{n}.problems", e) for n, e in config.problem_sets.items()]
    places += [(f"policies.{n}.{key}", e) for n, e in config.policies.items() for key in (*GRADED, *PREDICTED)]
    for place, owner in places:
        named = getattr(owner, place.split(".")[-1], None)
        if named is None:
            continue
        nested = isinstance(named, Table)
        file = Path(config.records) / (named.file if nested else named)
        if not file.is_file():
            published = getattr(owner, "published", None)
            origin = f". {published}" if published else ""
            place += ".file" if nested else ""
            yield f"key '{place}': there is no file {file}; correct it, or the folder in 'records'{origin}"
        elif file.suffix == ".safetensors" and not file.with_suffix(".json").is_file():
            yield f"key '{place}': there is no {file.with_suffix('.json')}; put it beside, with the key problem_ids"


def _unknown(key: str, value: str, known: dict[str, Any]) -> str:
    return f"key {key!r}: {value!r} is not defined; defined are {', '.join(sorted(known)) or 'none'}"
