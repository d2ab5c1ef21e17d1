"""Which rule makes what of a study, and what each job is told, over all studies and small ones of every other kind."""

import copy
from collections import Counter
from types import SimpleNamespace

import pytest

from foretell.common.errors import UserError
from foretell.common.yaml_files import read_yaml
from foretell.study import files, jobs
from foretell.study.config import complete
from foretell.study.figures import read_manifest
from foretell.study.models import ServerModel
from foretell.study.plan import jobs_of
from foretell.study.program import as_json
from foretell.study.study import COMPLETIONS_BY, Study
from synthetic_studies import SYNTHETIC, all_settings, imported

PUBLISHED = ("config", "recorded", "pocket", "norms", "paper")
IN_ORDER = ("check_claims", "write_front_page")  # show their subjects in the order of the configuration


@pytest.fixture(params=[*PUBLISHED, *SYNTHETIC])
def written(request, pytestconfig):
    """A study as it is written."""
    if request.param in SYNTHETIC:
        return copy.deepcopy(SYNTHETIC[request.param])
    return read_yaml(pytestconfig.rootpath / "config" / f"{request.param}.yaml")


def study_of(config):
    return Study(complete(config, "study.yaml"))


def with_keys_reversed(value):
    """The same mappings, the last key first; lists stay as they are."""
    if isinstance(value, dict):
        return {key: with_keys_reversed(value[key]) for key in reversed(value)}
    return [with_keys_reversed(item) for item in value] if isinstance(value, list) else value


def without_order(value):
    """A JSON value whose lists are sorted."""
    if isinstance(value, dict):
        return {key: without_order(item) for key, item in value.items()}
    return sorted(map(without_order, value), key=as_json) if isinstance(value, list | tuple) else value


def test_the_order_of_keys_changes_no_jobs_settings(written):
    settings, others = (all_settings(study_of(config)) for config in (written, with_keys_reversed(written)))
    assert settings.keys() == others.keys()
    for job, value in settings.items():
        if job[0] in IN_ORDER:
            value, others[job] = without_order(value), without_order(others[job])
        assert as_json(value) == as_json(others[job]), job


def test_no_rule_is_left_out_of_these_tests(pytestconfig):
    studies = [read_yaml(pytestconfig.rootpath / "config" / f"{name}.yaml") for name in PUBLISHED]
    found = {rule for config in [*studies, *SYNTHETIC.values()] for rule, *_ in all_settings(study_of(config))}
    of_several = {"write_report", "resampling", "efforts", "make_problems", "calibrated_on", "connection"}
    making = {"generate_problems", "import_problems", "download_cities", "split_by_group"}
    assert found - making == set(jobs.__all__) - of_several


def test_lists_keep_the_order_of_the_configuration():
    first = imported(outcomes="o.csv")
    second = copy.deepcopy(first)
    second["pools"]["own"]["policies"].reverse()
    for config, order in ((first, ["b", "a"]), (second, ["a", "b"])):
        study, job = study_of(config), SimpleNamespace(pool="own")
        assert list(files.outcomes(study, job)) == order
        families = ["tfidf", "prompt_length"]  # the one that counts, then all others
        assert list(files.routing_predictions(study, job)) == [f"{p}/{family}" for family in families for p in order]
        assert [each["policy"] for each in jobs.write_front_page(study, job)["pools"][0]["policies"]] == order
    first["pools"]["own"]["choose_on"] = ["train", "validation"]
    choosers = jobs.evaluate_routing(study_of(first), SimpleNamespace(pool="own"))["choosers"]
    assert [chooser["chosen_on"] for chooser in choosers] == ["train", "validation"]
    first["probes"] = {"families": ["tfidf", "linear", "prompt_length"], "strengths": [10.0, 1.0]}
    told = jobs.train_probes(study_of(first), SimpleNamespace(problem_set="own", policy="a"))
    assert told["strengths"] == [10.0, 1.0]
    assert told["families"] == ["prompt_length", "tfidf"], "trained in the registry's order, so another reruns nothing"
    first["routing"] = {"routers": ["tolerance", "cascade", "utility"]}
    told = jobs.route_queries(study_of(first), SimpleNamespace(pool="own"))
    assert told["sweep"]["routers"] == ["utility", "cascade", "tolerance"], "in the registry's order likewise"


def assert_each_is_made_once(made, wanted):
    """Whether the lists of what each rule makes have everything that is wanted, once, and nothing else."""
    assert Counter(name for names in made for name in names) == Counter(list(wanted))


def test_everything_is_made_by_exactly_one_rule(written):
    study = study_of(written)
    rules = ("cross_fit_probes", "cross_fit_predictors", "import_predictions", "pool_predictions")
    predictions = [
        (name, family) for names in study.trained_alike().values() for name in names for family in study.trained(name)
    ]
    predictions += [(name, family) for name in study.joint().values() for family in study.trained_jointly(name)]
    for rule in rules:
        for name in study.predicted_by(rule):
            beside = [*study.trained(name), *study.trained_jointly(name)]
            predictions += [(name, family) for family in study.families(name) if family not in beside]
    assert_each_is_made_once([predictions], [(n, family) for n in study.problem_sets() for family in study.families(n)])

    outcomes = [study.policies_by("outcomes", rule) for rule in ("summarise_outcomes", "import_outcomes")]
    rules = ("grade_rollouts", "import_rollouts", "import_recorded_rollouts")
    rollouts = [study.policies_by("rollouts", rule) for rule in rules]
    rules = (*COMPLETIONS_BY.values(), "import_completions")
    completions = [study.policies_by("completions", rule) for rule in rules]
    assert_each_is_made_once(outcomes, study.config.policies)
    assert_each_is_made_once(rollouts, outcomes[0])
    assert_each_is_made_once(completions, rollouts[0])

    rules = ("generate_problems", "import_problems", "download_cities", "split_by_group", "exclude_duplicates")
    assert_each_is_made_once(map(study.problems_by, rules), study.config.problem_sets)
    rules = ("train_tiny_model", "import_weights", "download_model")
    checkpoints = [name for name, model in study.config.models.items() if not isinstance(model, ServerModel)]
    assert_each_is_made_once(map(study.models_by, rules), checkpoints)


EXPECTED = {
    "config": {"tiny_math": "train_probes", "tiny_code": "train_probes"},
    "recorded": {
        "math-half-0": "import_predictions",
        "math-half-1": "import_predictions",
        "math": "pool_predictions",
        "gsm8k": "cross_fit_predictors",
    },
    "pocket": {"cities": "train_probes", "cities-by-country": "train_probes"},
    "norms": {"general_knowledge": "cross_fit_probes"},
    "paper": dict.fromkeys(["math", "gsm8k", "aime", "e2h_amc", "gpqa", "livecodebench", "polymath"], "train_probes"),
    "completions": {"own": "train_probes"},
    "rollouts": {"own": "train_probes"},
    "outcomes": {"own": "train_probes"},
    "activations": {"own": "train_probes"},
    "predictions": {"own": "import_predictions"},
    "invested": {"own": "train_probes"},
    "piloted": {"own": "train_probes"},
    "cross-fitted": {"own": "cross_fit_predictors"},
    "asked": {"own": "train_probes"},
    "asked-and-cross-fitted": {"own": "cross_fit_probes"},
    "two-splits": {"own": "train_probes", "by-group": "train_probes"},
    "rivals": {"own": "train_probes"},
    "trained": {"tiny_math": "train_probes"},
    "mixed": {"own": "train_probes"},
    "served": {"own": "train_probes"},
    "from-record": {"own": "train_probes"},
    "alone": {"own": "train_probes"},
    "answered-by-people": {"own": "train_probes"},
}


def test_predictions_are_made_by_the_rule_that_fits(request, written):
    study = study_of(written)
    expected = EXPECTED[request.node.callspec.params["written"]]
    assert {name: study.predictions_by(name) for name in study.problem_sets()} == expected


@pytest.mark.parametrize(
    ("name", "stages"),
    [
        ("completions", ("import_completions", "grade_rollouts", "summarise_outcomes")),
        ("rollouts", (None, "import_rollouts", "summarise_outcomes")),
        ("outcomes", (None, None, "import_outcomes")),
        ("predictions", (None, None, "import_outcomes")),
        ("asked", ("generate_completions", "grade_rollouts", "summarise_outcomes")),
        ("from-record", (None, "import_recorded_rollouts", "summarise_outcomes")),
    ],
)
def test_each_form_enters_the_flow_at_its_stage(name, stages):
    study = study_of(SYNTHETIC[name])
    assert tuple(study.made_by(stage, "a") for stage in ("completions", "rollouts", "outcomes")) == stages


def test_what_probes_read_follows_from_where_activations_come_from():
    of = {name: study_of(SYNTHETIC[name]) for name in ("activations", "completions", "asked", "two-splits")}
    job = SimpleNamespace(problem_set="own", policy="a")
    assert files.activations(of["activations"], job) == {
        "a": [f"activations/own/a/imported.{end}" for end in ("safetensors", "json")]
    }
    assert files.activations(of["completions"], job) == {} and "linear" not in of["completions"].families("own")
    names = [f"{shard}.{end}" for shard in ("000-of-002", "001-of-002") for end in ("safetensors", "json")]
    shards = [f"activations/own/m/{name}" for name in names]
    assert files.activations(of["asked"], job) == {"m": shards}
    second = SimpleNamespace(problem_set="by-group", policy="a")
    assert files.activations(of["two-splits"], second) == {"m": shards}, "a second split shares them"


def test_layers_and_positions_choose_what_is_cached_and_retrain_by_what_they_leave():
    for name, rule, job in (
        ("asked", "cache_activations", {"encoder": "m"}),
        ("activations", "import_activations", {"problem_set": "own", "policy": "a"}),
    ):
        config = copy.deepcopy(SYNTHETIC[name])
        before = all_settings(study_of(config))
        config["probes"] = {"layers": [-1, 0], "positions": [-1]}
        after = all_settings(study_of(config))
        told = getattr(jobs, rule)(study_of(config), SimpleNamespace(**job))
        assert told["layers"] == [-1, 0] and told["positions"] == [-1]
        changed = {rule for rule, *_ in before if before[rule, *_] != after[rule, *_]} - {"write_report"}
        assert changed == {rule, *(["cache_untrained_activations"] if name == "asked" else [])}
    config["probes"]["positions"] = [0]
    with pytest.raises(UserError, match=r"key 'probes.positions.0'.*less than 0"):
        study_of(config)


def test_prompts_are_told_at_which_other_efforts_they_are_read(pytestconfig):
    study = study_of(read_yaml(pytestconfig.rootpath / "config" / "config.yaml"))
    told = {name: jobs.render_prompts(study, SimpleNamespace(encoder=name)) for name in study.encoders()}
    assert [other["effort"] for name in ("small-low", "small-high") for other in told[name]["others"]] == [
        "high",
        "low",
    ]
    assert "others" not in told["coder-small-low"]


def test_an_imported_policy_is_read_by_the_encoder_that_it_names():
    study = study_of(SYNTHETIC["mixed"])
    assert study.families("own") == study.config.probes.families, "all that a model's own policies have"
    job = SimpleNamespace(problem_set="own", policy="b")
    assert files.prompts(study, job) == {"m-plain": ["prompts/own/m-plain.parquet"]}
    shards = [f"activations/own/m-plain/{shard}" for shard in ("000-of-002", "001-of-002")]
    assert files.activations(study, job) == {
        "m-plain": [f"{s}.{end}" for s in shards for end in ("safetensors", "json")]
    }
    planned = jobs_of(study)
    assert ("render_prompts", {"problem_set": "own", "encoder": "m-plain"}) in planned
    assert ("cache_activations", {"problem_set": "own", "encoder": "m-plain", "shard": "001-of-002"}) in planned
    assert not [job for rule, job in planned if rule == "generate_completions" and job["policy"] == "b"]
    pool = SimpleNamespace(pool="own")
    priced = jobs.price_outcomes(study, pool)["policies"]
    assert priced["b"] == {
        "encoder": "m-plain",
        "reader_price": 1.0,
        "input_price": 8.0,
        "output_price": 9.0,
        "estimated": False,
    }
    assert "reader_price" not in priced["a"] and files.reader_prompts(study, pool) == {
        "b": ["prompts/own/m-plain.parquet"]
    }


def test_one_policy_alone_is_probed_and_routes_nothing():
    study = study_of(SYNTHETIC["alone"])
    rules = {rule for rule, _ in jobs_of(study)}
    assert {"generate_completions", "cache_activations", "train_probes", "evaluate_probes"} <= rules
    assert not rules & {"price_outcomes", "route_queries", "evaluate_routing"}


def test_difficulty_is_compared_where_problems_are_split_and_have_norms_that_are_read():
    alone = SYNTHETIC["alone"]
    entry = alone["problem_sets"]["own"]
    columns = {**entry["problems"].get("columns", {}), "reference_difficulty": "rating"}
    normed = {**alone, "problem_sets": {"own": {**entry, "problems": {**entry["problems"], "columns": columns}}}}
    read = {**normed, "probes": {"targets": ["reference_difficulty", "success_rate", "majority_correct"]}}
    found = []
    for each in (alone, normed, read):
        for figures in (["T2"], ["T2", "T1", "F1"]):
            study = study_of({**each, "figures": figures})
            found.append(("compare_difficulty", {"problem_set": "own"}) in jobs_of(study))
    assert found == [False] * 5 + [True]
    assert files.permutations(study, SimpleNamespace(problem_set="own")) == {}


def test_recorded_runs_are_priced_as_assumed_and_others_by_their_tokens(pytestconfig):
    study = study_of(read_yaml(pytestconfig.rootpath / "config" / "recorded.yaml"))
    priced = jobs.price_outcomes(study, SimpleNamespace(pool="math"))["policies"]
    assert {policy: each["assumed_cost"] for policy, each in priced.items()} == {
        policy: study.policy(policy).assumed_cost for policy in study.pool("math").policies
    }
    priced = jobs.price_outcomes(study, SimpleNamespace(pool="gsm8k"))["policies"]
    prices = [(each["input_price"], each["estimated"]) for each in priced.values()]
    assert prices == [(0.2, True), (0.9, True), (0.9, True)]


def test_layers_are_shown_where_probes_of_the_success_rate_are_trained(pytestconfig):
    folder = pytestconfig.rootpath / "config"
    figure = read_manifest(read_yaml(folder / "figures.yaml"))["F3"]
    recorded, default = (read_yaml(folder / f"{name}.yaml") for name in ("recorded", "config"))
    assert figure.sets(study_of(recorded)) == [], "recorded probes come without their sweep"
    assert figure.sets(study_of(default)) == ["tiny_math", "tiny_code"]
    default["probes"]["targets"].remove("success_rate")
    assert figure.sets(study_of(default)) == []


def test_a_pool_of_folds_routes_nothing_itself(pytestconfig):
    planned = jobs_of(study_of(read_yaml(pytestconfig.rootpath / "config" / "recorded.yaml")))
    routed = {job["pool"] for rule, job in planned if rule == "route_queries"}
    assert routed == {"math-half-0", "math-half-1", "gsm8k"}
    assert ("evaluate_routing", {"pool": "math"}) in planned
