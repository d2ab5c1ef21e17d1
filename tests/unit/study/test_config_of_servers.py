"""Models on servers, and engines, in a configuration."""

import copy
import json
import math
from types import SimpleNamespace

import pytest

from broken_studies import message, set_key
from foretell.study import estimates, files, jobs
from foretell.study.checks import missing_keys
from foretell.study.plan import jobs_of
from foretell.study.program import program_parameters
from openai_server import KEY
from synthetic_studies import SYNTHETIC

JOB = SimpleNamespace(problem_set="own", policy="b", shard="000-of-002", pool="own")


@pytest.fixture
def served(opened, tmp_path, monkeypatch):
    """A study that asks a server, and its questions."""
    (tmp_path / "p.csv").write_text("problem_id,question,answer\n")
    monkeypatch.setenv("WISE_KEY", KEY)
    config = copy.deepcopy({**SYNTHETIC["served"], "records": str(tmp_path)})
    config["models"]["s"]["key"] = "WISE_KEY"
    return config


def test_a_model_on_a_server_is_read_for_by_one_of_the_study(served, opened):
    study = opened(served)
    assert study.encoder("b") == "m" and study.encoder("c") == "m-plain"
    assert files.asked(study, JOB) == {"b": ["messages/own/b.parquet"]}
    assert files.asked(study, SimpleNamespace(problem_set="own", policy="c")) == {
        "m-plain": ["prompts/own/m-plain.parquet"]
    }
    prices = jobs.price_outcomes(study, JOB)["policies"]["b"]
    assert prices["encoder"] == "m" and prices["reader_price"] == 1.0
    assert files.reader_prompts(study, JOB) == {"b": ["prompts/own/m.parquet"], "c": ["prompts/own/m-plain.parquet"]}
    planned = {(rule, of.get("policy")) for rule, of in jobs_of(study)}
    assert {("write_messages", "b"), ("ask_server", "c"), ("generate_completions_with_vllm", "d")} <= planned
    assert ("write_messages", "c") not in planned


def test_how_a_server_is_reached_reruns_nothing_and_its_key_is_only_named(served, opened, pytestconfig):
    script = pytestconfig.rootpath / "scripts" / "generate_completions.py"

    def parameters(config):
        given = program_parameters(script, opened(config), jobs.ask_server, connection=jobs.connection, shard=True)
        line = given["arguments"](JOB, {"prompts": "m.parquet"}, {"completions": "c.parquet"}, 1)
        return given["settings"](JOB), line

    settings, line = parameters(served)
    assert KEY not in line and "WISE_KEY" in line and "WISE_KEY" not in settings
    served["models"]["s"] |= {"concurrency": 99, "timeout": 3, "attempts": 1}
    assert parameters(served)[0] == settings
    assert json.loads(settings)["server"]["effort"] == "low"
    served["models"]["s"]["body"] = {"service_tier": "flex"}
    assert parameters(served)[0] != settings


def test_the_plan_has_what_a_server_will_charge(served, opened, monkeypatch):
    monkeypatch.setattr(estimates, "count_problems", lambda *_: 1000)
    study = opened(served)
    work = estimates.estimate(study, jobs_of(study), estimates.Assumptions(prompt_tokens=100)).set_index("about")
    asked = work.loc["own/c"]
    assert asked.rule == "ask_server" and math.isnan(asked.gpu_hours)
    assert asked.prompt_tokens == 2 * 1000 * 100 and asked.completion_tokens == 1000 * 3 * 5
    assert asked.dollars == pytest.approx((200_000 * 1.0 + 15_000 * 2.0) / 1e6)
    assert work.loc["own/d"].rule == "generate_completions_with_vllm"


def broken(opened, config, key, value):
    set_key(config, key, value)
    return message(config, opened)


BROKEN = [
    ("policies.b.encoder", None, "key 'policies.b.encoder' is missing: 's' is on a server"),
    ("policies.b.encoder", {"model": "t"}, "key 'policies.b.encoder.model': 't' is on a server"),
    ("policies.d.encoder", {"model": "s"}, "key 'policies.d.encoder.model': 's' is on a server"),
    ("policies.b.prompt", "none", "key 'policies.b.prompt': 'none' is not defined"),
    ("policies.c.prompt", "plain", "key 'policies.c.prompt': the endpoint completions is sent what 'encoder' reads"),
    ("policies.c.effort", "low", "key 'policies.c.effort': the endpoint completions"),
    (
        "prompts.plain",
        {"user": "{question}", "answer_start": "It is"},
        "key 'policies.b.prompt': 'plain' has 'answer_start'",
    ),
    ("models.s.body", {"n": 3}, "key 'models.s.body': 'n' follows from the other keys"),
    ("models.s.body", {"temperature": 0.2}, "give null, for a server that takes none"),
    ("policies.b.template_arguments", {"x": True}, "key 'policies.b.template_arguments': a server renders by itself"),
    ("policies.b.temperature", 0.7, "key 'policies.b.temperature': 's' takes none"),
    ("models.s.url", "ftp://here", "key 'models.s.url': it must be an address"),
    ("models.m.engine", "llama", "key 'models.m.engine'"),
    ("models.m.engine", "openai", "key 'models.m.engine': a model on a server has 'source: server', with its 'url'"),
    (
        "models.m.size",
        {"parameters": 1, "active": 2, "layers": 1, "width": 1},
        "'active' is 2, and cannot be more than the 'parameters', 1",
    ),
]


@pytest.mark.parametrize("key, value, expected", BROKEN, ids=[case[0] for case in BROKEN])
def test_a_mistake_about_a_server_is_one_message(served, opened, key, value, expected):
    assert expected in broken(opened, served, key, value)


@pytest.mark.parametrize("key", ["url", "key"])
def test_a_key_in_the_wrong_place_is_not_printed(served, opened, key):
    wrong = {"url": f"https://user:{KEY}@host/v1", "key": KEY}[key]
    text = broken(opened, served, f"models.s.{key}", wrong)
    assert f"models.s.{key}" in text and KEY not in text


def test_a_study_is_planned_without_the_servers_key_which_is_missed_when_it_runs(served, opened, monkeypatch):
    monkeypatch.delenv("WISE_KEY")
    study = opened(served)
    (missing,) = missing_keys(study)
    assert missing == "key 'models.s.key': the environment variable WISE_KEY is not set; put the server's key there"
