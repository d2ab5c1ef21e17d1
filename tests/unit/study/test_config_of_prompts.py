"""Keys that say what a model reads: prompts, efforts, template arguments."""

from types import SimpleNamespace

import pytest

from broken_studies import message
from foretell.common.errors import UserError
from foretell.common.yaml_files import read_yaml
from foretell.study import files, jobs
from foretell.study.config import complete
from foretell.study.plan import jobs_of
from foretell.study.study import Study


def test_encoders_that_would_share_their_files_are_refused(config, opened):
    small = config["models"]["small"]
    config["models"] |= {"small-low": small}
    config["policies"]["medium-low"] = {**config["policies"]["medium-low"], "model": "small-low", "effort": "high"}
    opened(config)
    config["policies"]["small-high"] |= {"model": "small", "effort": "low", "prompt": "high"}
    config["prompts"] = {"high": {"user": "{question}"}}
    said = (
        "key 'policies.medium-low': its model, effort, template arguments and prompt make the id 'small-low-high', as"
    )
    assert said in message(config, opened)


def test_policies_that_differ_in_template_arguments_have_encoders_of_their_own(config, opened):
    policy = config["policies"]["small-high"]
    config["policies"] |= {
        "brief": {**policy, "template_arguments": {"thinking_budget": 512, "date_string": "26 Jul 2024"}},
        "quick": {**policy, "template_arguments": {"enable_thinking": False}},
    }
    next(iter(config["pools"].values()))["policies"] += ["brief", "quick"]
    study = opened(config)
    ids = [study.encoder(name) for name in ("small-high", "brief", "quick")]
    assert ids == [
        "small-high",
        "small-high-date_string-26-jul-2024-thinking_budget-512",
        "small-high-enable_thinking-false",
    ]
    told = jobs.render_prompts(study, SimpleNamespace(encoder=ids[2]))
    assert told["template_arguments"] == {"enable_thinking": False} and len(told["others"]) == 3
    config["policies"]["quick"]["template_arguments"] = {"thinking_budget": 512, "date_string": "26-Jul 2024"}
    assert "template arguments and prompt make the id 'small-high-date_string-26-jul" in message(config, opened)
    config["policies"]["quick"]["template_arguments"] = {"reasoning_effort": "none"}
    assert "'effort' is passed as 'reasoning_effort' already: give one of them" in message(config, opened)


def test_an_effort_may_stand_in_the_prompt_where_each_has_its_own(config, opened):
    config["prompts"] = {"brief": {"user": "{question}"}, "steps": {"user": "{question} Step by step."}}
    config["policies"]["small-low"]["prompt"] = "brief"
    config["policies"]["small-high"]["prompt"] = "steps"

    def by_prompt():
        study = opened(config)
        return jobs.render_prompts(study, SimpleNamespace(encoder=study.encoder("small-high"))).get("effort_by_prompt")

    assert by_prompt()
    config["policies"]["small-low"]["prompt"] = "steps"
    assert not by_prompt(), "one prompt for both: only the template can tell them apart"


def test_another_model_may_read_for_one_that_is_run_here(config, opened):
    """It is asked as it is anyway, and the reader's prefill is charged, which no answer goes on from."""
    config["policies"]["small-high"]["encoder"] = {"model": "large", "effort": "low"}
    study = opened(config)
    job = SimpleNamespace(problem_set="tiny_math", policy="small-high", pool="tiny", shard="000-of-001")
    assert files.asked(study, job) == {"small-high": ["prompts/tiny_math/small-high.parquet"]}
    assert files.prompts(study, job) == {"large-low": ["prompts/tiny_math/large-low.parquet"]}
    assert files.checkpoint(study, job).keys() == {"small"}
    assert files.reader_prompts(study, job) == {"small-high": ["prompts/tiny_math/large-low.parquet"]}
    price = jobs.price_outcomes(study, job)["policies"]["small-high"]
    assert (price["encoder"], price["reader_price"]) == ("large-low", config["models"]["large"]["price"]["input"])
    planned = jobs_of(study)
    described = jobs.export_router(study, job)["policies"]["small-high"]
    assert (described["reader"], described["model"], described["effort"]) == ("large-low", "small", "high")
    rendered = {of["encoder"] for rule, of in planned if rule == "render_prompts" and of["problem_set"] == "tiny_math"}
    cached = {of["encoder"] for rule, of in planned if rule == "cache_activations" and of["problem_set"] == "tiny_math"}
    assert rendered - cached == {"small-high"} and "large-low" in cached


def test_an_encoder_is_a_policys_own_if_its_model_reads_as_it_is_asked(config, opened):
    """Even where another one reads for the policy."""

    def own():
        return jobs.evaluate_probes(opened(config), SimpleNamespace(problem_set="tiny_math"))["own_encoders"]

    config["policies"]["small-high"]["encoder"] = {"model": "large", "effort": "low"}
    config["figures"].append("T7")
    assert own()["small-high"] == "large-low", "as it is asked its own model reads for none"
    config["policies"]["small-low"]["encoder"] = {"model": "small", "effort": "high"}
    assert own()["small-high"] == "small-high"


def test_a_reader_without_effort_is_no_effort_of_its_model(pytestconfig):
    config = read_yaml(pytestconfig.rootpath / "config" / "gsm8k.yaml")
    config["policies"]["qwen2.5-coder-1.5b-concise"]["encoder"] = {"model": "qwen2.5-coder-1.5b", "prompt": "concise"}
    config["policies"]["qwen2.5-coder-1.5b-concise"]["effort"] = "high"
    config["policies"]["qwen2.5-coder-1.5b-concise"]["prompt"] = "steps"
    study = Study(complete(config, "gsm8k.yaml"))
    assert study.has_effort_by_prompt("qwen2.5-coder-0.5b") and not study.has_effort_by_prompt("qwen2.5-coder-1.5b")


def test_a_reader_that_is_the_policys_own_or_unknown_is_refused(config, opened):
    config["policies"]["small-high"]["encoder"] = {"model": "small", "effort": "high"}
    assert "key 'policies.small-high.encoder': that is how its own model is asked" in message(config, opened)
    config["policies"]["small-high"]["encoder"] = {"model": "tall"}
    assert "key 'policies.small-high.encoder.model': 'tall' is not defined" in message(config, opened)
    config["policies"]["small-high"] |= {"encoder": {"model": "large", "effort": "low"}, "model": "tall"}
    with pytest.raises(UserError, match=r"key 'policies\.small-high\.model': 'tall' is not defined"):
        opened(config)


UNASKED = [
    ("user", "What is 1 + 1?", "asks the same of every problem; put a field in, as in {question}"),
    ("user", "{{question}}", "asks the same of every problem"),
    ("user", "{question", "has a brace that belongs to no field"),
    ("user", "{ question }", "has a brace that belongs to no field"),
    ("user", "{question.text}", "has a brace that belongs to no field"),
    ("user", "{question!r}", "has a brace that belongs to no field"),
    ("user", "{question} {answer}", "shows the model the gold answer; leave the field 'answer' out"),
    ("user", "{question} {}", "has a brace that belongs to no field"),
    ("user", "{question} in \\boxed{...}", "braces of the text itself are doubled: {{ and }}"),
    ("user", "question}", "has a brace that belongs to no field"),
    ("user", "", "at least 1 character"),
    ("answer_start", "{question", "has a brace that belongs to no field"),
]


@pytest.mark.parametrize(("key", "text", "expected"), UNASKED, ids=[f"{key}={text}" for key, text, _ in UNASKED])
def test_a_prompt_that_does_not_ask_the_problem_is_refused(config, opened, key, text, expected):
    config["prompts"] = {"plain": {key: text, "turns": [{"user": "{question}", "assistant": "}"}]}}
    config["policies"]["small-low"]["prompt"] = "plain"
    text = message(config, opened)
    assert f"key 'prompts.plain.{key}': " in text and expected in text
