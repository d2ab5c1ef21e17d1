"""What the claims and the report's front page need to know of a study."""

from foretell.study.study import Study


def claims(study: Study) -> dict:
    """What the claims are checked on."""
    return {
        "title": study.config["title"],
        "evidence": study.config["evidence"],
        "subjects": {problem_set: _subject(study, problem_set) for problem_set in _subjects(study)},
    }


def front_page(study: Study) -> dict:
    """What the report's front page says was run."""
    return {
        "title": study.config["title"],
        "evidence": study.config["evidence"],
        "left_out": study.left_out,
        "models": study.models.described(),
        "unrouted": {
            name: _policies(study, study.policies(name))
            for name in _subjects(study)
            if not study.pools_on(study.origin(name))
        },
        "pools": {
            pool: {
                "problem_set": study.pool(pool)["problem_set"],
                "policies": _policies(study, study.pool(pool)["policies"]),
            }
            for problem_set in _subjects(study)
            for pool in study.pools_on(problem_set)
        },
    }


def _subjects(study: Study) -> list[str]:
    """Problem sets on which claims are judged: those that are not part of another one."""
    parts = {part for entry in study.config["problem_sets"].values() for part in entry.get("parts", [])}
    return [name for name in study.problem_sets() if name not in parts]


def _subject(study: Study, problem_set: str) -> dict:
    targets, families = study.trained(problem_set)
    return {
        **study.resampling(),
        "answers": study.answer_kind(problem_set),
        "policies": study.efforts(problem_set),
        "pools": study.pools_on(problem_set),
        "targets": targets,
        "families": families,
    }


def _policies(study: Study, policies: list[str]) -> dict[str, dict]:
    keys = ("temperature", "assumption", "characters_per_token")
    return {policy: {key: study.config["policies"][policy].get(key) for key in keys} for policy in policies}
