"""Every job of a study, by rule: what must have been done when its results are complete.

Snakemake asks for what `all` names, and takes an intermediate file that is missing for one that is not needed: a job
that failed would then not be done again, and what follows from it would stay as it was.
"""

from collections.abc import Callable, Iterator
from itertools import product

from foretell.study.exports import exported
from foretell.study.figures import Figure
from foretell.study.problem_sets import HubSet, Records
from foretell.study.study import COMPLETIONS_BY, Study

Planned = tuple[str, dict[str, str]]  # rule and wildcards
PoliciesOn = Callable[[str], list[str]]  # a problem set's
STAGES = frozenset({"outcomes", "probes", "evaluation", "difficulty", "routing"})  # folders that figures read from
COMPARE_ALL = frozenset({"evaluation", "difficulty"})  # whose tables are about all policies of a problem set


def jobs_of(study: Study) -> list[Planned]:
    """Each job up to routing, once; figures, tables and what is about the whole study are left out.

    The wildcards are those of the rule, but for `study`.
    """
    found = _jobs(study, study.problem_sets(), list(study.config.pools), STAGES, study.policies)
    found += [("write_explorer", {"pool": pool}) for pool in study.config.return_on_investment]
    return found + [("export_router", {"pool": pool}) for pool in exported(study)]


def jobs_for(study: Study, figure: Figure) -> list[Planned]:
    """Those of these jobs that a figure or table needs."""
    stages = frozenset(pattern.split("/")[0] for pattern in figure.reads.values())
    if figure.about == "problem_set":
        return _jobs(study, _with_folds(study, figure.sets(study)), [], stages, study.policies)
    pools = [each for pool in figure.sets(study) for each in dict.fromkeys([pool, *study.folds(pool)])]
    problem_sets = _with_folds(study, [study.pool(pool).problem_set for pool in pools])
    of_all = stages & COMPARE_ALL or any("{policy}" in pattern for pattern in figure.reads.values())

    def policies(name: str) -> list[str]:
        together = study.trained_jointly(name) or study.predictions_by(name) == "cross_fit_predictors"
        if of_all or together:
            return study.policies(name)
        routed = {policy for pool in pools if name in _sets_of(study, pool) for policy in study.pool(pool).policies}
        return [policy for policy in study.policies(name) if policy in routed]

    return _jobs(study, problem_sets, pools, stages, policies)


def _sets_of(study: Study, pool: str) -> list[str]:
    return _with_folds(study, [study.pool(pool).problem_set])


def _with_folds(study: Study, names: list[str]) -> list[str]:
    """Problem sets and those that they are made up of."""
    entries = {name: study.problem_set(name) for name in names}
    folds = [fold for entry in entries.values() if isinstance(entry, Records) for fold in entry.folds or []]
    return list(dict.fromkeys([*folds, *names]))


def _jobs(
    study: Study, problem_sets: list[str], pools: list[str], stages: frozenset[str], policies: PoliciesOn
) -> list[Planned]:
    found = [job for name in problem_sets for job in _on_problem_set(study, name, stages, policies(name))]
    if "routing" in stages:
        for pool in pools:
            rules = ["evaluate_routing"]
            if study.folds(pool) == [pool]:  # one that is made of folds only evaluates what they decided
                rules += ["price_outcomes", "route_queries"]
            rules += ["estimate_return"] if pool in study.config.return_on_investment else []
            rules += ["measure_routing"] if pool in study.measured() else []
            rules += ["replay_pilot"] if pool in study.piloted() else []
            found += [(rule, {"pool": pool}) for rule in rules]
    unique = {(rule, *wildcards.items()): (rule, wildcards) for rule, wildcards in found}
    return list(unique.values())


def _on_problem_set(study: Study, name: str, stages: frozenset[str], policies: list[str]) -> Iterator[Planned]:
    origin, on = study.origin(name), {"problem_set": name}
    for each in dict.fromkeys([origin, name]):
        if study.fits_irt(each):
            yield "fit_irt", {"problem_set": each}
        yield study.problem_set(each).made_by, {"problem_set": each}
    for each in [name, *study.compared(name)]:
        entry = study.problem_set(each)
        yield "download_problems" if isinstance(entry, HubSet) else entry.made_by, {"problem_set": each}
    predicted = bool(stages - {"problems", "outcomes"})
    for policy in policies:
        yield from _answers(study, origin, policy)
        yield study.policy(policy).outcomes_by, {**on, "policy": policy}
        if predicted:
            yield from _predictions(study, name, policy)
    if predicted and study.predictions_by(name) == "cross_fit_predictors":
        yield f"cross_fit_predictors_{name}", on
    if predicted and study.trained_jointly(name):
        yield f"train_joint_probes_{name}", on
    if stages & {"evaluation", "difficulty"}:
        for encoder in study.compared_encoders(name):
            yield "compare_encoders", {**on, "encoder": encoder}
        yield "evaluate_probes", on
    if "difficulty" in stages and study.compares_difficulty(name):
        yield "compare_difficulty", on


def _answers(study: Study, origin: str, policy: str) -> Iterator[Planned]:
    """From the model that reads, and maybe answers, to graded rollouts."""
    of = {"problem_set": origin, "policy": policy}
    for encoder in dict.fromkeys(filter(None, [study.encoder(policy), study.asked_as(policy)])):
        model = study.encoders()[encoder].model
        made_by = study.config.models[model].made_by
        assert made_by is not None
        yield made_by, {"model": model}
        yield "render_prompts", {"problem_set": origin, "encoder": encoder}
    if study.asked_in_messages(policy):
        yield "write_messages", of
    for rule in (study.made_by("completions", policy), study.made_by("rollouts", policy)):
        if rule in (*COMPLETIONS_BY.values(), "grade_rollouts"):
            yield from ((rule, {**of, "shard": shard}) for shard in study.shards)
        elif rule is not None:
            yield rule, of


def _predictions(study: Study, name: str, policy: str) -> Iterator[Planned]:
    """From activations to predictions of a policy's success."""
    rule, of = study.predictions_by(name), {"problem_set": name, "policy": policy}
    encoder = study.encoder(policy)
    if encoder is not None:
        caches = [
            "cache_activations",
            *(["cache_untrained_activations"] if "untrained" in study.families(name) else []),
        ]
        for cache, shard in product(caches, study.shards):
            yield cache, {"problem_set": study.origin(name), "encoder": encoder, "shard": shard}
    if study.imports_activations(name, policy):
        yield "import_activations", of
    if study.trained(name):
        yield study.trained_by(name), of
    if rule == "import_predictions":
        yield rule, {**of, "family": study.family(name)}
    elif rule == "pool_predictions":
        yield from ((rule, {**of, "family": family}) for family in study.families(name))
    elif rule == "cross_fit_probes":
        yield rule, of
