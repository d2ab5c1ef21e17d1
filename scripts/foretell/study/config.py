"""A study's configuration: read strictly, completed with defaults, and checked before any job runs."""

from collections.abc import Iterator
from pathlib import Path

import jsonschema
import yaml

from foretell.common.errors import UserError
from foretell.study.checks import import_errors, missing_files
from foretell.study.problem_sources import GENERATED


class StrictLoader(yaml.SafeLoader):
    """YAML in which a key may stand only once in a mapping."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        """Build a mapping, or refuse it when a key stands twice."""
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise UserError(
                    f"{key_node.start_mark.name}: key {key!r} stands twice (line {key_node.start_mark.line + 1}): "
                    "keep one of them"
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


def read_yaml(path: Path) -> dict:
    """Read one YAML file.

    Raises:
        UserError: the file is no YAML mapping, or a key stands twice.
    """
    with open(path, encoding="utf-8") as file:
        try:
            content = yaml.load(file, StrictLoader)
        except yaml.YAMLError as error:
            raise UserError(f"{path}: not valid YAML: {error}") from error
    if not isinstance(content, dict):
        raise UserError(f"{path}: must be a mapping of keys to values")
    return content


def check(config: dict, schema: dict, figures: dict, files: str) -> dict:
    """Complete a configuration with the schema's defaults and check all that can be checked without running a job.

    Args:
        config: the merged configuration; it is not changed.
        schema: the JSON schema of a study.
        figures: the manifest of figures and tables, by label.
        files: names of the files that the configuration was read from, for messages.

    Returns:
        The completed configuration.

    Raises:
        UserError: with every problem found, one line each, naming file, key and remedy.
    """
    config = with_defaults(config, schema, schema)
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    problems = [_schema_message(error) for error in sorted(validator.iter_errors(config), key=lambda e: list(e.path))]
    if not problems:
        problems = [*_cross_references(config), *_unknown_figures(config, figures), *missing_files(config)]
    if problems:
        raise UserError("\n".join(f"{files}: {problem}" for problem in problems))
    return config


def with_defaults(value: object, schema: dict, root: dict) -> object:
    """A copy of a value in which absent keys have the defaults that the schema gives, at every depth."""
    schema = _resolve(schema, root)
    if "oneOf" in schema and isinstance(value, dict):
        schema = _chosen(value, schema["oneOf"], root)
    if isinstance(value, dict):
        named = schema.get("properties", {})
        completed = {key: with_defaults(item, named.get(key, _other(schema)), root) for key, item in value.items()}
        for key, subschema in named.items():
            subschema = _resolve(subschema, root)
            if key not in completed and "default" in subschema:
                completed[key] = with_defaults(subschema["default"], subschema, root)
        return completed
    return list(value) if isinstance(value, list) else value


def _resolve(schema: dict, root: dict) -> dict:
    """Follow a reference into `$defs`; keys beside the reference are kept."""
    if "$ref" not in schema:
        return schema
    return {**root["$defs"][schema["$ref"].removeprefix("#/$defs/")], **schema}


def _other(schema: dict) -> dict:
    other = schema.get("additionalProperties", {})
    return other if isinstance(other, dict) else {}


def _chosen(value: dict, options: list[dict], root: dict) -> dict:
    """The option that a mapping means: by its `source`, else the one with which it shares most keys."""
    options = [_resolve(option, root) for option in options]
    for option in options:
        if "source" in value and option["properties"].get("source", {}).get("const") == value["source"]:
            return option
    return max(options, key=lambda option: len(value.keys() & option["properties"].keys()))


def _schema_message(error: jsonschema.ValidationError) -> str:
    while error.context:
        error = _closest_form(error)
    key = ".".join(str(part) for part in error.absolute_path)
    prefix = f"{key}." if key else ""
    if error.validator == "additionalProperties":
        known = error.schema.get("properties", {})
        unknown = ", ".join(repr(prefix + name) for name in sorted(set(error.instance) - set(known)))
        return f"unknown key {unknown}: known here are {', '.join(sorted(known))}"
    if error.validator == "required":
        missing = next(name for name in error.validator_value if name not in error.instance)
        return f"key {prefix + missing!r} is missing: add it (see config/README.md)"
    return f"key {key!r}: {error.message} (see config/README.md)"


def _closest_form(error: jsonschema.ValidationError) -> jsonschema.ValidationError:
    """Where a value may have one of several forms: the first error against the form that was probably meant."""
    forms: dict[int, list[jsonschema.ValidationError]] = {}
    for suberror in error.context:
        forms.setdefault(suberror.schema_path[0], []).append(suberror)
    return min(forms.values(), key=_distance)[0]


def _distance(errors: list[jsonschema.ValidationError]) -> tuple[int, int]:
    """How far a mapping is from one form: another `source` is furthest, then the text about keys that do not fit."""
    wrong_source = sum(error.validator == "const" for error in errors)
    keys = [error for error in errors if error.validator in ("additionalProperties", "required")]
    return wrong_source, sum(len(error.message) for error in keys)


def _cross_references(config: dict) -> Iterator[str]:
    """Ids that are used but not defined, and combinations that cannot run."""
    yield from _problem_set_errors(config)
    yield from _model_errors(config)
    yield from _policy_errors(config)
    yield from _pool_errors(config)
    if not config["pools"] and not any("policies" in entry for entry in config["problem_sets"].values()):
        yield "no policy is judged: name policies in a pool under 'pools', or in a problem set's 'policies'"
    yield from import_errors(config)


def _problem_set_errors(config: dict) -> Iterator[str]:
    folds = config["probes"]["folds"]
    for name, entry in config["problem_sets"].items():
        key = f"problem_sets.{name}"
        if entry["source"] == "records" and ("halves" in entry) == ("parts" in entry):
            yield f"key '{key}': give either 'halves' or 'parts' (see config/README.md)"
        if "halves" in entry and len(set(entry["halves"].values())) == 1:
            yield f"key '{key}.halves': the same half cannot both choose and report; use 0 and 1"
        if "parts" in entry:
            yield from _part_errors(f"{key}.parts", entry["parts"], config["problem_sets"])
            yield from _half_errors(name, entry["parts"], config["problem_sets"])
        for range_key in ("trained_operations", "evaluated_operations"):
            if range_key in entry and entry[range_key][0] > entry[range_key][1]:
                yield f"key '{key}.{range_key}': the fewest come first, as in [2, 4]"
        if "evaluated_shares" in entry:
            (fewest, most), shares = entry["evaluated_operations"], len(entry["evaluated_shares"])
            if fewest <= most and shares != most - fewest + 1:
                yield (
                    f"key '{key}.evaluated_shares': there are {shares}; expressions of {fewest} to {most} operations "
                    f"need {most - fewest + 1}"
                )
        if entry["source"] == "by_group":
            yield from _by_group_errors(name, entry["of"], config)
        if "sizes" in entry and entry["sizes"]["train"] < folds:
            yield f"key '{key}.sizes.train': the {folds} folds of 'probes.folds' need as many train problems"


def _by_group_errors(name: str, of: str, config: dict) -> Iterator[str]:
    """A second split of problems that are not there, or of which nothing is computed here."""
    sets, key = config["problem_sets"], f"problem_sets.{name}.of"
    if of not in sets:
        yield _unknown(key, of, sets)
    elif sets[of]["source"] in ("records", "by_group") or "cross_fit" in sets[of] or _is_imported(of, config):
        yield f"key {key!r}: {of!r} cannot be split anew; name a set with splits on which models are run here"
    if any(pool["problem_set"] == name for pool in config["pools"].values()):
        yield f"key 'pools': {name!r} is a second split, which is reported beside {of!r}; route over {of!r}"


def _is_imported(problem_set: str, config: dict) -> bool:
    """Whether some policy of a problem set has no model."""
    pools = [pool for pool in config["pools"].values() if pool["problem_set"] == problem_set]
    named = {policy for pool in pools for policy in pool.get("policies", []) if policy in config["policies"]}
    return any("model" not in config["policies"][policy] for policy in named)


def _model_errors(config: dict) -> Iterator[str]:
    sets = config["problem_sets"]
    for name, model in config["models"].items():
        if model["source"] != "tiny":
            continue
        key, trained_on = f"models.{name}.problem_set", model["problem_set"]
        if trained_on not in sets:
            yield _unknown(key, trained_on, sets)
        elif sets[trained_on]["source"] not in GENERATED:
            source = sets[trained_on]["source"]
            yield f"key {key!r}: {trained_on!r} has source {source!r}; a tiny model is trained on generated problems"


def _policy_errors(config: dict) -> Iterator[str]:
    for name, policy in config["policies"].items():
        if "model" not in policy:
            continue
        model = config["models"].get(policy["model"])
        if model is None:
            yield _unknown(f"policies.{name}.model", policy["model"], config["models"])
        elif model["source"] == "tiny":
            source = config["problem_sets"].get(model["problem_set"], {}).get("source")
            if source in GENERATED and policy.get("effort") not in GENERATED[source].efforts:
                known = " and ".join(map(repr, GENERATED[source].efforts))
                yield f"key 'policies.{name}.effort': a tiny model that is trained on {source} knows {known}"
        if "prompt" in policy and policy["prompt"] not in config["prompts"]:
            yield _unknown(f"policies.{name}.prompt", policy["prompt"], config["prompts"])


def _pool_errors(config: dict) -> Iterator[str]:
    sets, pools = config["problem_sets"], config["pools"]
    for name, pool in pools.items():
        if pool["problem_set"] not in sets:
            yield _unknown(f"pools.{name}.problem_set", pool["problem_set"], sets)
        elif "parts" in pool:
            yield from _part_errors(f"pools.{name}.parts", pool["parts"], pools)
            expected = sets[pool["problem_set"]].get("parts")
            if [pools[part]["problem_set"] for part in pool["parts"] if part in pools] != expected:
                yield (
                    f"key 'pools.{name}.parts': their problem sets must be the parts of {pool['problem_set']!r}, "
                    "in the same order"
                )
        else:
            yield from _pool_policy_errors(name, pool, config)


def _pool_policy_errors(name: str, pool: dict, config: dict) -> Iterator[str]:
    problem_set, policies = config["problem_sets"][pool["problem_set"]], config["policies"]
    if "parts" in problem_set:
        yield f"key 'pools.{name}.problem_set': {pool['problem_set']!r} has parts; give the pool 'parts' too"
    form, belongs = {
        "records": ("a recorded policy (outcomes, run, ...)", lambda policy: "run" in policy),
        "file": (
            "an imported policy (completions, rollouts or outcomes), or one with a model",
            lambda p: "run" not in p,
        ),
    }.get(problem_set["source"], ("a policy with a model", lambda policy: "model" in policy))
    for policy in pool["policies"]:
        if policy not in policies:
            yield _unknown(f"pools.{name}.policies", policy, policies)
        elif not belongs(policies[policy]):
            yield f"key 'pools.{name}.policies': problem set {pool['problem_set']!r} needs {form}; {policy!r} is none"


def _part_errors(key: str, parts: list[str], known: dict) -> Iterator[str]:
    """Parts that are not defined, have parts themselves, or differ in more than which half they use."""
    for part in parts:
        if part not in known:
            yield _unknown(key, part, known)
        elif "parts" in known[part]:
            yield f"key {key!r}: {part!r} has parts itself; name those"
    own = ("problem_set", "halves")
    entries = [{k: v for k, v in known[part].items() if k not in own} for part in parts if part in known]
    if any(entry != entries[0] for entry in entries):
        yield f"key {key!r}: {', '.join(parts)} differ; give them the same settings"


def _half_errors(name: str, parts: list[str], sets: dict) -> Iterator[str]:
    """Parts that report the same half, or are not of the data set that they make up."""
    known = [sets[part] for part in parts if part in sets]
    reported = [entry["halves"]["test"] for entry in known if "halves" in entry]
    if len(set(reported)) < len(reported):
        yield f"key 'problem_sets.{name}.parts': {', '.join(parts)} report the same half; correct their 'halves'"
    origin = [(entry.get("problems"), entry.get("dataset")) for entry in [sets[name], *known]]
    if len(set(origin)) > 1:
        yield f"key 'problem_sets.{name}.parts': {', '.join(parts)} are of another file or data set than {name!r}"


def _unknown(key: str, value: str, known: dict) -> str:
    return f"key {key!r}: {value!r} is not defined; defined are {', '.join(sorted(known)) or 'none'}"


def _unknown_figures(config: dict, figures: dict) -> Iterator[str]:
    for label in config["figures"]:
        if label not in figures:
            yield f"key 'figures': {label!r} is not in config/figures.yaml; there are {', '.join(figures)}"
