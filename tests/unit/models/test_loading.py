"""Checkpoints whose files are damaged or not all there, and prompts that a model cannot take."""

import json

import pandas as pd
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import Gemma3TextConfig, LlamaConfig

from foretell.common.errors import UserError
from foretell.completions import generation
from foretell.completions.generation import generate, longest_sequence
from foretell.completions.policy import Decoding
from foretell.models.context import context_of, refuse_what_does_not_fit
from foretell.models.loading import load_model

TWO = Decoding(samples=1, temperature=0.0, max_tokens=6)


@pytest.fixture
def folder(model, tmp_path):
    """A checkpoint that a test may damage."""
    model.save_pretrained(tmp_path)
    return tmp_path


def with_weights(folder, change):
    weights = load_file(folder / "model.safetensors")
    save_file(change(weights), folder / "model.safetensors", {"format": "pt"})


def with_config(folder, **changed):
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changed}))


def test_a_whole_checkpoint_is_loaded(folder, model):
    loaded = load_model(str(folder), "float32")
    assert all(torch.equal(weight, loaded.state_dict()[name]) for name, weight in model.state_dict().items())


@pytest.mark.parametrize("lost", ["layers.1.", "lm_head", "model."])
def test_weights_that_are_in_no_file_are_not_made_up(folder, lost):
    with_weights(folder, lambda weights: {name: each for name, each in weights.items() if lost not in name} or weights)
    with pytest.raises(UserError, match=r"weights of the model are in none of its files, such as '.*would be random"):
        load_model(str(folder), "float32")


def test_a_model_that_only_reads_needs_no_head(folder):
    with_weights(folder, lambda weights: {name: each for name, each in weights.items() if "lm_head" not in name})
    assert load_model(str(folder), "float32", answers=False)
    with_weights(folder, lambda weights: {name: each for name, each in weights.items() if "layers.1." not in name})
    with pytest.raises(UserError, match=r"such as 'model.layers.1."):
        load_model(str(folder), "float32", answers=False)


LLAMA3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "rope_theta": 1e4}


@pytest.mark.parametrize(
    ("limit", "rotary", "most"),
    [
        (4096, None, 4096),
        (4096, {"rope_type": "linear", "factor": 4.0, "rope_theta": 1e4}, 16384),
        (131072, {**LLAMA3, "original_max_position_embeddings": 8192}, 131072),
        (131072, {**LLAMA3, "factor": 32.0, "original_max_position_embeddings": 8192}, 131072),
        (4096, {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 8192}, 32768),
        (-1, None, None),
    ],
)
def test_a_context_is_what_positions_are_stretched_to(limit, rotary, most):
    config = LlamaConfig(max_position_embeddings=limit, rope_parameters=rotary)
    assert context_of(config) == most


def test_a_context_that_each_kind_of_layer_stretches_is_that_of_the_configuration():
    kinds = {"full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1e4}}
    for rotary in (None, kinds):
        assert context_of(Gemma3TextConfig(max_position_embeddings=131072, rope_parameters=rotary)) == 131072


def torn(folder):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])


DAMAGES = {
    "torn weights": torn,
    "no model type": lambda folder: (folder / "config.json").write_text("{}"),
    "other shapes": lambda folder: with_config(folder, hidden_size=48),
    "settings of answers": lambda folder: (folder / "generation_config.json").write_text('{"eos_token_id": '),
    "settings of another kind": lambda folder: (folder / "generation_config.json").write_text("[]"),
    "quantised in no known form": lambda folder: with_config(folder, quantization_config="new"),
    "unknown quantised weights": lambda folder: with_config(folder, quantization_config={"quant_method": "new"}),
    "heads that do not fit": lambda folder: with_config(folder, num_attention_heads=3),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_checkpoint_is_one_message_that_names_it(folder, damage):
    DAMAGES[damage](folder)
    with pytest.raises(UserError) as caught:
        load_model(str(folder), "float32")
    assert str(folder) in str(caught.value) and "\n" not in str(caught.value)


def test_answers_end_where_the_context_does_and_a_prompt_without_room_is_refused(folder, tokenizer):
    with_config(folder, max_position_embeddings=8, eos_token_id=None)
    short = load_model(str(folder), "float32")
    prompts = pd.DataFrame({"problem_id": ["a", "b"], "token_ids": [[1, 2, 3], [1, 2, 3, 4, 5]]})
    table = generate(short, tokenizer, prompts, TWO, "p", 1)
    room = table.problem_id.map({"a": 5, "b": 3})
    assert (table.completion_tokens == room).all() and table.finish_reason.eq("length").all()
    refuse_what_does_not_fit(short, prompts, answers=True)
    long = pd.DataFrame({"problem_id": ["a", "b"], "token_ids": [[1, 2, 3], [1] * 8]})
    refuse_what_does_not_fit(short, long, answers=False)
    with pytest.raises(UserError, match="the prompt of problem 'b' has 8 tokens, and the model takes 8 with an answer"):
        refuse_what_does_not_fit(short, long, answers=True)


@pytest.mark.parametrize(
    "quantised",
    [
        {"quant_method": "bitsandbytes", "load_in_4bit": True},
        {"quant_method": "mxfp4"},
        {"quant_method": "fp8"},
        {"quant_method": "gptq", "bits": 4},
        {"quant_method": "awq", "bits": 4},
        {"quant_method": "compressed-tensors"},
    ],
    ids=lambda quantised: quantised["quant_method"],
)
def test_ways_to_quantise_that_are_known_are_left_to_transformers(folder, quantised):
    with_config(folder, quantization_config=quantised)
    try:
        load_model(str(folder), "float32")
    except (UserError, RuntimeError) as error:  # for want of a package, a GPU or the weights
        assert "does not know weights" not in str(error)


def test_batches_are_formed_for_what_the_context_has_room_for(model, tokenizer, monkeypatch):
    asked = []
    monkeypatch.setattr(generation, "fitting_prompts", lambda model, samples, tokens: asked.append(tokens) or 1)
    monkeypatch.setattr(generation, "longest_sequence", lambda config, prompts, decoding: 7)
    generate(model, tokenizer, pd.DataFrame({"problem_id": ["a"], "token_ids": [[1, 2]]}), TWO, "p", 1)
    assert asked == [7]


def test_tokens_that_the_model_does_not_have_are_refused(model):
    prompts = pd.DataFrame({"problem_id": ["a", "b"], "token_ids": [[1, 2], [3, model.config.vocab_size]]})
    refuse_what_does_not_fit(model, prompts[:1], answers=True)
    with pytest.raises(UserError, match=r"problem 'b' has token \d+, and the model has \d+: its tokenizer is another"):
        refuse_what_does_not_fit(model, prompts, answers=False)


def test_batches_are_as_large_as_the_context_lets_them(model):
    prompts = pd.DataFrame({"problem_id": ["a", "b"], "token_ids": [[1, 2], [3] * 5]})
    asked = Decoding(samples=1, temperature=0.0, max_tokens=10)
    config = LlamaConfig(max_position_embeddings=100)
    assert longest_sequence(config, prompts, asked) == 15
    assert longest_sequence(LlamaConfig(max_position_embeddings=12), prompts, asked) == 12
    assert longest_sequence(config, prompts[:0], asked) == 10


def test_weights_that_are_no_numbers_answer_nothing(folder, tokenizer):
    with_weights(folder, lambda weights: {name: each * float("nan") for name, each in weights.items()})
    prompts = pd.DataFrame({"problem_id": ["a"], "token_ids": [[1, 2, 3]]})
    with pytest.raises(UserError, match="logits are no numbers"):
        generate(load_model(str(folder), "float32"), tokenizer, prompts, TWO, "p", 1)
