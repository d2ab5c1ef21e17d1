"""Which pools' routers can be taken away from a study, and what is said of them beside files."""

from typing import Any

from foretell.deployment.files import FILES
from foretell.probes.families import FAMILIES, LINEAR
from foretell.study.models import Checkpoint, ServerModel
from foretell.study.policies import ModelPolicy
from foretell.study.study import Study


def why_not_exported(study: Study, pool: str) -> str | None:
    """Why nothing of a pool's router could score a new prompt; None where something can."""
    name = study.pool(pool).problem_set
    if study.folds(pool) != [pool]:
        return "it is made of pools that each choose on their own"
    if study.is_cross_fitted(name):
        return "every problem is predicted from the others, so no probe is of all of them"
    if study.predictions_by(name) != "train_probes":
        return "its probabilities come from elsewhere, without what would score a new prompt"
    family = FAMILIES[study.family(name)]
    if not family.kept:
        kept = ", ".join(repr(each) for each, entry in FAMILIES.items() if entry.kept)
        return (
            f"its queries are routed by {family.label}; what can be taken away is a router by one of {kept}, if it is "
            "among 'probes.families'"
        )
    if family.name == LINEAR and not all(map(study.encoder, study.pool(pool).policies)):
        return "its activations come from a file, without the model that would read a new prompt"
    return None


def exported(study: Study) -> list[str]:
    """Pools whose routers can be taken away."""
    return [pool for pool in study.config.pools if why_not_exported(study, pool) is None]


def not_exported(study: Study) -> dict[str, str]:
    """The other pools, and why not."""
    reasons = {pool: why_not_exported(study, pool) for pool in study.config.pools}
    return {pool: reason for pool, reason in reasons.items() if reason is not None}


def router_files(study: Study) -> list[str]:
    """Files of all routers, from the study's results."""
    return [f"routers/{pool}/{file}" for pool in exported(study) for file in FILES]


def describe_router(study: Study, pool: str, prices: dict[str, Any]) -> dict[str, Any]:
    """What a pool's router is, beside what was measured, as `foretell.deployment.export.ExportSettings` has it.

    Args:
        study: the study.
        pool: one of `exported`.
        prices: per policy, as `price_outcomes` has them.
    """
    entry = study.pool(pool)
    family = study.family(entry.problem_set)
    reading = [policy for policy in entry.policies if family == LINEAR]
    readers = {study.encoder(policy): study.policy(policy).read_by for policy in reading}
    described: dict[str, Any] = {}
    for name, reader in readers.items():
        assert name is not None and reader is not None
        model = study.config.models[reader.model]
        assert not isinstance(model, ServerModel)
        prompt = {} if reader.prompt is None else study.config.prompts[reader.prompt].model_dump()
        described[name] = {
            "model": reader.model,
            "origin": model.origin() if isinstance(model, Checkpoint) else {"source": model.source},
            "effort": reader.effort,
            "template_arguments": reader.template_arguments,
            "prompt": prompt,
        }
    return {
        "study": study.id,
        "title": study.config.title,
        "evidence": study.config.evidence,
        "pool": pool,
        "problem_set": entry.problem_set,
        "chosen_on": entry.choose_on[0],
        "family": family,
        "policies": {
            policy: {
                "reader": study.encoder(policy) if policy in reading else None,
                "price": prices[policy],
                **_asked(study, policy),
            }
            for policy in entry.policies
        },
        "readers": described,
        "criteria": entry.criteria,
        **({"budget_with_probing": True} if entry.budget_with_probing else {}),
    }


def _asked(study: Study, policy: str) -> dict[str, Any]:
    """How a policy answers, where a model of the study does."""
    entry = study.policy(policy)
    if not isinstance(entry, ModelPolicy):
        return {}
    return {
        "model": entry.model,
        "effort": entry.effort,
        "template_arguments": entry.template_arguments,
        "prompt": None if entry.prompt is None else study.config.prompts[entry.prompt].model_dump(),
        "decoding": entry.decoding(),
    }
