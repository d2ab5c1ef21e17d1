"""The studies on pretrained language models, at reduced size: from downloaded packages to figures."""

import json
import subprocess
import sys

import pandas as pd
import pytest
import torch
from scipy.stats import spearmanr

from foretell.common.yaml_files import read_yaml
from foretell.completions.generation import generate
from foretell.completions.policy import Decoding
from foretell.completions.samples import GREEDY
from foretell.models.loading import load_model
from foretell.models.tokenizers import load_tokenizer
from sampled_text import first_tokens_p_value, greedy_without_batches
from workflow_project import RECORDS, ROOT, copy_project, with_checkpoints

CONFIGS = ["config/pocket.yaml", "tests/configs/pocket.yaml"]
MODELS = ["smollm2-135m-instruct", "gemma3-270m"]
SETS = ["cities", "cities-by-country"]


@pytest.fixture(scope="module")
def pocket(tmp_path_factory):
    project = with_checkpoints(copy_project(tmp_path_factory.mktemp("pocket") / "project"))
    run = project.snakemake("--cores", "2", "--configfile", *CONFIGS)
    assert run.returncode == 0, run.stdout[-5000:]
    return project


@pytest.fixture(scope="module")
def results(pocket):
    return pocket.folder / "results" / "pocket"


def test_every_figure_and_table_is_there(results):
    labels = read_yaml(ROOT / "tests" / "configs" / "pocket.yaml")["figures"]
    manifest = read_yaml(ROOT / "config" / "figures.yaml")
    for label in labels:
        folder, suffixes = ("tables", ["csv", "md", "tex"]) if label[0] == "T" else ("figures", ["pdf", "svg", "csv"])
        for name in SETS if manifest[label]["about"] == "problem_set" else ["cities"]:
            for suffix in suffixes:
                assert (results / folder / name / f"{label}.{suffix}").stat().st_size > 0


def test_models_say_where_they_come_from(results):
    for model, quantisation in zip(MODELS, ("Q4_1", "Q4_K_M"), strict=True):
        record = json.loads((results / "models" / model / "source.json").read_text())
        assert record["quantisation"] == quantisation and record["licence"] and record["sums"]["model.safetensors"]


def test_both_models_read_the_same_words_each_in_its_own_form(results):
    chat, plain = (
        pd.read_parquet(results / "prompts" / "cities" / f"{model}-{prompt}.parquet")
        for model, prompt in zip(MODELS, ("question", "statement"), strict=True)
    )
    assert chat.prompt.str.contains("<|im_start|>assistant\n", regex=False).all()
    tokenizer = load_tokenizer(str(results / "models" / MODELS[1]))
    assert plain.token_ids.map(lambda ids: ids[0]).eq(tokenizer.bos_token_id).all(), (
        "a base model needs its start token"
    )
    for asked, stated in zip(chat.prompt, plain.prompt, strict=True):
        assert asked.endswith(stated)
    assert chat.eoi_positions.map(list).tolist() == plain.eoi_positions.map(list).tolist() == [[-1]] * 60


@pytest.fixture(scope="module", params=zip(MODELS, ("question", "statement"), strict=True), ids=MODELS)
def pretrained(request, results):
    """Model, tokenizer and prompts."""
    torch.set_num_threads(1)  # the other half of the tests runs beside
    model, prompt = request.param
    folder = str(results / "models" / model)
    prompts = pd.read_parquet(results / "prompts" / "cities" / f"{model}-{prompt}.parquet")
    return load_model(folder, "float32"), load_tokenizer(folder), prompts


def test_batched_greedy_completions_equal_unbatched_ones(pretrained):
    model, tokenizer, prompts = pretrained
    decoding = Decoding(samples=2, temperature=0.7, top_k=64, max_tokens=5)
    completions = generate(model, tokenizer, prompts.head(4), decoding, "p", seed=1)
    greedy = completions[completions["sample"] == GREEDY].completion
    assert greedy.tolist() == greedy_without_batches(model, tokenizer, prompts.head(4), 5)


def test_sampled_first_tokens_have_the_models_distribution(pretrained):
    model, tokenizer, prompts = pretrained
    assert first_tokens_p_value(model, tokenizer, prompts.head(8), samples=2000, top_k=64) > 0.01


def test_the_models_know_some_countries_and_not_others(results):
    for policy in ("smollm2", "gemma3"):
        outcomes = pd.read_parquet(results / "outcomes" / "cities" / f"{policy}.parquet")
        assert 0.05 < outcomes.success_rate.mean() < 0.8
        assert (outcomes.completion_tokens <= 8 * 5).all()


def test_both_splits_have_the_same_answers_and_the_second_parts_no_country(results):
    first, second = (pd.read_parquet(results / "outcomes" / name / "gemma3.parquet") for name in SETS)
    pd.testing.assert_frame_equal(first.drop(columns="split"), second.drop(columns="split"))
    assert second.groupby("group").split.nunique().max() == 1 < first.groupby("group").split.nunique().max()


def test_untrained_weights_are_read_at_the_same_places(results):
    for model, prompt in zip(MODELS, ("question", "statement"), strict=True):
        folders = [results / kind / "cities" / f"{model}-{prompt}" for kind in ("activations", "untrained")]
        trained, untrained = (json.loads((folder / "000-of-001.json").read_text()) for folder in folders)
        assert trained["untrained"] is None and untrained["untrained"] == 1
        for key in ("problem_ids", "positions", "layers", "hidden"):
            assert trained[key] == untrained[key]


def test_every_policy_is_read_from_every_encoder(results):
    for name in SETS:
        table = pd.read_csv(results / "tables" / name / "T7.csv")
        assert len(table) == 4 and table.groupby("policy").own.sum().tolist() == [1, 1]


def test_the_figure_of_risk_and_coverage_says_what_is_assumed(results):
    frame = pd.read_csv(results / "figures" / "cities" / "F11.csv")
    assert frame.assumption.str.contains("0.95|95 %").all()
    assert frame.accuracy_with_fallback[frame.coverage == 0].tolist() == [0.95, 0.95]


def test_a_second_run_has_nothing_to_do(pocket):
    assert pocket.planned("--configfile", *CONFIGS) == {}


def test_a_fetched_model_is_as_recorded(pocket):
    command = [sys.executable, "scripts/verify_results.py", "results/pocket"]
    verified = subprocess.run(command, cwd=pocket.folder, text=True, capture_output=True)
    assert verified.returncode == 0 and verified.stdout.endswith("all as recorded\n"), verified.stdout
    assert "have no record" not in (pocket.folder / "results" / "pocket" / "report.html").read_text()


def test_a_third_model_is_ten_lines(pocket, tmp_path):
    """A local folder; here a copy of one of the two."""
    added = tmp_path / "third.yaml"
    folder = pocket.folder / "results" / "pocket" / "models" / MODELS[0]
    added.write_text(
        f"models:\n  mine: {{source: path, path: '{folder}', price: {{input: 0.01, output: 0.01}}}}\n"
        "policies:\n  mine: {model: mine, prompt: question, samples: 8, temperature: 0.7, max_tokens: 5}\n"
        "pools:\n  cities: {policies: [smollm2, gemma3, mine]}\n"
    )
    planned = pocket.planned("--configfile", *CONFIGS, str(added))
    expected = {"download_model": 1, "render_prompts": 1, "generate_completions": 1, "cache_activations": 1}
    assert {rule: planned.get(rule) for rule in expected} == expected
    assert planned["compare_encoders"] == 6 and planned["train_probes"] == 2


NORMS = ["config/norms.yaml", "tests/configs/norms.yaml"]


@pytest.fixture(scope="module")
def norms(pocket):
    """The study on questions with human norms; it takes the models that the other one has fetched."""
    if not RECORDS.is_dir():
        pytest.skip("the normed questions are not there (../shared/data/general_knowledge)")
    run = pocket.snakemake("--cores", "2", "--configfile", *NORMS, "--config", f"records={RECORDS.parent}")
    assert run.returncode == 0, run.stdout[-5000:]
    return pocket.folder / "results" / "norms"


def test_the_models_are_fetched_once(pocket, norms):
    assert len(list((pocket.folder / ".checkpoints").iterdir())) >= 2
    for model in MODELS:
        files = [
            pocket.folder / "results" / study / "models" / model / "model.safetensors" for study in ("pocket", "norms")
        ]
        assert files[0].samefile(files[1])


def test_both_difficulties_are_read_and_compared(norms):
    table = pd.read_csv(norms / "tables" / "general_knowledge" / "T1.csv")
    assert table.groupby("policy").size().tolist() == [7, 7]
    assert (table.n == 60).all() and table.p.between(0, 1).all()
    agreement = table[table.family.isna()].set_index("policy")
    for policy, row in agreement.iterrows():
        outcomes = pd.read_parquet(norms / "outcomes" / "general_knowledge" / f"{policy}.parquet")
        expected = spearmanr(outcomes.reference_difficulty, -outcomes.success_rate).statistic
        assert row.spearman == pytest.approx(expected, abs=1e-5)


def test_the_claim_about_human_difficulty_is_judged_by_what_t1_says(norms):
    claims = pd.read_csv(norms / "claims.csv").set_index("claim_id")
    table = pd.read_csv(norms / "tables" / "general_knowledge" / "T1.csv")
    linear = table[table.family == "linear"].groupby("quantity", sort=False).spearman.mean()
    claim = claims.loc["human-difficulty"]
    assert claim.ours.startswith(f"Spearman {linear['human difficulty']:.3f} against {linear['own success']:.3f}")
    assert claim.verdict.startswith("analogue: ") and claim.n == 60


def test_every_question_is_held_out_once_per_partition(norms):
    folder = norms / "probes" / "general_knowledge" / "smollm2" / "reference_difficulty" / "linear"
    predictions = pd.read_parquet(folder / "predictions.parquet")
    held = predictions[predictions.split == "test"]
    assert held.groupby(["partition", "problem_id"]).size().eq(1).all() and len(held) == 2 * 60


def test_questions_that_differ_most_are_shown_with_their_texts(norms):
    table = pd.read_csv(norms / "tables" / "general_knowledge" / "T8.csv")
    assert len(table) == 2 * 2 * 8 and table.question.str.endswith("?").all()


def test_where_the_norm_is_not_there_one_message_says_what_it_is(pocket, tmp_path):
    run = pocket.snakemake("-n", "--configfile", "config/norms.yaml", "--config", f"records={tmp_path}")
    assert run.returncode != 0
    message = next(line for line in run.stdout.splitlines() if "general_knowledge.problems.file" in line)
    for part in ("questions.jsonl", "rank", "answers", "Tauber", "2013"):
        assert part in message
