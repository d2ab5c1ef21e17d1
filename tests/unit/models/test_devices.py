"""Where models are run. No GPU is at hand: what torch says of cards is made up."""

import numpy as np
import pandas as pd
import pytest
import torch

from architectures import made
from foretell.activations import cache as caching
from foretell.completions import generation
from foretell.completions.policy import Decoding
from foretell.models import loading
from foretell.models.devices import device_map, fastest_device, fastest_dtype, size_of_weights, unused_memory
from foretell.models.memory import halving

GB = 10**9


@pytest.fixture
def cards(monkeypatch):
    """Says which memory is free on each card that there is."""

    def there(*free, bfloat16=True):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: bool(free))
        monkeypatch.setattr(torch.cuda, "device_count", lambda: len(free))
        monkeypatch.setattr(torch.cuda, "mem_get_info", lambda card: (free[card], 80 * GB))
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: bfloat16)

    return there


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoint")
    made("llama", 16, 1).save_pretrained(folder)
    return folder


def test_the_card_with_most_free_memory_is_taken_else_apples_else_the_processor(cards, monkeypatch):
    cards(10 * GB, 40 * GB, 20 * GB)
    assert fastest_device() == torch.device("cuda", 1)
    cards()
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert fastest_device() == torch.device("mps")
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert fastest_device() == torch.device("cpu")


def test_cards_that_compute_with_bfloat16_use_it(cards):
    cards(GB)
    assert fastest_dtype(torch.device("cuda", 0)) == torch.bfloat16
    cards(GB, bfloat16=False)
    assert fastest_dtype(torch.device("cuda", 0)) == fastest_dtype(torch.device("mps")) == torch.float32


def test_a_model_that_is_too_large_for_a_card_is_spread(cards, checkpoint):
    size = size_of_weights(checkpoint, torch.bfloat16)
    assert size == 2 * sum(weight.numel() for weight in made("llama", 16, 1).parameters())
    assert size_of_weights(checkpoint, torch.float32) == 2 * size
    card = torch.device("cuda", 0)
    cards(2 * size)
    assert device_map(checkpoint, torch.bfloat16, card) == "cuda:0"
    assert device_map(checkpoint, torch.float32, card) == "auto"
    assert device_map(checkpoint, torch.float32, torch.device("cpu")) == "cpu"


def test_a_model_is_loaded_where_it_is_to_run(checkpoint, monkeypatch):
    monkeypatch.setattr(loading, "fastest_device", lambda: torch.device("cpu"))
    assert loading.load_model(str(checkpoint), "float32").device.type == "cpu"
    monkeypatch.setattr(loading, "fastest_device", lambda: torch.device("meta"))
    model = loading.load_model(str(checkpoint), "bfloat16")
    assert (model.device.type, model.dtype) == ("meta", torch.bfloat16)
    assert loading.untrained(model, 1).device.type == "meta"


def test_a_model_that_is_spread_gives_the_same(checkpoint, monkeypatch):
    """The library's own hooks, which move what goes from part to part, with all parts on the processor."""
    plain = loading.load_model(str(checkpoint), "float32")
    monkeypatch.setattr(loading, "device_map", lambda *_: "auto")
    spread = loading.load_model(str(checkpoint), "float32")
    one, other = (caching.cache(model, PROMPTS, 0, np.dtype("float32")) for model in (plain, spread))
    assert all(np.array_equal(one[name], other[name]) for name in one)


PROMPTS = pd.DataFrame(
    {
        "problem_id": list("abcdef"),
        "token_ids": [[3, 4, 5, 7, *range(6, 6 + n)] for n in range(1, 7)],
        "eoi_positions": [[-2, -1]] * 6,
    }
)
ERRORS = [torch.OutOfMemoryError("CUDA out of memory"), RuntimeError("MPS backend out of memory"), MemoryError()]


@pytest.mark.parametrize("error", ERRORS, ids=repr)
def test_a_batch_that_does_not_fit_is_halved_and_none_after_it_is_larger(error):
    sizes = []

    def run(rows):
        sizes.append(len(rows))
        if len(rows) > 3:
            raise error
        return rows * 10

    results = list(halving([np.arange(8), np.arange(8, 16), np.arange(16, 18)], run))
    assert np.concatenate([rows for rows, _ in results]).tolist() == list(range(18))
    assert all((rows * 10 == result).all() for rows, result in results)
    assert sizes == [8, 4, 2, 2, 2, 2, 2, 2, 2, 2, 2]


def test_what_does_not_fit_alone_and_other_errors_are_raised():
    def run(rows):
        raise torch.OutOfMemoryError("CUDA out of memory") if len(rows) < 9 else ValueError("a defect")

    with pytest.raises(torch.OutOfMemoryError):
        list(halving([np.arange(8)], run))
    with pytest.raises(ValueError, match="a defect"):
        list(halving([np.arange(9)], run))


def test_results_are_the_same_where_memory_is_short(model, tokenizer, monkeypatch):
    decoding = Decoding(samples=2, temperature=1.0, max_tokens=5)

    def results():
        states = caching.cache(model, PROMPTS, 0, np.dtype("float32"))
        return states, generation.generate(model, tokenizer, PROMPTS, decoding, "p", seed=1)

    states, completions = results()
    tried = []
    forward = model.base_model.forward

    def short(*arguments, **options):
        tried.append(len(options["input_ids"]))
        if len(options["input_ids"]) > 3:  # a prompt has that many samples
            raise torch.OutOfMemoryError("CUDA out of memory")
        return forward(*arguments, **options)

    monkeypatch.setattr(model.base_model, "forward", short)
    short_states, short_completions = results()
    assert max(tried) > 3
    assert all(np.allclose(states[name], short_states[name], atol=1e-4) for name in states)
    assert completions.equals(short_completions)


def test_batches_have_no_more_tokens_than_they_may(model, monkeypatch):
    monkeypatch.setattr(caching, "TOKENS", 20)
    batches = caching._batches_by_length(PROMPTS.token_ids.map(len).to_numpy(), 64)
    assert [[len(PROMPTS.token_ids[row]) for row in rows] for rows in batches] == [[10, 9], [8, 7], [6, 5]]
    monkeypatch.setattr(caching, "TOKENS", 5)
    assert [len(rows) for rows in caching._batches_by_length(np.array([9, 3]), 64)] == [1, 1]


def test_unused_memory_is_what_a_cards_weights_leave_of_it(cards):
    cards(0, 0)

    class OnACard:
        device, nbytes = torch.device("cuda", 1), 3 * GB

    class Model:
        def parameters(self):
            return [OnACard(), OnACard()]

    assert unused_memory(Model()) == 74 * GB
