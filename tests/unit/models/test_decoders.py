"""Every architecture gives what transformers gives of one prompt at a time, without padding and without a cache."""

import numpy as np
import pandas as pd
import pytest
import torch

from architectures import ARCHITECTURES, STATES, UNCACHED, UNREADABLE, made
from foretell.activations.cache import cache
from foretell.activations.layers import layer_name
from foretell.common.errors import UserError
from foretell.completions.generation import generate
from foretell.completions.policy import Decoding
from foretell.completions.samples import GREEDY
from foretell.completions.shared_prefix import share_prefix
from foretell.models.loading import load_model

TOLERANCE = 1e-4  # in float32, of states whose size is around one
NEW = 5
BEGINNING = [3, 4, 5]
PROMPTS = pd.DataFrame(
    {
        "problem_id": ["a", "b", "c", "d"],
        "token_ids": [
            [*BEGINNING, 7, 8, 9, 10, 11, 12, 6],
            [*BEGINNING, 12, 6],
            [*BEGINNING, 10, 6],
            [*BEGINNING, 9, 9, 12, 7, 10, 8, 12, 11, 6],
        ],
        "eoi_positions": [[-2, -1]] * 4,
    }
)


@pytest.fixture(scope="module", params=ARCHITECTURES)
def decoder(request, tokenizer):
    return made(request.param, len(tokenizer), tokenizer.eos_token_id)


def test_activations_are_those_of_each_prompt_alone(decoder):
    cached = cache(decoder, PROMPTS, 0, np.dtype("float32"), batch_size=2)
    for row, tokens in enumerate(PROMPTS.token_ids):
        with torch.no_grad():
            states = decoder(torch.tensor([tokens]), output_hidden_states=True, use_cache=False).hidden_states
        for layer in (0, 1):  # what the library gives of the last layer has been through the final norm
            expected = states[layer][0, -2:].numpy()
            assert np.allclose(cached[layer_name(layer)][row], expected, atol=TOLERANCE)
        before_norm = last_state(decoder, tokens)
        assert np.allclose(cached[layer_name(2)][row], before_norm, atol=TOLERANCE)


def last_state(model, tokens):
    """What leaves the last block, from the norm that it goes into."""
    found = {}
    norm = [module for name, module in model.get_decoder().named_children() if "norm" in name or name == "ln_f"][-1]
    hook = norm.register_forward_pre_hook(lambda _, arguments: found.update(state=arguments[0]))
    with torch.no_grad():
        model(torch.tensor([tokens]), use_cache=False)
    hook.remove()
    return found["state"][0, -2:].numpy()


def test_greedy_text_is_that_of_each_prompt_alone(decoder, tokenizer):
    check_texts(decoder, tokenizer)


@pytest.mark.parametrize("architecture", UNCACHED)
def test_a_model_whose_state_rows_cannot_share_is_run_whole(architecture, tokenizer):
    check_texts(made(architecture, len(tokenizer), tokenizer.eos_token_id), tokenizer)


def check_texts(decoder, tokenizer):
    decoding = Decoding(samples=2, temperature=1.0, max_tokens=NEW)
    ours = generate(decoder, tokenizer, PROMPTS, decoding, "p", seed=1)
    greedy = ours[ours["sample"] == GREEDY].completion
    assert greedy.tolist() == [greedy_text(decoder, tokenizer, tokens) for tokens in PROMPTS.token_ids]
    alone = [generate(decoder, tokenizer, PROMPTS.iloc[[row]], decoding, "p", seed=1) for row in range(len(PROMPTS))]
    assert ours.completion.tolist() == pd.concat(alone).completion.tolist(), "samples depend on the batch"


def greedy_text(model, tokenizer, tokens):
    text = list(tokens)
    for _ in range(NEW):
        with torch.no_grad():
            text.append(model(torch.tensor([text]), use_cache=False).logits[0, -1].argmax().item())
        if text[-1] == tokenizer.eos_token_id:
            break
    return tokenizer.decode(text[len(tokens) :], skip_special_tokens=True)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA GPU")
def test_a_gpu_gives_what_the_processor_gives(tokenizer):
    for architecture in ARCHITECTURES:
        decoder = made(architecture, len(tokenizer), tokenizer.eos_token_id)
        states, texts = states_and_texts(decoder, tokenizer)
        states_of_gpu, texts_of_gpu = states_and_texts(decoder.to("cuda"), tokenizer)
        for layer, values in states.items():
            assert np.allclose(states_of_gpu[layer], values, atol=TOLERANCE), (architecture, layer)
        assert texts_of_gpu.equals(texts), architecture


def states_and_texts(decoder, tokenizer):
    decoding = Decoding(samples=2, temperature=1.0, max_tokens=NEW)
    states = cache(decoder, PROMPTS, 0, np.dtype("float32"), batch_size=2)
    return states, generate(decoder, tokenizer, PROMPTS, decoding, "p", seed=1)


def test_beginnings_are_shared_only_where_that_changes_nothing(tokenizer):
    prompts = PROMPTS.token_ids.tolist()
    shared = {
        name: share_prefix(made(name, len(tokenizer), tokenizer.eos_token_id), prompts, 2, 20).length
        for name in ARCHITECTURES
    }
    windowed = {"gpt_oss", "gemma2", "gemma3_text", "gemma3", "mistral"}
    assert {name for name, length in shared.items() if length == 0} == windowed | STATES
    assert share_prefix(made("mistral", len(tokenizer), 1), prompts, 2, 8).length == len(BEGINNING)


@pytest.mark.parametrize("architecture", UNREADABLE)
def test_an_architecture_that_cannot_be_read_is_named(architecture, tokenizer):
    model = made(architecture, len(tokenizer), tokenizer.eos_token_id)
    with pytest.raises(UserError, match=f"architecture {type(model).__name__} cannot be read: .* choose another"):
        cache(model, PROMPTS, 0, np.dtype("float32"))


def test_what_is_no_language_model_is_named(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "vit", "architectures": ["ViTModel"]}')
    with pytest.raises(UserError, match="the architecture ViTModel is no causal language model"):
        load_model(str(tmp_path), "float32")
