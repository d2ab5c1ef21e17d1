"""LiteLLM's router sends a chat where an exported router says."""

import asyncio

import pytest

from exported_router import export_by_text
from foretell.common.errors import UserError
from foretell.deployment.litellm_strategy import RouterStrategy
from foretell.deployment.router import Router


def deployment(group, policy):
    parameters = {"model": f"openai/{policy}", "mock_response": policy, "api_key": "x"}
    return {"model_name": group, "litellm_params": parameters, "model_info": {"id": policy}}


MODELS = [deployment("routed", "small"), deployment("routed", "large"), deployment("other", "third")]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return export_by_text(tmp_path_factory.mktemp("texts"), "tfidf")


@pytest.fixture(scope="module")
def router(made):
    return Router.load(made.folder).at("utility", operating_point=0.1)


@pytest.fixture(scope="module")
def strategy(router):
    return RouterStrategy(router, MODELS, "routed", fallback="large")


def asked(text):
    return [{"role": "system", "content": "Be brief."}, {"role": "user", "content": text}]


def test_the_chosen_policys_deployment_is_taken(made, router, strategy):
    questions = made.questions["test"]
    expected = [decision.policy for decision in router.route(questions)]
    taken = [strategy.get_available_deployment("routed", asked(each))["model_info"]["id"] for each in questions]
    assert taken == expected and set(taken) == {"small", "large"}

    async def together():
        return await asyncio.gather(*(strategy.async_get_available_deployment("routed", asked(q)) for q in questions))

    assert [each["model_info"]["id"] for each in asyncio.run(together())] == expected


def test_what_cannot_be_routed_goes_to_the_fallback_and_other_groups_to_their_own(strategy):
    picture = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]
    for messages in (None, [], picture):
        assert strategy.get_available_deployment("routed", messages)["model_info"]["id"] == "large"
    assert strategy.get_available_deployment("other", asked("1 + 1")) is MODELS[2]
    with pytest.raises(UserError, match="there is no deployment of 'unknown'"):
        strategy.get_available_deployment("unknown", asked("1 + 1"))


def test_a_policy_without_a_deployment_and_ambiguous_groups_are_refused(router):
    with pytest.raises(UserError, match="'routed' has no deployment of policy 'large'; give one 'model_info"):
        RouterStrategy(router, MODELS[:1], "routed", fallback="small")
    with pytest.raises(UserError, match="'other' has several deployments"):
        RouterStrategy(router, [*MODELS, dict(MODELS[2])], "routed", fallback="small")


def test_litellms_own_router_answers_by_it(made, router, strategy, monkeypatch):
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    litellm = pytest.importorskip("litellm", reason="litellm is not installed")
    own = litellm.Router(model_list=MODELS)
    own.set_custom_routing_strategy(strategy)
    for question in made.questions["test"][:6]:
        answer = asyncio.run(own.acompletion("routed", asked(question)))
        assert answer.choices[0].message.content == router.route([question])[0].policy
