"""Small configurations that between them use every way into the workflow, and the jobs of a study."""

import copy
from itertools import product
from pathlib import Path
from types import SimpleNamespace

from foretell.common.yaml_files import read_yaml
from foretell.study import jobs
from foretell.study.exports import exported
from foretell.study.problem_sets import HubSet
from foretell.study.study import Study

PRICE = {"input": 1.0, "output": 2.0}
SAMPLED = {"model": "m", "samples": 2, "temperature": 1.0, "max_tokens": 5}
STUDY = {
    "study": "own",
    "title": "Own",
    "evidence": "analogue",
    "problem_sets": {"own": {"source": "file", "problems": {"file": "p.csv"}}},
    "pools": {"own": {"problem_set": "own", "policies": ["b", "a"]}},
    "figures": ["T4"],
}


def imported(**files):
    """A study on two policies of which files are imported."""
    policy = {"price": PRICE, **{key: name if key == "activations" else {"file": name} for key, name in files.items()}}
    return copy.deepcopy({**STUDY, "policies": {"a": policy, "b": policy}})


def asked(pools=True, **entry):
    """A study on questions from a file that a model on this computer is asked at two temperatures."""
    models = {"m": {"source": "path", "path": ".", "price": PRICE}}
    config = {**STUDY, "models": models, "policies": {"a": SAMPLED, "b": {**SAMPLED, "temperature": 0.5}}, "shards": 2}
    config = copy.deepcopy(config if pools else {**config, "pools": {}, "figures": ["T2", "F3", "F4"]})
    config["problem_sets"]["own"] |= entry
    named = entry.get("policies", config["policies"])
    config["policies"] = {name: policy for name, policy in config["policies"].items() if name in named}
    return config


def answered_by_people():
    """The same, with the difficulty of the problems from who solved which."""
    return asked(pools=False, policies=["a"], responses={"file": "people.csv", "model": "2pl"})


def two_splits():
    """The same, and a second split of the questions."""
    config = asked()
    config["problem_sets"]["by-group"] = {"source": "by_group", "of": "own"}
    return config


def rivals():
    """The same questions, routed in every way and by every rival of the probe."""
    config = asked()
    joint = ["matrix_factorisation", "mirt"]
    config["probes"] = {"families": ["linear", "mlp", "mlp_ensemble", "knn", "knn_text", *joint]}
    config["routing"] = {"routers": ["utility", "cascade", "tolerance"], "tolerances": 11}
    return config


def mixed():
    """The same questions, answered here by a model that also reads them for a policy whose answers are imported."""
    config = asked()
    encoder = {"model": "m", "prompt": "plain"}
    config["prompts"] = {"plain": {"user": "Q: {question}"}}
    config["policies"]["b"] = {
        "completions": {"file": "c.csv"},
        "price": {"input": 8.0, "output": 9.0},
        "encoder": encoder,
    }
    return config


def served():
    """Questions that two servers' models are asked, in messages and in tokens, and one that vLLM runs here."""
    config = mixed()
    server = {"source": "server", "url": "http://127.0.0.1:1/v1", "name": "wise", "price": PRICE}
    config["models"]["s"] = {**server, "body": {"seed": None, "temperature": None}}
    config["models"]["t"] = {**server, "endpoint": "completions"}
    config["models"]["v"] = {**config["models"]["m"], "engine": "vllm"}
    config["policies"]["b"] = {**SAMPLED, "model": "s", "prompt": "plain", "effort": "low", "encoder": {"model": "m"}}
    config["policies"]["c"] = {**SAMPLED, "model": "t", "encoder": {"model": "m", "prompt": "plain"}}
    config["policies"]["d"] = {**SAMPLED, "model": "v"}
    config["pools"]["own"]["policies"] = ["a", "b", "c", "d"]
    return config


def cross_fitted(config):
    """The same study, in which every problem is predicted from the others."""
    config["problem_sets"]["own"]["cross_fit"] = {"folds": 3, "partitions": 2}
    return config


def piloted(config):
    """The same study, with a pilot on problems that are kept for it."""
    config["problem_sets"]["own"]["pilot_share"] = 0.5
    config["pools"]["own"]["pilot"] = {"incumbent": "b", "largest_cost": 1.0}
    return {**config, "figures": ["T4", "T14"]}


SYNTHETIC = {
    "completions": imported(completions="c.csv"),
    "rollouts": imported(rollouts="r.csv"),
    "outcomes": imported(outcomes="o.csv"),
    "activations": imported(rollouts="r.csv", activations="a.npz"),
    "predictions": imported(outcomes="o.csv", predictions="p.csv"),
    "invested": {
        **imported(outcomes="o.csv"),
        "figures": ["T4", "T11", "T12", "F12"],
        "return_on_investment": {"own": {"queries_per_month": 1000.0, "incumbent": "b", "assumption": "a guess"}},
    },
    "piloted": piloted(imported(outcomes="o.csv")),
    "cross-fitted": cross_fitted(imported(completions="c.csv")),
    "asked": asked(),
    "asked-and-cross-fitted": cross_fitted(asked(pools=False, policies=["a", "b"])),
    "two-splits": two_splits(),
    "rivals": rivals(),
    "trained": read_yaml(Path(__file__).parent / "configs" / "cluster.yaml"),
    "mixed": mixed(),
    "served": served(),
    "from-record": {**served(), "recorded_rollouts": "recorded"},
    "alone": asked(pools=False, policies=["a"]),
    "answered-by-people": answered_by_people(),
}


def all_settings(study: Study) -> dict[tuple[str, ...], object]:
    """Settings of every job of a study, by the rule and its wildcards."""
    found = {}

    def add(rule, **wildcards):
        found[rule, *wildcards.values()] = getattr(jobs, rule)(study, SimpleNamespace(**wildcards))

    for name, entry in study.config.problem_sets.items():
        if isinstance(entry, HubSet):
            add("download_problems", problem_set=name)
            add("exclude_duplicates", problem_set=name)
        else:
            found[entry.made_by, name] = jobs.make_problems(study, SimpleNamespace(problem_set=name))
        if study.fits_irt(name):
            add("fit_irt", problem_set=name)
    for name, entry in study.config.models.items():
        if entry.made_by is not None:
            add(entry.made_by, model=name)
    for encoder in study.encoders():
        for rule in ("render_prompts", "cache_activations", "cache_untrained_activations"):
            add(rule, encoder=encoder)
    for name, policy in product(study.problem_sets(), study.config.policies):
        if policy not in study.policies(name):
            continue
        if study.asked_in_messages(policy):
            add("write_messages", problem_set=name, policy=policy)
        for stage in ("completions", "rollouts", "outcomes"):
            rule = study.made_by(stage, policy)
            if rule not in (None, "summarise_outcomes"):
                add(rule, problem_set=name, policy=policy)
        if (name, policy) in study.sampled():
            add("record_rollouts", problem_set=name, policy=policy)
        if study.predictions_by(name) not in ("cross_fit_predictors", "pool_predictions"):
            add(study.predictions_by(name), problem_set=name, policy=policy)
        if study.imports_activations(name, policy):
            add("import_activations", problem_set=name, policy=policy)
        if study.trained(name):
            add("train_probes", problem_set=name, policy=policy)
    for name in study.problem_sets():
        add("evaluate_probes", problem_set=name)
        if study.predictions_by(name) == "cross_fit_predictors":
            add("cross_fit_predictors", problem_set=name)
        if study.predictions_by(name) == "cross_fit_probes":
            add("compare_difficulty", problem_set=name)
        if study.trained_jointly(name):
            add("train_joint_probes", problem_set=name)
        if study.compared_encoders(name):
            add("compare_encoders", problem_set=name)
    for pool in study.config.pools:
        for rule in ("price_outcomes", "route_queries", "evaluate_routing"):
            add(rule, pool=pool)
        if pool in study.measured():
            add("measure_routing", pool=pool)
        if pool in study.piloted():
            add("replay_pilot", pool=pool)
        if pool in study.config.return_on_investment:
            add("estimate_return", pool=pool)
            add("write_explorer", pool=pool)
        if pool in exported(study):
            add("export_router", pool=pool)
    for rule in ("check_claims", "write_front_page"):
        add(rule)
    return found
