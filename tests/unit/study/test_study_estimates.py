"""What a study will take, against numbers worked out by hand, and what one figure alone needs."""

import copy
from types import SimpleNamespace

import pandas as pd
import pytest

import plan_study
from foretell.common.errors import UserError
from foretell.study import jobs
from foretell.study.counting import count_problems
from foretell.study.estimates import Assumptions, estimate, guesses
from foretell.study.open import merged, open_study
from foretell.study.plan import jobs_for, jobs_of
from synthetic_studies import SYNTHETIC

ASSUMED = Assumptions(prompt_tokens=100, reading=200, writing=50, dollars_per_hour=2)
LARGE = {
    "source": "hub",
    "id": "someone/large",
    "revision": "0" * 40,
    "size": {"parameters": 20.0, "active": 4.0, "layers": 24, "width": 1000},
    "price": {"input": 1.0, "output": 1.0},
}


@pytest.fixture
def planned(opened, default):
    """The default study with a large model."""
    policy = {"model": "large", "samples": 4, "temperature": 1.0, "max_tokens": 900, "expected_tokens": 500.0}
    default["models"]["large"], default["policies"]["large"] = {**LARGE}, policy
    default["pools"]["tiny"]["policies"] += ["large"]
    return opened(default)


@pytest.fixture
def default(pytestconfig):
    return merged([pytestconfig.rootpath / "config" / "config.yaml"])


def row(study, rule, about):
    work = estimate(study, jobs_of(study), ASSUMED)
    return work[work.rule.eq(rule) & work.about.eq(about)].iloc[0]


def test_completions_take_two_operations_per_active_parameter_and_token(planned):
    # 5,000 problems; four samples and the greedy one, 500 tokens each
    found = row(planned, "generate_completions", "tiny_math/large")
    assert (found.prompt_tokens, found.completion_tokens) == (500_000, 12_500_000)
    seconds = 2 * 4e9 * 500_000 / 200e12 + 2 * 4e9 * 12_500_000 / 50e12
    assert found.gpu_hours == pytest.approx(seconds / 3600)
    assert found.dollars == pytest.approx(2 * seconds / 3600)


def test_an_answer_is_not_expected_to_be_longer_than_it_may_be(planned, opened, default):
    default["policies"]["large"]["max_tokens"] = 100
    assert row(opened(default), "generate_completions", "tiny_math/large").completion_tokens == 2_500_000


def test_activations_take_a_number_per_layer_position_and_width(planned):
    found = row(planned, "cache_activations", "tiny_math/large")
    assert found.gigabytes == pytest.approx(5_000 * 25 * 5 * 1000 * 2 / 1e9)
    assert pd.isna(found.completion_tokens)


def test_a_checkpoint_takes_its_parameters_in_16_bits(planned):
    assert row(planned, "download_model", "large").gigabytes == 40


def test_or_as_many_gigabytes_as_its_files_have(opened, default):
    default["models"]["large"] = {**LARGE, "size": {**LARGE["size"], "gigabytes": 13.7}}
    default["policies"]["large"] = {"model": "large", "samples": 4, "temperature": 1.0, "max_tokens": 900}
    default["pools"]["tiny"]["policies"] += ["large"]
    assert row(opened(default), "download_model", "large").gigabytes == 13.7


@pytest.mark.parametrize(("most", "requests"), [(None, 2), (1, 5), (3, 3)])
def test_a_server_is_sent_the_prompt_and_charges_for_it_with_each_request(opened, default, most, requests):
    server = {"source": "server", "url": "http://127.0.0.1/v1", "name": "w", "samples_per_request": most}
    default["models"]["w"] = {**server, "price": {"input": 1.0, "output": 0.0, "request": 0.5}}
    default["prompts"] = {"ask": {"user": "{question}"}}
    default["policies"]["w"] = {"model": "w", "prompt": "ask", "samples": 4, "temperature": 1.0, "max_tokens": 9}
    default["policies"]["w"]["encoder"] = {"model": "small", "effort": "low"}
    default["pools"]["tiny"]["policies"] += ["w"]
    found = row(opened(default), "ask_server", "tiny_math/w")
    assert found.prompt_tokens == 5_000 * 100 * requests
    assert found.dollars == pytest.approx(5_000 * requests * (0.5 + 100 / 1e6))


def test_what_is_not_known_is_in_no_sum_and_said(opened, default):
    default["models"]["large"] = {key: value for key, value in LARGE.items() if key != "size"}
    default["policies"]["large"] = {"model": "large", "samples": 4, "temperature": 1.0, "max_tokens": 900}
    default["pools"]["tiny"]["policies"] += ["large"]
    study = opened(default)
    assert pd.isna(row(study, "generate_completions", "tiny_math/large").gpu_hours)
    texts = list(guesses(study))
    assert any("storage of large are unknown" in text for text in texts)
    assert any("large are taken to be 'max_tokens' long, which is the most" in text for text in texts)


def test_what_only_the_plan_reads_changes_no_job(planned, opened, default):
    del default["models"]["large"]["size"], default["policies"]["large"]["expected_tokens"]
    unsized, job = opened(default), SimpleNamespace(model="large", policy="large", problem_set="tiny_math")
    for settings in (jobs.download_model, jobs.generate_completions):
        assert settings(planned, job) == settings(unsized, job)


@pytest.mark.parametrize(
    ("label", "some", "none"),
    [
        ("T9", {"summarise_outcomes"}, {"cache_activations", "train_probes", "route_queries"}),
        ("T3", {"train_probes", "evaluate_probes"}, {"route_queries"}),
        ("F6", {"train_probes", "route_queries", "evaluate_routing"}, {"evaluate_probes", "compare_encoders"}),
    ],
)
def test_one_figure_needs_what_it_is_made_from_and_nothing_else(opened, default, manifest, label, some, none):
    study = opened(default)
    rules = {rule for rule, _ in jobs_for(study, manifest[label])}
    assert some <= rules and not none & rules
    assert {tuple(of.items()) for _, of in jobs_for(study, manifest[label])} <= {
        tuple(of.items()) for _, of in jobs_of(study)
    }


@pytest.mark.parametrize("label", ["T4", "F6", "F8"])
def test_a_pools_figure_asks_nothing_of_policies_that_are_in_no_pool(paper, manifest, label):
    """By what the files of its tables are made from."""
    pooled = {(of.problem_set, policy) for of in map(paper.pool, paper.config.pools) for policy in of.policies}
    asked = {
        (of["problem_set"], of["policy"])
        for rule, of in jobs_for(paper, manifest[label])
        if rule == "summarise_outcomes"
    }
    assert asked == pooled
    everything = {of["policy"] for _, of in jobs_for(paper, manifest["F3"]) if "policy" in of}
    assert {policy for _, policy in asked} < everything


def test_policies_that_are_predicted_together_are_all_asked(opened, tmp_path, manifest):
    """One job predicts them, from the outcomes of all."""
    config = copy.deepcopy({**SYNTHETIC["cross-fitted"], "records": str(tmp_path)})
    for file in ("p.csv", "c.csv"):
        (tmp_path / file).touch()
    config["policies"]["c"] = config["policies"]["a"]
    config["problem_sets"]["own"]["policies"] = ["c"]
    asked = {of["policy"] for _, of in jobs_for(opened(config), manifest["T4"]) if "policy" in of}
    assert asked == set(config["policies"])


def test_the_plan_is_printed_for_every_figure(capsys, pytestconfig):
    plan_study.main([])
    printed = capsys.readouterr().out
    for label in merged([pytestconfig.rootpath / "config" / "config.yaml"])["figures"]:
        assert f"| {label}  " in printed
    assert "Assumed, not measured: prompts of 200 tokens (--prompt-tokens), a GPU that does 300 TFLOP/s" in printed


def test_the_plan_of_some_figures_has_their_jobs_alone(capsys, pytestconfig):
    paper = ["--configfile", str(pytestconfig.rootpath / "config" / "paper.yaml"), "--"]
    plan_study.main([*paper, "F6", "F7"])
    rows = {line.split("|")[1].strip(): line.split("|")[2].strip() for line in capsys.readouterr().out.splitlines()
            if line.startswith("|")}  # fmt: skip
    assert rows["F6"] == rows["F7"] == rows["all, up to routing"] and "T2" not in rows
    with pytest.raises(UserError, match="the study does not make F99; it makes T1, T2, "):
        plan_study.main([*paper, "F99"])


def test_the_plan_says_what_a_study_will_be_too_small_for(capsys, pytestconfig):
    plan_study.main(["--configfile", str(pytestconfig.rootpath / "examples" / "logs.yaml")])
    printed = capsys.readouterr().out
    assert "Small: pool 'quiz' has 77 validation problems" in printed


def test_the_plan_says_what_is_wrong_with_a_file(capsys, pytestconfig, tmp_path):
    text = (pytestconfig.rootpath / "examples" / "questions.yaml").read_text()
    (tmp_path / "mine.yaml").write_text(text.replace("group: about", "question: asked"))
    with pytest.raises(SystemExit) as ended:
        plan_study.main(["--configfile", str(tmp_path / "mine.yaml")])
    assert ended.value.code == 1
    assert "Wrong: problem set 'quiz': examples/questions.csv: missing columns ['asked']" in capsys.readouterr().out


@pytest.fixture(scope="module")
def paper(manifest, pytestconfig):
    folder = pytestconfig.rootpath
    return open_study(merged([folder / "config" / "paper.yaml"]), [], manifest, folder, lambda: None)


def test_human_difficulty_is_compared_where_the_test_problems_have_some(paper):
    compared = list(filter(paper.compares_difficulty, paper.problem_sets()))
    assert compared == ["math", "e2h_amc", "livecodebench", "polymath"], "the test of aime is that of aime2025"


@pytest.mark.parametrize("label", ["T1", "T8", "F1"])
def test_a_comparison_of_difficulty_needs_the_evaluation(paper, manifest, label):
    assert {"evaluate_probes", "compare_difficulty"} <= {rule for rule, _ in jobs_for(paper, manifest[label])}


def test_two_ways_to_sample_are_no_two_efforts(paper):
    assert not paper.has_efforts("polymath")
    assert list(filter(paper.has_efforts, paper.problem_sets())) == ["math", "gsm8k", "aime", "e2h_amc", "gpqa"]


def test_assumptions_that_cannot_be_are_one_message():
    with pytest.raises(UserError, match="--reading: Input should be greater than 0"):
        plan_study.main(["--reading", "0"])


def test_problems_of_the_hub_are_counted_by_what_is_expected_of_them(paper):
    counts = {name: count_problems(paper, name) for name in ("math", "aime", "polymath", "livecodebench")}
    assert counts == {"math": 12_500, "aime": 963, "polymath": 9_000, "livecodebench": 1055}
