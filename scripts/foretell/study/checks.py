"""What of a configuration's imports cannot run."""

from collections.abc import Iterator
from pathlib import Path

GRADED = ("completions", "rollouts", "outcomes")
PREDICTED = ("activations", "predictions")
FILES = {"problem_sets": ("problems",), "policies": (*GRADED, *PREDICTED)}


def import_errors(config: dict) -> Iterator[str]:
    """Imported policies that lack something or have too much, and problem sets whose policies do not go together."""
    for name, policy in config["policies"].items():
        if "model" in policy or "run" in policy:
            continue
        given = [key for key in GRADED if key in policy]
        if len(given) != 1:
            yield f"key 'policies.{name}': give one of {', '.join(GRADED)}; there are {', '.join(given) or 'none'}"
        if ("price" in policy) == ("assumed_cost" in policy):
            yield f"key 'policies.{name}': give either 'price' or 'assumed_cost'"
        if "characters_per_token" in policy and "outcomes" in policy:
            yield f"key 'policies.{name}.characters_per_token': outcomes have no texts to estimate tokens from"
    for name, problem_set in config["problem_sets"].items():
        if problem_set["source"] == "file":
            yield from _policies_of(name, problem_set, config)


def _policies_of(name: str, problem_set: dict, config: dict) -> Iterator[str]:
    pools = [pool for pool in config["pools"].values() if pool["problem_set"] == name]
    used = {policy for pool in pools for policy in pool.get("policies", []) if policy in config["policies"]}
    run = {policy for policy in used if "model" in config["policies"][policy]}
    yield from _run_policies(name, problem_set, run, config)
    used -= run
    if run and used:
        yield (
            f"key 'pools': {name!r} has {sorted(run)[0]!r}, which has a model, beside {sorted(used)[0]!r}, which is "
            "imported; give it one kind of policy"
        )
    for key in PREDICTED:
        with_key = sorted(policy for policy in used if key in config["policies"][policy])
        if with_key and "cross_fit" in problem_set:
            yield (
                f"key 'policies.{with_key[0]}.{key}': {name!r} is cross-fitted, which predicts from questions alone; "
                "leave it out, or give the problems a column 'split'"
            )
        elif 0 < len(with_key) < len(used):
            without = sorted(used - set(with_key))[0]
            yield f"key 'policies.{without}.{key}' is missing: others on {name!r} have it; give all or none"
    others = [pool for pool in config["pools"].values() if pool["problem_set"] != name]
    for policy in sorted(used & {policy for pool in others for policy in pool.get("policies", [])}):
        yield f"key 'pools': {policy!r} is imported for {name!r} alone; it cannot also be judged on another problem set"


def _run_policies(name: str, problem_set: dict, routed: set[str], config: dict) -> Iterator[str]:
    """Policies with a model on a problem set from a file: those that are judged alone, and those of its pools."""
    policies, key = config["policies"], f"problem_sets.{name}.policies"
    for policy in problem_set.get("policies", []):
        if policy not in policies:
            yield f"key '{key}': {policy!r} is not defined; defined are {', '.join(sorted(policies))}"
        elif "model" not in policies[policy]:
            yield f"key '{key}': {policy!r} has no model; policies that are imported are named in a pool"
    if "cross_fit" in problem_set and routed:
        yield (
            f"key 'pools': {', '.join(map(repr, sorted(routed)))} have a model and {name!r} is cross-fitted, where "
            f"success is read but not routed by; name them in '{key}' instead"
        )


def missing_files(config: dict) -> Iterator[str]:
    """Files that are named and not there."""
    for name, model in config["models"].items():
        if model["source"] == "path" and not Path(model["path"]).exists():
            yield f"key 'models.{name}.path': there is no {model['path']}; correct it"
    for name, entry in config["problem_sets"].items():
        if "countries" in entry and not Path(entry["countries"]).is_file():
            yield f"key 'problem_sets.{name}.countries': there is no file {entry['countries']}; correct it"
    for section, keys in FILES.items():
        for name, entry in config[section].items():
            for key in keys:
                if key not in entry:
                    continue
                nested = isinstance(entry[key], dict)
                file = Path(config["records"]) / (entry[key]["file"] if nested else entry[key])
                if not file.is_file():
                    place = f"{section}.{name}.{key}" + (".file" if nested else "")
                    origin = f". {entry['published']}" if "published" in entry else ""
                    yield f"key '{place}': there is no file {file}; correct it, or the folder in 'records'{origin}"
