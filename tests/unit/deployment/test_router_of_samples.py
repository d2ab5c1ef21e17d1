"""A router that chooses how many samples vote is taken away, and served."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import yaml

from decided import decides_alike
from exported_router import export_by_text
from foretell.deployment.description import Chosen, Probe, RouterDescription
from foretell.deployment.export import _at_samples, _Made
from foretell.deployment.loaded_probe import LoadedProbe
from foretell.deployment.logged import Log
from foretell.deployment.observed import Observed
from foretell.deployment.refreshing import Evidence, keep_or_choose
from foretell.deployment.router import Router
from foretell.deployment.serving_settings import read_serving_settings, with_samples
from foretell.routing.arms import arm_of

SAMPLES = 3


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    return export_by_text(tmp_path_factory.mktemp("texts"), "tfidf", SAMPLES)


@pytest.fixture(scope="module")
def router(exported):
    return Router.load(exported.folder)


def test_it_decides_as_its_study_did_at_every_operating_point(exported, router):
    assert set(router.policies) == {
        *("small", "large"),
        *(arm_of(policy, samples) for policy in ("small", "large") for samples in (1, 2)),
    }
    success, _ = router.predict(exported.questions["test"])
    decided = exported.decisions[exported.decisions.family == "tfidf"]
    points, seen = decides_alike(router, decided, success, decided.problem_id.unique())
    assert points == 10 and seen & {"small@1", "large@1"}, "some prompts go to fewer samples"


def test_a_decision_says_how_many_samples_vote_and_what_these_cost(exported, router):
    question = exported.questions["test"][0]
    [decision] = router.at("utility", operating_point=1e6).route([question])
    assert (decision.policy, decision.samples) == ("small@1", 1)
    assert decision.expected_cost == pytest.approx(1.0 / SAMPLES)
    probability = decision.probabilities
    assert abs(probability["small@1"] - 0.5) < abs(probability["small"] - 0.5), "as what is right there"


def test_the_incumbent_is_a_policy_at_all_of_its_samples(exported, router):
    description = router.description
    better = [
        each.model_copy(update={"accuracy": dict.fromkeys(each.accuracy, 1.0 if each.policy == "large@1" else 0.5)})
        for each in description.policies
    ]
    changed = description.model_copy(update={"policies": better})
    observed = Observed(exported.folder, changed, {}, router.chosen, None)
    assert observed.policies[observed.incumbent(None)] in ("small", "large")
    assert observed.policies[observed.incumbent("large@1")] == "large@1"


def test_one_upstream_of_a_policy_is_asked_for_as_many_answers_as_vote(router, tmp_path):
    file = tmp_path / "serving.yaml"
    upstreams = {
        policy: {"base_url": f"http://{policy}/v1", "model": policy, "body": {"effort": "high"}}
        for policy in ("small", "large")
    }
    file.write_text(yaml.safe_dump({"upstreams": upstreams, "fallback": "large"}))
    settings = with_samples(read_serving_settings(file, router.asked), router.description.policies)
    assert list(settings.upstreams) == router.policies
    asked = {name: (each.model, each.body["n"]) for name, each in settings.upstreams.items()}
    assert asked["small@2"] == ("small", 2) and asked["large"] == ("large", SAMPLES)
    assert settings.upstreams["small@1"].body == {"effort": "high", "n": 1}


def test_where_the_number_of_samples_is_unknown_the_client_says_it(router, tmp_path):
    file = tmp_path / "serving.yaml"
    upstreams = {
        policy: {"base_url": "http://h/v1", "model": policy, "body": {"n": 5}} for policy in ("small", "large")
    }
    file.write_text(yaml.safe_dump({"upstreams": upstreams, "fallback": "large"}))
    unknown = [
        each.model_copy(update={"samples": None}) if each.policy == "large" else each
        for each in router.description.policies
    ]
    settings = with_samples(read_serving_settings(file, router.asked), unknown)
    assert settings.upstreams["large"].body == {"n": 5} and settings.upstreams["small"].body == {"n": SAMPLES}


def test_each_question_is_scored_once_for_all_numbers_of_samples(exported, router, monkeypatch):
    asked, score = [], LoadedProbe.score
    monkeypatch.setattr(LoadedProbe, "score", lambda self, *given: asked.append(self) or score(self, *given))
    router.predict(exported.questions["test"][:3])
    assert len(asked) == 2


def test_a_refreshed_router_is_held_against_policies_at_all_of_their_samples(router):
    """Where no operating point is accurate enough, the best whole policy takes its place, though an arm is as good."""
    policies = [each.model_copy(update={"accuracy": {"fitted": 1.0}}) for each in router.description.policies]
    rng, n = np.random.default_rng(0), 4000
    sent = rng.integers(len(policies), size=n)
    probability = np.full((n, len(policies)), 0.5)
    right = np.array([0.9 if each.policy == "large@2" else 0.6 if each.policy == "large" else 0.1 for each in policies])
    correct = (rng.random(n) < right[sent]).astype(float)
    zeros, ones = np.zeros(n), np.full(n, 1 / len(policies))
    log = Log(probability, zeros, sent, sent, sent, ones, zeros, correct, np.ones(n, dtype=bool))
    half = Evidence.of(log, np.tile(right, (n, 1)), np.array([each.mean_cost for each in policies]), False)
    missed = Chosen(router="cascade", criterion="match", choice="x", operating_point=0.0, policy=None)
    kept = keep_or_choose(missed, policies, half)
    assert kept.policy in (None, "large") and "large@2" not in (kept.policy,)
    above = missed.model_copy(update={"criterion": "accuracy", "value": 0.99})
    assert keep_or_choose(above, policies, half).policy == "large"


def test_a_policy_without_a_probe_has_a_constant_of_its_own_at_fewer_samples():
    split = np.repeat(["train", "test"], [40, 20])
    correct = np.column_stack([np.full(60, 0.5), np.tile([0.0, 1.0, 1.0], 20)])
    pool = SimpleNamespace(split=split, correct=correct, whole=np.array([False, True]))
    made = _Made(Probe(constant=0.66, reason="few"), {}, np.full(60, 0.66), None)
    assert _at_samples(pool, 1, made) is made
    fewer = _at_samples(pool, 0, made)
    assert fewer.probe.constant == fewer.probability[0] == pytest.approx(0.5, abs=0.02) and fewer.probe.reason == "few"


def test_a_router_of_whole_policies_leaves_to_the_client_how_many_are_asked_for(tmp_path, exported):
    whole = Router.load(export_by_text(tmp_path, "tfidf").folder)
    assert whole.asked == whole.policies == ["small", "large"]
    file = tmp_path / "serving.yaml"
    upstreams = {policy: {"base_url": "http://h/v1", "model": policy} for policy in whole.asked}
    file.write_text(yaml.safe_dump({"upstreams": upstreams, "fallback": "large"}))
    settings = read_serving_settings(file, whole.asked)
    assert with_samples(settings, whole.description.policies) == settings


def test_the_card_and_the_folder_say_so(exported):
    card = (exported.folder / "README.md").read_text(encoding="utf-8")
    assert "`small@2`" in card and "one of 2 policies at 1 to 3 samples" in card and "`n`" in card
    rows = {line.split("`")[1]: line for line in card.splitlines() if line.startswith("| `")}
    assert rows["small@1"].endswith("| not measured |") and not rows["small"].endswith("| not measured |")
    described = RouterDescription.model_validate(json.loads((exported.folder / "router.json").read_text()))
    assert [(each.of_policy, each.samples) for each in described.policies if each.policy == "large@2"] == [("large", 2)]
    costs = [each.mean_cost for each in described.policies]
    assert costs == sorted(costs) and np.isclose(costs[-1], 4.0)
