"""Studies on a user's own files."""

from types import SimpleNamespace

import pytest

from broken_studies import message, set_key
from foretell.study import jobs
from foretell.study.own_files import answered
from foretell.study.own_tables import Table


@pytest.fixture
def own_files(tmp_path):
    """A study on a user's own files."""
    for name in ("p.csv", "a.csv", "b.csv", "a.npz", "a.safetensors"):
        (tmp_path / name).write_text("")
    return {
        "study": "own",
        "title": "Own",
        "evidence": "analogue",
        "records": str(tmp_path),
        "problem_sets": {"own": {"source": "file", "problems": {"file": "p.csv"}}},
        "policies": {
            "a": {"outcomes": {"file": "a.csv"}, "assumed_cost": 1, "assumption": "none"},
            "b": {"completions": {"file": "b.csv"}, "price": {"input": 1, "output": 2}},
        },
        "pools": {"own": {"problem_set": "own", "policies": ["a", "b"]}},
        "figures": ["T4"],
    }


def test_a_study_on_own_files_is_valid_and_gets_its_defaults(own_files, opened):
    completed = opened(own_files).config
    assert completed.policies["a"].outcomes == Table(file="a.csv", format="table", columns={}, where={})
    assert completed.problem_sets["own"].answer_kind == "math"


@pytest.mark.parametrize("given", ["rollouts", "outcomes", "completions"])
def test_where_every_answer_comes_with_its_grade_problems_need_none(own_files, opened, given):
    own_files["policies"]["b"] = {given: {"file": "b.csv"}, "price": {"input": 1, "output": 2}}
    if given == "outcomes":
        own_files["policies"]["b"] = own_files["policies"]["a"]
    making = jobs.make_problems(opened(own_files), SimpleNamespace(problem_set="own"))
    assert making.get("graded", False) == (given != "completions")


@pytest.fixture
def asked(own_files):
    """The same questions, asked of a model."""
    own_files["models"] = {"m": {"source": "path", "path": own_files["records"], "price": {"input": 1, "output": 1}}}
    sampled = {"model": "m", "samples": 2, "temperature": 1.0, "max_tokens": 5}
    own_files["policies"] = {"own-m": sampled, "own-n": {**sampled, "temperature": 0.5}}
    own_files["pools"]["own"]["policies"] = ["own-m", "own-n"]
    return own_files


def test_models_may_be_asked_the_questions_of_a_file_and_probed_as_elsewhere(asked, opened):
    study = opened(asked)
    assert study.predicted_by("train_probes") == ["own"] and "token_gbm" in study.families("own")
    assert study.targets("own") == study.config.probes.targets
    assert study.families("own") == study.config.probes.families


ASKED_MISTAKES = [
    ("problem_sets.own.policies", ["own-x"], "key 'problem_sets.own.policies': 'own-x' is not defined"),
    ("problem_sets.own.cross_fit", {}, "'own-m', 'own-n' have a model and 'own' is cross-fitted"),
    ("models.m.path", "nowhere", "key 'models.m.path': there is no nowhere"),
    ("models.m.chat_template", "none.jinja", "key 'models.m.chat_template': there is no file none.jinja; correct it"),
    ("pools", {}, "no policy is evaluated: name policies in a pool"),
    (
        "policies.own-n",
        {"outcomes": {"file": "a.csv"}, "assumed_cost": 1, "assumption": "none"},
        "key 'policies.own-n.encoder' is missing: for 'own-m', on 'own' too, a model reads the prompts",
    ),
    ("problem_sets.second", {"source": "by_group", "of": "other"}, "key 'problem_sets.second.of': 'other' is not"),
    (
        "problem_sets.cities",
        {
            "source": "cities",
            "package": {"name": "g", "version": "1", "sha256": "0" * 64},
            "countries": "nowhere.csv",
            "sizes": {"train": 9, "validation": 1, "test": 1},
        },
        "key 'problem_sets.cities.countries': there is no file nowhere.csv",
    ),
]


@pytest.mark.parametrize(("key", "value", "expected"), ASKED_MISTAKES, ids=[k for k, _, _ in ASKED_MISTAKES])
def test_a_mistake_about_models_and_files_is_one_message(asked, opened, key, value, expected):
    set_key(asked, key, value)
    assert expected in message(asked, opened)


def test_a_pool_has_local_and_imported_policies_where_a_model_reads_for_these(asked, opened):
    imported = {"outcomes": {"file": "a.csv"}, "assumed_cost": 1, "assumption": "none"}
    asked["policies"]["own-n"] = {**imported, "encoder": {"model": "m"}}
    study = opened(asked)
    assert study.readers("own") == {"own-m": "m", "own-n": "m"} and "token_gbm" in study.families("own")
    asked["policies"]["own-n"]["encoder"] = {"model": "n"}
    assert "key 'policies.own-n.encoder.model': 'n' is not defined" in message(asked, opened)
    asked["policies"]["own-n"] = {**imported, "encoder": {"model": "m"}, "activations": "a.npz"}
    assert "its success is read from 'encoder' or from 'activations'; give one" in message(asked, opened)
    asked["policies"]["own-n"] = {**imported, "predictions": {"file": "a.csv"}}
    assert "key 'policies.own-n.predictions': 'own-m', on 'own' too, has a model" in message(asked, opened)
    asked["policies"]["own-n"] = {**imported, "activations": "a.npz"}
    study = opened(asked)
    assert "linear" in study.families("own") and "token_gbm" not in study.families("own")


def test_one_policy_alone_is_evaluated(asked, own_files, opened):
    one = {**asked, "pools": {}, "policies": {"own-m": asked["policies"]["own-m"]}, "figures": ["T2", "F3", "F4"]}
    one["problem_sets"]["own"]["policies"] = ["own-m"]
    assert opened(one).policies("own") == ["own-m"]
    assert "key 'figures': 'F6' (Cost and accuracy of the utility router) is about a pool, which the study lacks" in (
        message({**one, "figures": ["F6"]}, opened)
    )
    imported = {"completions": {"file": "b.csv"}, "price": {"input": 1, "output": 2}, "activations": "a.npz"}
    assert "linear" in opened({**one, "policies": {"own-m": imported}}).families("own")


def test_a_column_is_a_baseline_where_the_problem_set_names_it(asked, opened):
    assert "metadata" not in opened(asked).families("own")
    asked["problem_sets"]["own"]["metadata"] = ["subject"]
    study = opened(asked)
    assert study.families("own") == [*study.config.probes.families, "metadata"]
    job = SimpleNamespace(problem_set="own", policy="own-m")
    assert jobs.train_probes(study, job)["metadata"] == ["subject"]
    assert jobs.make_problems(study, job)["metadata"] == ["subject"]
    asked["problem_sets"]["own"]["problems"]["columns"] = {"group": "topic"}
    asked["problem_sets"]["own"]["metadata"] = ["topic"]
    assert "the file's column 'topic' is called 'group' here, by the key 'problems.columns'" in message(asked, opened)
    asked["problem_sets"]["own"]["problems"]["columns"] = {"group": "topic", "topic": "subject"}
    assert "metadata" in opened(asked).families("own"), "another of the file's columns has the name here"
    asked["problem_sets"]["own"]["problems"]["columns"] = {}
    asked["problem_sets"]["own"]["metadata"] = ["subject"]
    asked["problem_sets"]["own"] |= {"cross_fit": {}, "policies": ["own-m", "own-n"]}
    asked["pools"] = {}
    assert "key 'problem_sets.own.metadata': 'own' is cross-fitted" in message({**asked, "figures": ["T1"]}, opened)


def test_imported_outcomes_cannot_be_split_anew(own_files, opened):
    own_files["problem_sets"]["second"] = {"source": "by_group", "of": "own"}
    assert "'own' cannot be split anew" in message(own_files, opened)


OWN_MISTAKES = [
    (
        "policies.b.rollouts",
        {"file": "b.csv"},
        "give one of completions, rollouts, outcomes; there are completions, rollouts",
    ),
    ("policies.b.completions", None, "give one of completions, rollouts, outcomes; there are none"),
    ("policies.b.price", None, "give one of 'price', 'assumed_cost' and 'charged: true'"),
    (
        "policies.b.characters_per_token",
        4,
        "key 'policies.b': 'characters_per_token' rests on an assumption",
    ),
    ("policies.a.characters_per_token", 4, "outcomes have no texts to estimate tokens from"),
    ("policies.a.activations", "a.npz", "key 'policies.b.activations' is missing: others on 'own' have it"),
    ("policies.a.outcomes.file", "c.csv", "key 'policies.a.outcomes.file': there is no file"),
    ("policies.a.outcomes.format", "excel", "key 'policies.a.outcomes.format'"),
    ("problem_sets.own.test_share", 1.0, "key 'problem_sets.own.test_share': Input should be less than 1"),
    (
        "problem_sets.own.responses",
        {"file": "people.csv"},
        "key 'problem_sets.own.responses.file': there is no file",
    ),
    (
        "problem_sets.own.problems.file",
        "{p}.csv",
        "braces in its name, which Snakemake takes for a wildcard; rename it",
    ),
    ("problem_sets.own.metadata", ["answer"], "key 'problem_sets.own.metadata': 'answer' is the gold answer"),
    ("shards", 10**9, "key 'shards': Input should be less than or equal to 1000"),
    ("problem_sets.own.answer_kind", "poem", "key 'problem_sets.own.answer_kind'"),
    ("pools.own.policies", ["a", "c"], "'c' is not defined"),
]


@pytest.mark.parametrize(("key", "value", "expected"), OWN_MISTAKES, ids=[f"{k}={v}" for k, v, _ in OWN_MISTAKES])
def test_a_mistake_about_own_files_is_one_message(own_files, opened, key, value, expected):
    set_key(own_files, key, value)
    assert expected in message(own_files, opened)


def test_a_set_is_split_or_cross_fitted(own_files, opened):
    own_files["problem_sets"]["own"] |= {"cross_fit": {}, "test_share": 0.3}
    assert "'cross_fit' predicts each problem from the others, and leaves no 'test_share'" in message(own_files, opened)


def test_activations_need_what_says_which_problems_they_are_of(own_files, opened):
    own_files["policies"]["a"]["activations"], own_files["policies"]["b"]["activations"] = "a.safetensors", "a.npz"
    expected = "key 'policies.a.activations': there is no "
    assert expected in (found := message(own_files, opened)) and "a.json; put it beside" in found


def test_a_cross_fitted_set_is_predicted_from_questions_alone(own_files, opened):
    own_files["problem_sets"]["own"]["cross_fit"] = {}
    opened(own_files)
    for policy in own_files["policies"].values():
        policy["activations"] = "a.npz"
    assert "'own' is cross-fitted" in message(own_files, opened)


def test_probabilities_are_scaled_where_they_are_imported(own_files, opened):
    own_files["problem_sets"]["own"]["recalibrate"] = True
    assert "key 'problem_sets.own.recalibrate': its policies have no 'predictions'" in message(own_files, opened)
    for policy in own_files["policies"].values():
        policy["predictions"] = {"file": "a.csv"}
    job = SimpleNamespace(problem_set="own", policy="a")
    study = opened(own_files)
    assert jobs.import_predictions(study, job)["recalibrate"] and jobs.calibrated_on(study, "own") == "validation"
    own_files["problem_sets"]["own"]["recalibrate"] = False
    study = opened(own_files)
    assert "recalibrate" not in jobs.import_predictions(study, job) and jobs.calibrated_on(study, "own") == "elsewhere"


def test_nothing_is_scaled_for_a_policy_without_probabilities_where_none_is_routed(own_files, opened):
    own_files["pools"], own_files["figures"] = {}, ["T2"]
    own_files["problem_sets"]["own"] |= {"policies": ["a", "b"], "recalibrate": True}
    assert "key 'problem_sets.own.recalibrate': its policies have no 'predictions'" in message(own_files, opened)
    for policy in own_files["policies"].values():
        policy["predictions"] = {"file": "a.csv"}
    assert jobs.import_predictions(opened(own_files), SimpleNamespace(problem_set="own", policy="b"))["recalibrate"]


def test_problems_that_a_policy_lacks_are_left_out_when_they_are_imported(own_files, opened):
    own_files["policies"]["a"]["missing"] = "leave_out"
    study, job = opened(own_files), SimpleNamespace(problem_set="own")
    assert list(jobs.make_problems(study, job)["answered"]) == ["a"] == list(answered(study, job))
