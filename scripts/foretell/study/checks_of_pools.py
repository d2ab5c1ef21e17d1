"""Checks of pools."""

from collections.abc import Iterator

from foretell.routing.settings import PilotSettings
from foretell.study.config import StudyConfig
from foretell.study.policies import ImportedPolicy, ModelPolicy, Policy, RecordedPolicy
from foretell.study.pools import AnyPool, PoolOfFolds, SinglePool
from foretell.study.problem_sets import AnyProblemSet, Cities, File, GeneratedSet, HubSet, Records
from foretell.study.references import fold_mistakes, unknown


def pool_mistakes(config: StudyConfig) -> Iterator[str]:
    """Pools of what is not defined, and policies that a problem set cannot have."""
    for name, entry in config.problem_sets.items():
        yield from _unfit(f"problem_sets.{name}.policies", entry.evaluated, name, config)
    for name, pool in config.pools.items():
        if config.routing.breakpoints:
            yield from _breakpoints_of_folds(name, pool, config)
        if pool.problem_set not in config.problem_sets:
            yield unknown(f"pools.{name}.problem_set", pool.problem_set, config.problem_sets)
        elif isinstance(pool, PoolOfFolds):
            yield from _pool_of_folds(name, pool, config)
        else:
            yield from _single_pool(name, pool, config)


def _breakpoints_of_folds(name: str, pool: AnyPool, config: StudyConfig) -> Iterator[str]:
    problem_set = config.problem_sets.get(pool.problem_set)
    if isinstance(pool, PoolOfFolds) or (isinstance(problem_set, File) and problem_set.cross_fit is not None):
        yield (
            f"key 'routing.breakpoints': pool {name!r} has folds, whose breakpoints differ, so that they have no "
            "points in common; leave it out"
        )


def investment_mistakes(config: StudyConfig) -> Iterator[str]:
    """Investments in pools that are not there, or beside an incumbent that is none of their policies."""
    for name, entry in config.return_on_investment.items():
        key = f"return_on_investment.{name}"
        if name not in config.pools:
            yield unknown(key, name, config.pools)
            continue
        pool = config.pools[name]
        first = config.pools.get(pool.folds[0]) if isinstance(pool, PoolOfFolds) else pool
        if entry.incumbent and isinstance(first, SinglePool) and entry.incumbent not in first.policies:
            yield unknown(f"{key}.incumbent", entry.incumbent, dict.fromkeys(first.policies))
        if entry.latency is not None and isinstance(first, SinglePool):
            for policy in sorted(set(entry.latency) - set(first.policies)):
                yield unknown(f"{key}.latency", policy, dict.fromkeys(first.policies))
            if lacking := [policy for policy in first.policies if policy not in entry.latency]:
                yield f"key '{key}.latency': it lacks {', '.join(lacking)}; give the seconds until an answer is there"


def _pool_of_folds(name: str, pool: PoolOfFolds, config: StudyConfig) -> Iterator[str]:
    yield from fold_mistakes(f"pools.{name}.folds", pool.folds, config.pools, ("problem_set",))
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
    yield from _unfit(f"pools.{name}.policies", pool.policies, pool.problem_set, config)
    if pool.fewer_samples and not any(_has_rollouts(config.policies.get(policy)) for policy in pool.policies):
        yield (
            f"key 'pools.{name}.fewer_samples': no policy of the pool has several samples that could be fewer; leave "
            "it out, or give policies with 'samples' above 1 or with rollouts"
        )
    if pool.budget_with_probing and pool.budget is None:
        yield f"key 'pools.{name}.budget_with_probing': there is no 'budget'; give one, or leave it out"
    if pool.pilot is not None:
        yield from _pilot(f"pools.{name}.pilot", pool, pool.pilot, config)
    priced = _priced(pool, config)
    for other in sorted(set(pool.prices) - priced):
        there = ", ".join(sorted(priced)) or "none"
        yield f"key 'pools.{name}.prices': nothing in this pool is priced by {other!r}; there are {there}"
    if all(_costs_nothing(policy, pool, config) for policy in pool.policies):
        yield (
            f"key 'pools.{name}': none of its policies costs anything, so that a router has nothing to save; give "
            "their models prices, which may be relative ones"
        )
    as_given = any(getattr(config.policies.get(policy), "predictions", None) for policy in pool.policies)
    if pool.fewer_samples and as_given and not getattr(problem_set, "recalibrate", False):
        yield (
            f"key 'pools.{name}.fewer_samples': probabilities of {pool.problem_set!r} are taken as they are given, and "
            "those at fewer samples would be scaled; set 'recalibrate' of the problem set, or leave it out"
        )


def _pilot(key: str, pool: SinglePool, pilot: PilotSettings, config: StudyConfig) -> Iterator[str]:
    """A pilot beside an incumbent that is no policy of the pool, or of a problem set without problems for it."""
    if pilot.incumbent is not None and pilot.incumbent not in pool.policies:
        yield unknown(f"{key}.incumbent", pilot.incumbent, dict.fromkeys(pool.policies))
    name = pool.problem_set
    entry = config.problem_sets[name]
    remedy = {GeneratedSet: "sizes.pilot", Cities: "sizes.pilot", HubSet: "pilot_share", Records: "pilot_share"}
    asked = next((remedy[kind] for kind in remedy if isinstance(entry, kind)), None)
    if isinstance(entry, File) and entry.cross_fit is not None:
        yield f"key {key!r}: every problem of {name!r} is predicted from the others, which leaves none for it"
    elif isinstance(entry, HubSet) and entry.test_of:
        yield f"key {key!r}: the test problems of {name!r} are those of {entry.test_of!r}, and none is left for it"
    elif asked and not _keeps_problems(entry):
        yield f"key {key!r}: no problem of {name!r} is kept for it; set 'problem_sets.{name}.{asked}'"


def _keeps_problems(entry: AnyProblemSet) -> bool:
    sizes = getattr(entry, "sizes", None)
    return getattr(entry, "pilot_share", None) is not None or (sizes is not None and sizes.pilot is not None)


def _priced(pool: SinglePool, config: StudyConfig) -> set[str]:
    """What a pool may give other prices: models that answer or read in it, and imported policies with prices."""
    policies = {name: config.policies[name] for name in pool.policies if name in config.policies}
    models = {policy.model for policy in policies.values() if isinstance(policy, ModelPolicy)}
    asked = [policy for policy in policies.values() if isinstance(policy, ModelPolicy | ImportedPolicy)]
    readers = {policy.encoder.model for policy in asked if policy.encoder is not None}
    own = {name for name, policy in policies.items() if getattr(policy, "price", None) is not None}
    return models | readers | own


def _costs_nothing(name: str, pool: SinglePool, config: StudyConfig) -> bool:
    """Whether a policy has a price in a pool, and it is zero."""
    policy = config.policies.get(name)
    price, payer = getattr(policy, "price", None), name
    if isinstance(policy, ModelPolicy) and policy.model in config.models:
        price, payer = config.models[policy.model].price, policy.model
    price = pool.prices.get(payer, price)
    return price is not None and not (price.input or price.output or price.request)


def _has_rollouts(policy: Policy | None) -> bool:
    """Whether there are samples of which there might be fewer; how many a file holds is known when it is read."""
    if isinstance(policy, ModelPolicy):
        return policy.samples > 1
    return policy is not None and policy.rollouts_by is not None


def _unfit(key: str, policies: list[str], name: str, config: StudyConfig) -> Iterator[str]:
    """Policies that are not defined, or of a kind that a problem set cannot have."""
    problem_set = config.problem_sets[name]
    kinds: tuple[type[Policy], ...]
    if isinstance(problem_set, Records):
        kinds, form = (RecordedPolicy,), "a recorded policy (outcomes, run, ...)"
    elif isinstance(problem_set, File | HubSet):
        kinds = (ImportedPolicy, ModelPolicy)
        form = "an imported policy (completions, rollouts or outcomes), or one with a model"
    else:
        kinds, form = (ModelPolicy,), "a policy with a model"
    for policy in policies:
        if policy not in config.policies:
            yield unknown(key, policy, config.policies)
        elif not isinstance(config.policies[policy], kinds):
            yield f"key {key!r}: problem set {name!r} needs {form}; {policy!r} is none"
