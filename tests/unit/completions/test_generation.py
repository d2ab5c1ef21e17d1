import numpy as np
import pandas as pd
import pytest
import torch
from transformers import MinPLogitsWarper, TopPLogitsWarper

from foretell.completions.generation import fitting_prompts, generate
from foretell.completions.policy import Decoding, Prompt, Reading
from foretell.completions.prompts import render
from foretell.completions.samples import GREEDY
from foretell.completions.sampling import choose_tokens, uniform_stream
from foretell.completions.shared_prefix import SharedPrefix, share_prefix
from sampled_text import first_tokens_p_value, greedy_without_batches

DECODING = Decoding(samples=3, temperature=1.0, max_tokens=6)


def decoding(**changed):
    return DECODING.model_copy(update=changed)


@pytest.fixture(scope="module")
def prompts(tokenizer):
    questions = ["3+4*2", "1-5", "2*2*2*5", "0+0", "5-4+3", "1*1"]
    return render(
        pd.DataFrame({"problem_id": questions, "question": questions}), tokenizer, Prompt(), Reading(effort="low")
    )


def test_the_greedy_sample_is_what_transformers_generates(model, tokenizer, prompts):
    ours = generate(model, tokenizer, prompts, DECODING, "p", seed=1)
    greedy = ours[ours["sample"] == GREEDY].completion
    assert greedy.tolist() == greedy_without_batches(model, tokenizer, prompts, DECODING.max_tokens)


def test_a_greedy_policy_has_one_sample_and_it_is_the_greedy_one(model, tokenizer, prompts):
    ours = generate(model, tokenizer, prompts, Decoding(samples=1, temperature=0, max_tokens=6), "p", seed=1)
    sampled, greedy = (ours[ours["sample"] == sample].reset_index(drop=True) for sample in (0, GREEDY))
    assert len(sampled) == len(prompts) and sampled.drop(columns="sample").equals(greedy.drop(columns="sample"))
    assert greedy.completion.tolist() == greedy_without_batches(model, tokenizer, prompts, 6)


def test_samples_do_not_depend_on_the_batch(model, tokenizer, prompts):
    together = generate(model, tokenizer, prompts, DECODING, "p", seed=1)
    each = [prompts.iloc[[row]] for row in range(len(prompts))]
    alone = pd.concat([generate(model, tokenizer, one, DECODING, "p", seed=1) for one in each])
    small = generate(model, tokenizer, prompts, DECODING, "p", seed=1, batch_size=2)
    assert together.completion.tolist() == alone.completion.tolist() == small.completion.tolist()


def test_samples_follow_from_the_key_and_from_nothing_else(model, tokenizer, prompts):
    first = generate(model, tokenizer, prompts, DECODING, "p", seed=1)
    assert first.equals(generate(model, tokenizer, prompts, DECODING, "p", seed=1))
    assert not first.equals(generate(model, tokenizer, prompts, DECODING, "p", seed=2))
    assert not first.equals(generate(model, tokenizer, prompts, DECODING, "q", seed=1))
    more = generate(model, tokenizer, prompts, decoding(samples=5), "p", seed=1)
    assert more[more["sample"].between(0, 2)].completion.tolist() == first[first["sample"] >= 0].completion.tolist()


def test_tokens_are_counted_and_truncation_is_told_apart(model, tokenizer, prompts):
    rollouts = generate(model, tokenizer, prompts, DECODING, "p", seed=1)
    assert rollouts.groupby("problem_id", sort=False)["sample"].apply(list).iloc[0] == [0, 1, 2, GREEDY]
    assert (rollouts.prompt_tokens == rollouts.problem_id.map(prompts.set_index("problem_id").token_ids.map(len))).all()
    cut = rollouts.finish_reason == "length"
    assert cut.any() and (rollouts.completion_tokens[cut] == 6).all()
    assert (rollouts.completion_tokens <= 6).all() and set(rollouts.finish_reason) <= {"length", "stop"}


def test_sampled_tokens_have_the_softmax_distribution():
    logits = torch.tensor([[0.0, 1.0, 2.0, -1.0]]).expand(20000, 4)
    uniforms = torch.tensor(np.random.default_rng(0).random(20000))
    for temperature in (0.5, 1.0, 2.0):
        chosen = choose_tokens(
            logits, torch.arange(20000), uniforms, torch.zeros(20000).bool(), decoding(temperature=temperature)
        )
        shares = torch.bincount(chosen, minlength=4) / 20000
        assert torch.allclose(shares.double(), torch.softmax(logits[0].double() / temperature, -1), atol=0.015)


def test_nucleus_sampling_keeps_the_fewest_likeliest_tokens_that_reach_top_p():
    logits = torch.log(torch.tensor([[0.5, 0.3, 0.15, 0.05]])).expand(1000, 4)
    uniforms = torch.linspace(0, 0.9999, 1000, dtype=torch.float64)
    chosen = choose_tokens(logits, torch.arange(1000), uniforms, torch.zeros(1000).bool(), decoding(top_p=0.7))
    assert set(chosen.tolist()) == {0, 1}
    assert (chosen == 0).double().mean().item() == pytest.approx(0.5 / 0.8, abs=0.01)


def test_a_stream_belongs_to_its_key():
    draws = [uniform_stream(*key).random(4).tolist() for key in [(1, "p", "a", 0), (1, "p", "a", 0), (1, "p", "a", 1)]]
    assert draws[0] == draws[1] != draws[2]


def test_top_k_samples_from_the_likeliest_tokens_only():
    logits = torch.tensor([[0.0, 1.0, 2.0, -1.0]])
    uniforms = torch.tensor(np.random.default_rng(0).random(20000))
    rows, greedy = torch.zeros(20000, dtype=torch.long), torch.zeros(20000).bool()
    shares = torch.bincount(choose_tokens(logits, rows, uniforms, greedy, decoding(top_k=2)), minlength=4) / 20000
    expected = torch.softmax(torch.tensor([1.0, 2.0]).double(), -1)
    assert torch.allclose(shares.double(), torch.tensor([0, *expected, 0], dtype=torch.float64), atol=0.015)


def test_min_p_leaves_out_what_is_unlikely_beside_the_likeliest_as_transformers_does():
    logits = torch.tensor([[0.0, 1.0, 2.0, -1.0]])
    uniforms = torch.linspace(0, 0.9999, 2000, dtype=torch.float64)
    rows, greedy = torch.zeros(2000, dtype=torch.long), torch.zeros(2000).bool()
    for temperature, min_p, top_p in ((1.0, 0.3, 1.0), (0.5, 0.1, 1.0), (1.0, 0.2, 0.7)):
        how = decoding(temperature=temperature, min_p=min_p, top_p=top_p)
        shares = torch.bincount(choose_tokens(logits, rows, uniforms, greedy, how), minlength=4) / 2000
        warped = MinPLogitsWarper(min_p)(None, TopPLogitsWarper(top_p)(None, logits / temperature))
        assert torch.allclose(shares, torch.softmax(warped[0], -1), atol=0.001)


def test_first_tokens_are_distributed_as_the_model_says(model, tokenizer, prompts):
    assert first_tokens_p_value(model, tokenizer, prompts, samples=3000) > 0.01


def test_batches_are_as_large_as_the_cache_may_be(model, prompts, monkeypatch):
    ids, numbers = one_row(model, prompts)
    monkeypatch.setattr("foretell.completions.generation.CACHE", 4 * 70 * numbers)
    assert fitting_prompts(model, 4, ids.shape[1]) == 70
    assert fitting_prompts(model, 300, ids.shape[1]) == 1, "a prompt that does not fit runs alone"


def test_batches_of_few_rows_may_have_a_larger_cache(model, prompts, monkeypatch):
    ids, numbers = one_row(model, prompts)
    monkeypatch.setattr("foretell.completions.generation.CACHE", 4 * numbers)
    assert fitting_prompts(model, 4, ids.shape[1]) == 64 // 4
    monkeypatch.setattr("foretell.completions.generation.LARGE_CACHE", 4 * 7 * numbers)
    assert fitting_prompts(model, 4, ids.shape[1]) == 7


def test_batches_on_a_gpu_fill_half_of_what_the_weights_leave(model, prompts, monkeypatch):
    ids, numbers = one_row(model, prompts)
    of_a_row = 4 * numbers + 32 * model.config.vocab_size
    monkeypatch.setattr(type(model), "device", torch.device("cuda", 0))
    monkeypatch.setattr("foretell.completions.generation.unused_memory", lambda _: 2 * 5 * 200 * of_a_row)
    assert fitting_prompts(model, 5, ids.shape[1]) == 200


def one_row(model, prompts):
    """A prompt's tokens, and how many numbers its keys and values have."""
    ids = torch.tensor([list(prompts.token_ids.iloc[0])])
    keys_and_values = [(layer.keys, layer.values) for layer in model(ids, use_cache=True).past_key_values.layers]
    return ids, sum(part.numel() for pair in keys_and_values for part in pair)


def test_a_stop_string_ends_a_completion_wherever_tokens_part_it(model, tokenizer, prompts):
    long = {"max_tokens": 12, "samples": 8}
    whole = generate(model, tokenizer, prompts, decoding(**long), "p", seed=1)
    stop = next(text[1:3] for text in whole.completion if len(text) > 4)
    ended = generate(model, tokenizer, prompts, decoding(**long, stop=[stop, "never"]), "p", seed=1)
    found = whole.completion.str.contains(stop, regex=False)
    assert found.any() and not found.all()
    assert ended.completion.tolist() == [text.split(stop)[0] for text in whole.completion]
    assert (ended.finish_reason[found] == "stop").all()
    assert (ended.completion_tokens[found] < whole.completion_tokens[found]).any()
    assert ended[~found].equals(whole[~found])


def test_a_prefix_is_shared_up_to_what_has_to_be_read(model):
    prompts = [[1, 2, 3, 4, 5], [1, 2, 3, 9], [1, 2, 3, 4, 6, 7]]
    assert share_prefix(model, prompts, 1, 20).length == 3
    assert share_prefix(model, prompts, 3, 20).length == 1
    assert share_prefix(model, prompts, 4, 20).cache is None
    assert share_prefix(model, [[1, 2, 3]], 1, 20).length == 2


def test_samples_are_the_same_without_a_shared_prefix(model, tokenizer, prompts, monkeypatch):
    shared = generate(model, tokenizer, prompts, DECODING, "p", seed=1)
    monkeypatch.setattr("foretell.completions.generation.share_prefix", lambda *_: SharedPrefix(0, None))
    assert shared.equals(generate(model, tokenizer, prompts, DECODING, "p", seed=1))


def test_the_models_own_end_tokens_end_a_completion_too(model, tokenizer, prompts, monkeypatch):
    whole = generate(model, tokenizer, prompts, DECODING, "p", seed=1)
    end = tokenizer.convert_tokens_to_ids(next(text[0] for text in whole.completion if text))
    monkeypatch.setattr(model.generation_config, "eos_token_id", [tokenizer.eos_token_id, end])
    ended = generate(model, tokenizer, prompts, DECODING, "p", seed=1)
    letter = tokenizer.decode([end])
    assert ended.completion.tolist() == [text.split(letter)[0] for text in whole.completion]
    assert (ended.finish_reason[whole.completion.str.contains(letter, regex=False)] == "stop").all()


def test_thinking_is_marked_in_the_text_and_its_tokens_are_counted_apart(model, tokenizer, prompts):
    plain = generate(model, tokenizer, prompts, DECODING, "p", seed=1)
    marked = generate(model, tokenizer, prompts, DECODING, "p", seed=1, thinking_marks=("3", "5"))
    opened = plain.completion.str.fullmatch("[^35]*3[^5]*")
    assert opened.any() and (plain.thinking_tokens == 0).all()
    expected = plain.completion[opened].str.replace("3", "<think>", n=1).str.replace("3", "")
    assert (marked.completion[opened] == expected).all()
    after = plain.completion.str.len() - plain.completion.str.find("3")
    assert (marked.thinking_tokens[opened] >= after[opened]).all() and (
        marked.thinking_tokens <= plain.completion_tokens
    ).all()
    assert marked.completion_tokens.equals(plain.completion_tokens)
    without = ~plain.completion.str.contains("[35]")
    assert without.any() and marked[without].equals(plain[without])
