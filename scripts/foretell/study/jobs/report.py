"""What jobs are told that check claims and write the report."""

import yaml

from foretell.probes.families import FAMILIES
from foretell.study.exports import exported, not_exported
from foretell.study.files import Job, Settings
from foretell.study.models import Checkpoint, ServerModel
from foretell.study.study import Study


def check_claims(study: Study, job: Job) -> Settings:
    """Which claims are checked, and on what."""
    named = study.config.claims
    return {
        **({} if isinstance(named, bool) else {"claims": sorted(named)}),
        "title": study.config.title,
        "evidence": study.config.evidence,
        "subjects": {
            name: {
                "answers": study.answers(name),
                "policies": [{"policy": policy, **each} for policy, each in efforts(study, name).items()],
                "pools": study.pools_on(name),
                "cross_fitted": study.is_cross_fitted(name),
            }
            for name in study.reported()
        },
    }


def efforts(study: Study, problem_set: str) -> dict[str, Settings]:
    """Model and effort of every policy on a problem set; a policy without a model is its own."""
    entries = {policy: study.policy(policy) for policy in study.policies(problem_set)}
    return {
        policy: {"model": getattr(entry, "model", policy), "effort": getattr(entry, "effort", None)}
        for policy, entry in entries.items()
    }


def write_front_page(study: Study, job: Job) -> Settings:
    """What the report's front page says was run."""
    models = {n: e.described() for n, e in study.config.models.items() if isinstance(e, Checkpoint | ServerModel)}
    sets = study.reported()
    unrouted = [name for name in sets if not study.pools_on(study.origin(name))]
    pools = [pool for name in sets for pool in study.pools_on(name)]
    return {
        "title": study.config.title,
        "evidence": study.config.evidence,
        "reads_activations": any(FAMILIES[family].needs_prefill for name in sets for family in study.families(name)),
        "left_out": [{"problem_set": name, "reason": reason} for name, reason in study.left_out.items()],
        "models": [{"model": name, "origin": origin} for name, origin in models.items()],
        "unrouted": [{"problem_set": name, "policies": _described(study, study.policies(name))} for name in unrouted],
        "pools": [
            {
                "pool": pool,
                "problem_set": study.pool(pool).problem_set,
                "policies": _described(study, study.pool(pool).policies),
                **({"fewer_samples": True} if study.pool(pool).fewer_samples else {}),
            }
            for pool in pools
        ],
    }


def write_report(study: Study, job: Job) -> Settings:
    """What the report says was run, and the configuration with its defaults, as text: its entries' order counts."""
    config = study.config.model_dump(exclude_none=True)
    text = yaml.safe_dump(config, sort_keys=False, allow_unicode=True)
    routers = {"routers": exported(study), "unexported": not_exported(study)}
    return {"config": text, "page": write_front_page(study, job), **routers}


def _described(study: Study, policies: list[str]) -> list[Settings]:
    keys = ("temperature", "assumption", "characters_per_token")
    return [
        {"policy": policy, **{key: getattr(study.policy(policy), key, None) for key in keys}} for policy in policies
    ]
