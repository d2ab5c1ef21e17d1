"""What checks of a configuration share: ids that are not defined, folds that differ, and policies that are routed."""

from collections.abc import Iterator
from typing import Any

from foretell.common.arguments import Settings
from foretell.study.config import StudyConfig
from foretell.study.pools import SinglePool


def unknown(key: str, value: str, known: dict[str, Any]) -> str:
    """A key that names an id which is not defined."""
    return f"key {key!r}: {value!r} is not defined; defined are {', '.join(sorted(known)) or 'none'}"


def routed(problem_set: str, config: StudyConfig) -> set[str]:
    """Defined policies of the pools on a problem set."""
    pools = [pool for pool in config.pools.values() if isinstance(pool, SinglePool) and pool.problem_set == problem_set]
    return {policy for pool in pools for policy in pool.policies if policy in config.policies}


def evaluated_on(problem_set: str, config: StudyConfig) -> set[str]:
    """Defined policies that are evaluated on a problem set, routed or not."""
    alone = [policy for policy in config.problem_sets[problem_set].evaluated if policy in config.policies]
    return routed(problem_set, config) | set(alone)


def fold_mistakes(key: str, folds: list[str], known: dict[str, Any], own: tuple[str, ...]) -> Iterator[str]:
    """Folds that are not defined, have folds themselves, or differ in more than which half they use."""
    entries: list[Settings] = []
    for fold in folds:
        if fold not in known:
            yield unknown(key, fold, known)
        elif getattr(known[fold], "folds", None):
            yield f"key {key!r}: {fold!r} has folds itself; name those"
        else:
            entries.append(known[fold])
    if any(each.model_dump(exclude=set(own)) != entries[0].model_dump(exclude=set(own)) for each in entries):
        yield f"key {key!r}: {', '.join(folds)} differ; give them the same settings"
