import copy
import math
from types import SimpleNamespace

import pytest

from broken_studies import message, set_key
from foretell.common.errors import UserError
from foretell.common.yaml_files import read_yaml
from foretell.models.tiny_checkpoint import build_tokenizer, configuration, shapes
from foretell.study import files, jobs
from foretell.study.checks_of_pools import pool_mistakes
from foretell.study.config import complete
from foretell.study.figures import final_files
from foretell.study.open import open_study
from synthetic_studies import imported


@pytest.fixture
def recorded(configs, tmp_path):
    """The study on recorded outcomes, whose files are there."""
    for file in ("paper_records/problems.parquet", "paper_records/outcomes.parquet", "gsm8k/recorded_rollouts.parquet"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text("")
    return {**copy.deepcopy(configs["recorded"]), "records": str(tmp_path)}


def test_the_study_on_recorded_outcomes_is_valid(recorded, opened):
    study = opened(recorded)
    assert study.pool("math").problem_set == "math" and study.folds("math") == ["math-half-0", "math-half-1"]


def test_a_completed_configuration_reads_as_itself(configs, recorded):
    """The report is made from it."""
    for config in (*configs.values(), recorded):
        completed = complete(config, "config.yaml")
        assert complete(completed.model_dump(exclude_none=True), "config.yaml") == completed


def test_the_default_study_is_valid_and_gets_its_defaults(config, opened):
    before = copy.deepcopy(config)
    completed = opened(config).config
    policy = completed.policies["small-low"]
    assert (policy.top_p, policy.top_k, policy.stop) == (1.0, None, [])
    assert completed.models["small"].batch == 32
    assert completed.pools["tiny"].choose_on == ["validation"]
    assert config == before, "the user's own mapping stays as it is"


PRICE = {"input": 1, "output": 1}
BROKEN = [
    ("seeds", 2, "unknown key 'seeds'"),
    ("models.small.widht", 48, "unknown key 'models.small.widht'"),
    ("policies.small-low.temprature", 1.0, "unknown key 'policies.small-low.temprature'"),
    ("probes.fold", 3, "unknown key 'probes.fold'"),
    ("models.small.width", "wide", "'models.small.width'"),
    ("models.small.width", 50, "'models.small.width'"),
    ("models.small.steps", 0, "'models.small.steps'"),
    ("policies.small-low.samples", 0, "'policies.small-low.samples'"),
    ("policies.small-low.temperature", 0, "at 'temperature' 0 all completions are the same: give 'samples: 1', not 8"),
    (
        "policies.small-low",
        {"model": "small", "samples": 1, "temperature": 0, "top_k": 5, "max_tokens": 4},
        "leave them out",
    ),
    ("policies.small-low.samples", None, "'policies.small-low.samples' is missing"),
    ("policies.small-low.samples", "8", "key 'policies.small-low.samples': Input should be a valid integer, not '8'"),
    ("policies.small-low.model", None, "key 'policies.small-low.model' is missing"),
    (
        "policies.small-low.outcomes",
        {"file": "o.csv"},
        "unknown key 'policies.small-low.outcomes'",
    ),
    ("policies.small-low", "greedy", "key 'policies.small-low': it must be a mapping"),
    ("policies", ["small-low"], "key 'policies': it must be a mapping"),
    (
        "models.Small",
        {"source": "path", "path": ".", "price": PRICE},
        "key 'models.Small': String should match pattern",
    ),
    ("pools.tiny", "all", "key 'pools.tiny': it must be a mapping"),
    ("models.small", "tiny", "key 'models.small': it must be a mapping"),
    ("models.small.source", None, "key 'models.small.source' is missing"),
    ("models.small.source", "own", "key 'models.small.source': 'own' is none of tiny, package, path, hub"),
    ("models.small.price.input", -1, "'models.small.price.input'"),
    ("policies.small-low.model", "tiny", "'tiny' is not defined; defined are coder-large, coder-small"),
    ("policies.small-low.effort", "medium", "'policies.small-low.effort'"),
    ("policies.small-low.effort", "extreme", "'policies.small-low.effort'"),
    ("policies.small-low.prompt", "chat", "'chat' is not defined; defined are none"),
    ("policies.small-low.stop", [""], "key 'policies.small-low.stop.0': String should have at least 1 character"),
    ("pools.tiny.policies", ["small-low", "huge-low"], "'huge-low' is not defined"),
    ("pools.tiny.policies", ["small-low"], "key 'pools.tiny.policies': it needs at least 2, not ['small-low']"),
    ("pools.tiny.policies", ["small-low", "small-low"], "'pools.tiny.policies'"),
    ("pools.tiny.problem_set", "algebra", "'algebra' is not defined"),
    ("pools.tiny.choose_on", ["test"], "'pools.tiny.choose_on.0'"),
    ("problem_sets.tiny_math.sizes.test", 0, "'problem_sets.tiny_math.sizes.test'"),
    ("problem_sets.tiny_math.sizes.validation", None, "'problem_sets.tiny_math.sizes.validation' is missing"),
    ("problem_sets.tiny_math.sizes.tset", 3, "unknown key 'problem_sets.tiny_math.sizes.tset'"),
    ("problem_sets.tiny_math.sizes.train", 3, "the 5 folds of 'probes.folds' need as many train problems"),
    ("problem_sets.tiny_math.evaluated_operations", [4, 2], "fewest come first"),
    ("problem_sets.tiny_math.evaluated_shares", [0.5, 0.5], "expressions of 2 to 6 operations need 5"),
    ("problem_sets.tiny_math.answer_pattern", "([0-5", "'problem_sets.tiny_math.answer_pattern'"),
    ("problem_sets.tiny_math.without_sandbox", "stop", "unknown key 'problem_sets.tiny_math.without_sandbox'"),
    ("figures", ["T2", "F99"], "'F99' is not in config/figures.yaml"),
    ("study", "org/name", "'study'"),
    ("study", "../up", "'study'"),
    ("evidence", "proof", "'evidence'"),
    ("probes.families", ["tfidf"], "'probes.families'"),
    ("probes.targets", ["success_rate"], "key 'probes.targets': 'majority_correct', by which queries are routed, must"),
    ("routing", {"routers": ["utility"]}, "key 'routing.routers': 'cascade', of which the paper's claims are, must be"),
    ("routing", {"routers": ["utility", "cascade", "knn"]}, "'knn' is none of utility, cascade, tolerance"),
    ("pools.tiny.budget", 0, "'pools.tiny.budget'"),
    ("pools.tiny_code.budget_with_probing", True, "'pools.tiny_code.budget_with_probing': there is no 'budget'"),
    ("pools.tiny.accuracy", 90, "'pools.tiny.accuracy'"),
    (
        "pools.cascade",
        {"problem_set": "tiny_math", "policies": ["small-low", "small-high"]},
        "key 'pools.cascade': this id is the name of a router",
    ),
]


BROKEN_FOLDS = [
    ("pools.math.folds", ["math-half-0", "math-half-2"], "'math-half-2' is not defined"),
    ("pools.math.folds", ["math-half-1", "math-half-0"], "must be the folds of 'math', in the same order"),
    ("pools.math.folds", ["math-half-0"], "'pools.math.folds'"),
    ("pools.math.policies", ["qwen2.5-math-7b", "gpt-oss-20b"], "unknown key 'pools.math.folds'"),
    ("pools.math-half-0.problem_set", "math", "'math' has folds; give the pool 'folds' too"),
    ("pools.math-half-1.cost_sensitivity", 0.2, "math-half-0, math-half-1 differ; give them the same settings"),
    ("problem_sets.math-half-1.dataset", "AIME", "math-half-0, math-half-1 differ; give them the same settings"),
    ("problem_sets.math.folds", ["math-half-0", "other"], "'other' is not defined"),
    ("problem_sets.math.dataset", "AIME", "are of another file or data set than 'math'"),
    ("problem_sets.math-half-1.halves", {"validation": 0, "test": 1}, "report the same half; correct their 'halves'"),
    ("problem_sets.math.pilot_share", 0.5, "folds report all of their test together; leave 'pilot_share' out"),
    ("problem_sets.math.halves", {"validation": 0, "test": 1}, "'problem_sets.math': give either"),
    ("problem_sets.math.folds", None, "'problem_sets.math': give either 'halves' or 'folds'"),
]


def test_folds_have_no_breakpoints_in_common(recorded, opened):
    set_key(recorded, "routing", {"breakpoints": True})
    with pytest.raises(UserError, match=r"key 'routing\.breakpoints': pool 'math' has folds"):
        opened(recorded)


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        (
            {"routing": {"breakpoints": True}, "cross_fit": {"folds": 3}},
            "key 'routing.breakpoints': pool 'own' has folds",
        ),
        ({"pool": {"fewer_samples": True}}, "are taken as they are given"),
        ({"pool": {"fewer_samples": True}, "recalibrate": True}, None),
    ],
)
def test_probabilities_of_fewer_samples_and_breakpoints_need_to_be_comparable(settings, found):
    config = imported(rollouts="r.csv", predictions="p.csv")
    config["pools"]["own"] |= settings.get("pool", {})
    config["problem_sets"]["own"] |= {key: settings[key] for key in ("cross_fit", "recalibrate") if key in settings}
    config["routing"] = settings.get("routing", {})
    mistakes = list(pool_mistakes(complete(config, "study.yaml")))
    assert [found in mistake for mistake in mistakes] == [True] if found else not mistakes


@pytest.mark.parametrize(
    ("pool", "changed", "expected"),
    [
        ("elsewhere", {}, "key 'return_on_investment.elsewhere': 'elsewhere' is not defined"),
        ("math-half-0", {"incumbent": "large"}, "key 'return_on_investment.math-half-0.incumbent': 'large' is not"),
        ("math", {"latency": {"large": 2}}, "key 'return_on_investment.math.latency': 'large' is not defined"),
        ("math", {"latency": {}}, "key 'return_on_investment.math.latency': it lacks qwen2.5-math-1.5b, "),
        ("math", {"price_of_waiting": 1}, "'price_of_waiting' needs 'latency'"),
    ],
)
def test_investments_that_do_not_fit_their_pool_are_named(recorded, opened, pool, changed, expected):
    recorded["return_on_investment"] = {pool: {"queries_per_month": 1000, "assumption": "a guess", **changed}}
    with pytest.raises(UserError) as caught:
        opened(recorded)
    assert expected in str(caught.value)


def test_a_pool_whose_policies_all_cost_nothing_is_refused_before_they_are_sampled(config, opened):
    free = {"input": 0, "output": 0}
    config["models"]["small"]["price"] = free
    opened(config)
    for model in config["models"].values():
        model["price"] = free
    with pytest.raises(UserError, match=r"key 'pools\.tiny': none of its policies costs anything"):
        opened(config)


def test_fewer_samples_need_several_to_begin_with(recorded, config, opened):
    set_key(config, "pools.tiny.fewer_samples", True)
    opened(config)
    set_key(recorded, "pools.math-half-0.fewer_samples", True)
    with pytest.raises(UserError, match=r"key 'pools\.math-half-0\.fewer_samples': no policy of the pool has several"):
        opened(recorded)


@pytest.mark.parametrize(("key", "value", "expected"), BROKEN_FOLDS)
def test_folds_that_do_not_fit_are_named(recorded, opened, key, value, expected):
    set_key(recorded, key, value)
    with pytest.raises(UserError) as caught:
        opened(recorded)
    lines = str(caught.value).splitlines()
    assert any(expected in line for line in lines)
    assert all(line.startswith(("study.yaml: key '", "study.yaml: unknown key '")) for line in lines)
    assert all(".folds'" in line or f"'{key.rsplit('.', 1)[0]}" in line for line in lines), "nothing else is wrong"


@pytest.mark.parametrize(("key", "value", "expected"), BROKEN, ids=[f"{key}={value}" for key, value, _ in BROKEN])
def test_a_broken_config_is_one_message_that_names_file_and_key(config, opened, key, value, expected):
    set_key(config, key, value)
    assert expected in message(config, opened)


def test_several_mistakes_are_reported_at_once(config, opened):
    config["pools"]["tiny"]["policies"] += ["one", "two"]
    with pytest.raises(UserError) as caught:
        opened(config)
    assert len(str(caught.value).splitlines()) == 2


def test_a_key_that_stands_twice_is_refused_with_its_line(tmp_path):
    file = tmp_path / "twice.yaml"
    file.write_text("study: a\npolicies:\n  p: {samples: 1}\n  p: {samples: 2}\n")
    with pytest.raises(UserError, match=r"^\S+twice\.yaml: key 'p' stands twice \(line 4\): keep one of them$"):
        read_yaml(file)


def test_a_file_that_is_no_mapping_is_refused(tmp_path):
    for text in ("- a\n", "study: [\n", ""):
        (tmp_path / "bad.yaml").write_text(text)
        with pytest.raises(UserError, match=r"bad\.yaml"):
            read_yaml(tmp_path / "bad.yaml")


def test_recorded_files_that_are_not_there_are_named(recorded, opened):
    recorded["records"] = "nowhere"
    with pytest.raises(UserError, match=r"problem_sets\.math-half-0\.problems.*there is no file.*'records'"):
        opened(recorded)


def test_both_halves_cannot_be_the_same(recorded, opened):
    recorded["problem_sets"]["math-half-0"]["halves"] = {"validation": 1, "test": 1}
    with pytest.raises(UserError, match=r"math-half-0\.halves.*use 0 and 1"):
        opened(recorded)


def test_prices_are_proportional_to_parameters(config):
    """The default study promises a tenth of a dollar per million tokens and million parameters."""
    completed = complete(config, "config.yaml")
    for entry in completed.models.values():
        learnt = completed.problem_sets[entry.problem_set]
        weights = shapes(configuration(entry, build_tokenizer(learnt.task.alphabet(learnt))))
        millions = sum(map(math.prod, weights.values())) / 1e6
        assert entry.price.input == entry.price.output == pytest.approx(0.1 * millions, rel=0.02)


def test_claims_of_the_paper_are_optional(config, opened, manifest):
    job, whole = SimpleNamespace(), opened(config)
    assert "claims.md" in final_files(whole, manifest) and "claims" not in jobs.check_claims(whole, job)
    some = opened({**config, "claims": ["utility", "cascade"]})
    assert jobs.check_claims(some, job)["claims"] == ["cascade", "utility"]
    none = opened({**config, "claims": False})
    assert not [file for file in final_files(none, manifest) if "claims" in file]
    assert files.claims(none, job) == {} and files.claims(some, job) == {"claims": ["claims.csv"]}
    assert "key 'claims': 'utilty' is not in config/claims.yaml; there are tfidf-greedy" in (
        message({**config, "claims": ["utilty"]}, opened)
    )


def test_a_policy_that_is_evaluated_nowhere_is_refused(config, opened):
    config["pools"]["tiny"]["policies"].remove("large-high")
    assert "key 'policies.large-high': no pool and no problem set names it" in message(config, opened)


def test_a_figure_that_nothing_of_the_study_has_is_refused(config, opened):
    config["figures"] += ["T8"]
    assert "key 'figures': 'T8' (Where people and model differ most) is about a problem set that has human norms" in (
        message(config, opened)
    )


def test_a_figure_of_efforts_is_refused_before_any_job_where_there_is_one_effort(config, opened):
    for model in ("small", "medium", "large"):
        del config["policies"][f"{model}-high"]
    config["pools"]["tiny"]["policies"] = ["small-low", "medium-low", "large-low"]
    assert (
        "'F9' (Reasoning effort) is about a problem set that has a model at several efforts, which the study lacks"
        in (message(config, opened))
    )


def test_a_figure_of_what_a_machine_without_sandbox_leaves_out_is_none_too_many(config, manifest, pytestconfig, opened):
    study = open_study(config, ["study.yaml"], manifest, pytestconfig.rootpath, lambda: "no sandbox")
    assert "tiny_code" in study.left_out and "T3" in study.config.figures
