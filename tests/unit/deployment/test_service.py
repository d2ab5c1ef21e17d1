"""The service answers every client, whatever its router or an upstream does, and says what it did."""

import json
import re
import threading

import httpx2
import pytest
import yaml

from foretell.common.errors import UserError
from foretell.deployment.router import Decision
from foretell.deployment.serving_settings import read_serving_settings
from openai_server import KEY, Failure, answer
from running_service import STREAM, FakeRouter, respond, running, told

CHAT = {"model": "any", "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "easy"}]}


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    limits = {"body_bytes": 2000, "routing_seconds": 0.3, "upstream_seconds": 5.0}
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("service")
        with running(folder, respond, patch, limits=limits) as started:
            yield started


def test_a_chat_goes_to_the_upstream_of_the_chosen_policy(service):
    response = service.chat("easy", temperature=0.5)
    assert response.status_code == 200 and told(response) == "small-1"
    path, headers, body = service.asked[-1]
    assert path == "/v1/chat/completions" and headers["Authorization"] == f"Bearer {KEY}"
    assert (body["model"], body["temperature"], "effort" in body) == ("small-1", 0.5, False)
    entry = service.entries()[-1]
    assert response.headers["x-router-id"] == entry["id"] and response.headers["x-router-policy"] == "small"
    assert (entry["chosen"], entry["served_by"], entry["propensity"], entry["failure"]) == ("small", "small", 1.0, None)
    assert entry["router"] == "an-id", "a log says whose it is"
    assert (entry["probabilities"], entry["prompt_tokens"]) == ({"small": 0.5, "large": 0.9}, 11)
    assert told(service.chat("hard")) == "large-1" and service.asked[-1][2]["effort"] == "high"


def test_texts_in_parts_are_routed_and_pictures_go_to_the_fallback(service):
    text = {"type": "text", "text": "easy"}
    assert told(service.chat([text])) == "small-1"
    assert told(service.chat([text, {"type": "image_url", "image_url": {"url": "x"}}])) == "large-1"
    assert service.entries()[-1]["failure"].startswith("routing: ")


@pytest.mark.parametrize(
    ("text", "failure"),
    [
        ("unreadable", "routing: the prompt cannot be read as the study's were"),
        ("broken", "routing: RuntimeError"),
    ],
)
def test_where_routing_fails_the_fallback_answers(service, text, failure):
    assert told(service.chat(text)) == "large-1"
    entry = service.entries()[-1]
    assert (entry["failure"], entry["chosen"], entry["served_by"]) == (failure, None, "large")
    decision = service.http.post("/route", json={"prompts": [text]}).json()["decisions"][0]
    assert (decision["policy"], decision["failure"]) == ("large", failure)


def test_where_an_upstream_fails_the_fallback_answers_and_where_that_fails_too_an_error_does(service):
    assert told(service.chat("easy")) == "small-1"
    service.router.decide = lambda prompt: Decision("small", 1, {"small": 0.5, "large": 0.9}, 0.25, 1.5, False)
    try:
        assert told(service.chat("down")) == "large-1"
        entry = service.entries()[-1]
        assert (entry["policy"], entry["served_by"]) == ("small", "large")
        assert entry["failure"] == "upstream: small: status 503"
        dead = service.chat("dead")
    finally:
        del service.router.decide
    assert dead.status_code == 502 and dead.json()["error"]["message"] == "no upstream gave an answer"
    entry = service.entries()[-1]
    assert entry["served_by"] is None
    assert entry["failure"] == "upstream: small: status 500; upstream: large: status 500"


def test_the_clients_own_mistake_is_passed_on_without_the_key(service):
    response = service.chat("refused")
    assert response.status_code == 400 and response.json()["error"]["message"] == "no, [key]"
    assert KEY not in service.log.read_text()


def test_an_answer_is_streamed_and_one_that_breaks_off_ends_in_an_error(service):
    whole = service.chat("easy", stream=True)
    assert whole.content == b"".join(STREAM) and whole.headers["content-type"] == "text/event-stream"
    assert service.entries()[-1]["complete"]
    cut = service.chat("cut", stream=True)
    assert cut.content.startswith(STREAM[0]) and b'"the answer broke off"' in cut.content
    entry = service.entries()[-1]
    assert not entry["complete"] and entry["failure"].startswith("upstream: large: ")


def test_decisions_alone_are_told_and_logged(service):
    response = service.http.post("/route", json={"prompts": ["easy", "odd"]})
    first, second = response.json()["decisions"]
    assert (first["policy"], first["unlike"], second["policy"], second["unlike"]) == ("small", False, "large", True)
    assert [entry["id"] for entry in service.entries()[-2:]] == [first["id"], second["id"]]


@pytest.mark.parametrize(
    ("path", "content", "status"),
    [
        ("/route", b"{", 400),
        ("/route", b"[]", 400),
        ("/route", b'{"prompts": [1]}', 400),
        ("/v1/chat/completions", b'{"messages": "hello"}', 400),
        ("/v1/chat/completions", b'{"messages": [{"role": "user", "content": "\\ud800"}]}', 400),
        ("/v1/chat/completions", b'{"messages": [{"role": "user", "content": "a"}], "top_p": NaN}', 400),
        ("/v1/chat/completions", b"[" * 1900, 400),
        ("/v1/chat/completions", b" " * 2001, 413),
        ("/elsewhere", b"{}", 404),
    ],
)
def test_requests_that_cannot_be_answered_are_refused_and_ask_nobody(service, path, content, status):
    asked = len(service.asked)
    response = service.http.post(path, content=content)
    assert response.status_code == status and len(service.asked) == asked


def test_only_health_is_open(service):
    for headers in ({}, {"Authorization": "Bearer no"}, {"Authorization": "Bearer é".encode()}):
        for path in ("/route", "/v1/chat/completions"):
            response = httpx2.post(service.url + path, json={}, headers=headers)
            assert response.status_code == 401 and response.headers["www-authenticate"] == "Bearer"
        assert httpx2.get(service.url + "/metrics", headers=headers).status_code == 401
    health = httpx2.get(service.url + "/health").json()
    assert health == {"status": "ok", "mode": "routing", "policies": ["small", "large"]}


def test_prometheus_is_told_of_decisions_and_failures(service):
    def count(line):
        lines = service.http.get("/metrics").text.splitlines()
        return sum(float(each.split()[-1]) for each in lines if each.startswith(line))

    before = {name: count(name) for name in ('router_decisions_total{policy="small"}', "router_failures_total")}
    service.chat("easy")
    service.chat("broken")
    assert {name: count(name) - value for name, value in before.items()} == dict.fromkeys(before, 1.0)
    assert count("router_in_flight") == 1, "this request alone"


def test_a_router_that_hangs_is_waited_for_no_longer_than_the_limit_and_goes_on_afterwards(tmp_path, monkeypatch):
    limits = {"routing_seconds": 0.05}
    with running(tmp_path, respond, monkeypatch, limits=limits) as service:
        assert told(service.chat("hang")) == "large-1"
        assert service.entries()[-1]["failure"] == "routing: timeout"
        service.router.released.set()
        assert service.chat("easy").status_code == 200


def test_an_upstream_that_hangs_is_waited_for_no_longer_than_the_limit(tmp_path, monkeypatch):
    silent = threading.Event()

    def hang(body, number):
        return Failure(silent=silent) if body["model"] == "small-1" else answer([body["model"]])

    with running(tmp_path, hang, monkeypatch, limits={"upstream_seconds": 0.2}) as service:
        assert told(service.chat("easy")) == "large-1"
        assert service.entries()[-1]["failure"] == "upstream: small: timeout"
        streamed = service.chat("easy", stream=True)
        assert streamed.headers["x-router-policy"] == "large"
        silent.set()


def test_more_requests_than_the_limit_are_refused_at_once(tmp_path, monkeypatch):
    silent, arrived = threading.Event(), threading.Event()

    def hang(body, number):
        arrived.set()
        return Failure(content=json.dumps(answer(["late"])).encode(), silent=silent)

    with running(tmp_path, hang, monkeypatch, limits={"concurrency": 1}) as service:
        first = []
        thread = threading.Thread(target=lambda: first.append(service.chat("easy")))
        thread.start()
        assert arrived.wait(20)
        refused = service.chat("easy")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        assert httpx2.get(service.url + "/health").status_code == 200
        silent.set()
        thread.join()
        assert told(first[0]) == "late" and service.chat("easy").status_code == 200


def test_in_a_pilot_the_incumbent_answers_its_share(tmp_path, monkeypatch):
    drawn = iter([0.2, 0.3, 0.3])
    settings = {"incumbent": "large", "incumbent_share": 0.25}
    with running(tmp_path, respond, monkeypatch, draw=lambda: next(drawn), **settings) as service:
        assert [told(service.chat(text)) for text in ("easy", "easy", "hard")] == ["large-1", "small-1", "large-1"]
        assert [entry["propensity"] for entry in service.entries()] == [0.25, 0.75, 1.0], (
            "both would send what is hard there"
        )
        assert [entry["chosen"] for entry in service.entries()] == ["small", "small", "large"]
        assert httpx2.get(service.url + "/health").json()["mode"] == "pilot"


def test_exploration_sends_its_share_elsewhere_and_logs_propensities(tmp_path, monkeypatch):
    drawn = iter([0.1, 0.9, 0.2])  # explores, takes the second policy; does not explore
    with running(tmp_path, respond, monkeypatch, draw=lambda: next(drawn), exploration=0.2) as service:
        assert [told(service.chat("easy")) for _ in range(2)] == ["large-1", "small-1"]
        assert [entry["propensity"] for entry in service.entries()] == pytest.approx([0.1, 0.9])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fallback": "medium"}, "key 'fallback': 'medium' is none of the router's policies, which are small, large"),
        ({"upstreams": {"small": {"base_url": "http://h/v1", "model": "m"}}}, "'large', which has no upstream there"),
        ({"upstreams": {"tiny": {"base_url": "http://h/v1", "model": "m"}}}, "key 'upstreams.tiny': the router has no"),
        ({"upstreams": {"small": {"base_url": "http://h", "model": "m", "key": KEY}}}, "key 'upstreams.small.key'"),
        ({"incumbent_share": 0.5}, "key 'incumbent_share' is of a pilot: set 'incumbent'"),
        ({"incumbent_share": 0.5, "incumbent": "large", "exploration": 0.1}, "leave out 'exploration'"),
        ({"limit": {}}, "key 'limit': Extra inputs are not permitted"),
    ],
)
def test_a_wrong_key_is_named_before_anything_is_served(tmp_path, change, message):
    upstreams = {policy: {"base_url": "http://h/v1", "model": "m"} for policy in FakeRouter.policies}
    file = tmp_path / "serving.yaml"
    file.write_text(yaml.safe_dump({"upstreams": upstreams, "fallback": "large", **change}))
    with pytest.raises(UserError) as error:
        read_serving_settings(file, FakeRouter.policies)
    assert message in str(error.value) and str(file) in str(error.value) and KEY not in str(error.value)


def test_the_settings_in_the_documentation_are_read(tmp_path, monkeypatch, pytestconfig):
    text = (pytestconfig.rootpath / "docs" / "DEPLOYMENT.md").read_text()
    (block,) = [each for each in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL) if each.startswith("upstreams:")]
    for name in ("LARGE_KEY", "ROUTER_TOKEN"):
        monkeypatch.setenv(name, "x")
    file = tmp_path / "serving.yaml"
    for written in (
        block,
        block.replace("# incumbent_share", "incumbent_share"),
        block.replace("# exploration", "exploration").replace("\nincumbent: ", "\n# incumbent: "),
    ):
        file.write_text(written)
        assert read_serving_settings(file, ["small-low", "large-high"]).fallback == "large-high"
