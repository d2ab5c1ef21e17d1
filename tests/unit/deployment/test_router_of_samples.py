"""A router that chooses how many samples vote is taken away, and served."""

import json

import numpy as np
import pytest
import yaml

from decided import decides_alike
from exported_router import export_by_text
from foretell.deployment.description import RouterDescription
from foretell.deployment.observed import Observed
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
    assert "`small@2`" in card and "6 policies" in card and "`n`" in card
    described = RouterDescription.model_validate(json.loads((exported.folder / "router.json").read_text()))
    assert [(each.of_policy, each.samples) for each in described.policies if each.policy == "large@2"] == [("large", 2)]
    costs = [each.mean_cost for each in described.policies]
    assert costs == sorted(costs) and np.isclose(costs[-1], 4.0)
