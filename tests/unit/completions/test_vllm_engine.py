"""The engine vllm, run for real where it is installed: its own environment runs the script, as the rule does."""

import json
import os
import subprocess
from types import SimpleNamespace

import pandas as pd
import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM, set_seed

from foretell.common.errors import UserError
from foretell.completions.engines.engine import ENGINES, Asked
from foretell.completions.engines.installed import ENVIRONMENT, REMEDY, python_of_vllm
from foretell.completions.generation import generate
from foretell.completions.policy import CompletionSettings, Decoding, Prompt, Reading
from foretell.completions.prompts import render
from foretell.completions.samples import GREEDY

QUESTIONS = [f"{a}{o}{b}" for a in range(6) for b in range(4) for o in "+-"]
TIED = 1e-4  # logits; what batches of another shape may change


@pytest.fixture(scope="module")
def both(pytestconfig, tmp_path_factory, tokenizer):
    """Completions of a model with random weights by vLLM, twice, and by transformers."""
    python = pytestconfig.rootpath / ENVIRONMENT / "bin" / "python"
    if not python.is_file():
        pytest.skip(f"vllm is not installed in {ENVIRONMENT}; {REMEDY}")
    folder = tmp_path_factory.mktemp("vllm")
    set_seed(1)
    size = {"hidden_size": 128, "num_attention_heads": 2, "intermediate_size": 128, "num_hidden_layers": 2}
    ends = {"pad_token_id": tokenizer.pad_token_id, "bos_token_id": None, "eos_token_id": tokenizer.eos_token_id}
    config = LlamaConfig(vocab_size=len(tokenizer), initializer_range=0.2, **size, **ends)
    model = LlamaForCausalLM(config).to(torch.float32).eval()
    model.save_pretrained(folder / "model")
    tokenizer.save_pretrained(folder / "model")
    problems = pd.DataFrame({"problem_id": QUESTIONS, "question": QUESTIONS})
    prompts = render(problems, tokenizer, Prompt(), Reading(effort="low"))
    prompts.to_parquet(folder / "prompts.parquet")
    decoding = Decoding(samples=3, temperature=1.0, top_k=5, max_tokens=6, stop=["3"])
    settings = {"policy": "p", "decoding": decoding.model_dump(), "seed": 1, "engine": "vllm", "dtype": "float32"}
    script = pytestconfig.rootpath / "scripts" / "generate_completions.py"
    found = []
    for name in ("one", "two"):
        (place := folder / name).mkdir()
        command = [python, script, "--model", folder / "model", "--prompts", folder / "prompts.parquet"]
        command += ["--settings", json.dumps(settings), "--output", place / "c.parquet"]
        run = subprocess.run(command, cwd=place, env=dict(os.environ), capture_output=True, text=True)
        assert run.returncode == 0, run.stderr[-3000:]
        found.append(pd.read_parquet(place / "c.parquet"))
    return SimpleNamespace(
        vllm=found, transformers=generate(model, tokenizer, prompts, decoding, "p", 1), prompts=prompts, model=model
    )


def test_greedy_texts_are_those_of_transformers_but_for_ties(both):
    key = ["problem_id", "sample"]
    assert both.vllm[0][key].equals(both.transformers[key])
    pairs = both.vllm[0].merge(both.transformers, on=key, suffixes=("", "_other"))
    pairs = pairs[pairs["sample"] == GREEDY]
    assert pairs.prompt_tokens.equals(pairs.prompt_tokens_other)
    for row in pairs[pairs.completion != pairs.completion_other].itertuples():
        ids = both.prompts.set_index("problem_id").token_ids[row.problem_id]
        with torch.inference_mode():
            first, second = both.model(torch.tensor([list(ids)])).logits[0, -1].topk(2).values
        assert first - second < TIED
    same = pairs[pairs.completion == pairs.completion_other]
    assert len(same) > len(pairs) * 0.9
    assert same.completion_tokens.equals(same.completion_tokens_other)
    assert same.finish_reason.equals(same.finish_reason_other)


def test_samples_differ_and_are_the_same_again(both):
    one, two = both.vllm
    pd.testing.assert_frame_equal(one, two)
    assert one.query("sample >= 0").groupby("problem_id").completion.nunique().mean() > 2


def test_a_stop_string_ends_a_text_and_is_counted(both):
    found = both.vllm[0]
    assert not found.completion.str.contains("3").any() and found.completion_tokens.between(1, 6).all()
    assert set(found.finish_reason) == {"stop", "length"}
    assert found[found.finish_reason == "length"].completion_tokens.eq(6).all()


def test_where_vllm_is_and_what_helps_where_it_is_not(tmp_path, monkeypatch):
    assert str(python_of_vllm(tmp_path, {"conda"})) == "python"
    python = tmp_path / ENVIRONMENT / "bin" / "python"
    assert python_of_vllm(tmp_path, ()) is None
    python.parent.mkdir(parents=True)
    python.touch()
    assert python_of_vllm(tmp_path, ()) == python
    monkeypatch.setitem(__import__("sys").modules, "vllm", None)
    settings = CompletionSettings(
        policy="p", decoding=Decoding(samples=1, temperature=0.0, max_tokens=1), seed=1, engine="vllm"
    )
    with pytest.raises(UserError, match="make vllm"):
        ENGINES["vllm"].open(Asked(settings, pd.DataFrame({"token_ids": [[1]]}), tmp_path))
