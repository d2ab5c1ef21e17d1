"""In shadow mode the incumbent answers, and nobody waits for who would have."""

import anyio
import httpx2

from foretell.deployment.decision_log import DecisionLog, Entry
from foretell.deployment.service import Service
from foretell.deployment.serving_settings import ServingSettings
from openai_server import Failure
from running_service import FakeRouter, respond, running, told


def test_in_shadow_mode_the_incumbent_answers_at_once_and_the_log_says_who_would_have(tmp_path, monkeypatch):
    limits = {"routing_seconds": 60.0}
    with running(tmp_path, respond, monkeypatch, incumbent="large", exploration=0.5, limits=limits) as service:
        assert httpx2.get(service.url + "/health").json()["mode"] == "shadow"
        assert told(service.chat("hang")) == "large-1" and service.entries() == [], "who would have is not waited for"
        assert service.chat("easy", stream=True).status_code == 200
    by_choice = {entry["chosen"]: entry for entry in service.entries()}  # a service that ends decides on all
    assert set(by_choice) == {"small", "large"}
    for entry in by_choice.values():
        assert (entry["policy"], entry["served_by"], entry["propensity"]) == ("large", "large", 1.0)
        assert entry["complete"] and entry["status"] == 200 and entry["probabilities"]
        assert entry["seconds"] > 0 and entry["routing_seconds"] > 0


def test_in_shadow_mode_what_cannot_be_decided_is_a_failure_in_the_log_alone(tmp_path, monkeypatch):
    with running(tmp_path, respond, monkeypatch, incumbent="large") as service:
        assert told(service.chat("broken")) == "large-1"
    (entry,) = service.entries()
    assert (entry["failure"], entry["chosen"], entry["served_by"]) == ("routing: RuntimeError", None, "large")


def test_in_shadow_mode_both_failures_are_told(tmp_path, monkeypatch):
    def small_is_down(body, number):
        return Failure(500) if body["model"] == "small-1" else respond(body, number)

    with running(tmp_path, small_is_down, monkeypatch, incumbent="small") as service:
        assert told(service.chat("broken")) == "large-1"
    (entry,) = service.entries()
    assert entry["failure"] == "upstream: small: status 500; routing: RuntimeError"


def test_in_shadow_mode_what_ends_after_the_service_is_logged_all_the_same(tmp_path):
    settings = ServingSettings.model_validate(
        {
            "upstreams": {name: {"base_url": "http://h/v1", "model": name} for name in FakeRouter.policies},
            "fallback": "large",
            "incumbent": "large",
        }
    )

    async def end(service):
        async with anyio.create_task_group() as service._background:
            pass
        service._end_in_shadow(Entry(id="r1", endpoint="/v1/chat/completions", policy="large"), "easy")

    with DecisionLog(tmp_path / "log.jsonl", "an-id") as log:
        anyio.run(end, Service(FakeRouter(), settings, log))
    assert '"id": "r1"' in (tmp_path / "log.jsonl").read_text()
