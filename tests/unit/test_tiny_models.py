import numpy as np
import pytest
import torch

from foretell.expressions import draw
from foretell.tiny_models import IGNORED, encode_examples, train


@pytest.fixture(scope="module")
def expressions():
    return draw(np.random.default_rng(0), 8, 3, "+-*", 6)


def test_training_prompts_are_what_the_chat_template_renders(tokenizer, expressions):
    for effort in ("low", "high"):
        tokens, labels = encode_examples(expressions, effort, tokenizer)
        for row, (text, token_row) in enumerate(zip(expressions.texts(), tokens, strict=True)):
            prompt = tokenizer.apply_chat_template(
                [{"role": "user", "content": text}],
                tokenize=False,
                add_generation_prompt=True,
                reasoning_effort=effort,
            )
            ids = tokenizer(prompt, add_special_tokens=False).input_ids
            assert token_row[: len(ids)].tolist() == ids
            assert (labels[row, : len(ids)] == IGNORED).all()
            assert (labels[row, len(ids) :] == token_row[len(ids) :]).all()


def test_completions_state_the_answer_at_low_effort_and_every_step_at_high(tokenizer, expressions):
    values = expressions.values()
    tokens, labels = encode_examples(expressions, "low", tokenizer)
    assert tokenizer.decode(tokens[0][labels[0] != IGNORED], skip_special_tokens=True) == str(values[0, -1])
    tokens, labels = encode_examples(expressions, "high", tokenizer)
    text = expressions.texts()[0]
    worked = "".join(f"{text[2 * i + 1]}{text[2 * i + 2]}{values[0, i]}" for i in range(3))
    assert tokenizer.decode(tokens[0][labels[0] != IGNORED], skip_special_tokens=True) == worked


def test_training_lowers_the_loss_and_repeats_exactly(tokenizer, expressions):
    settings = {
        "layers": 1,
        "width": 16,
        "steps": 60,
        "learning_rate": 0.01,
        "curriculum": 0.5,
        "high_effort_share": 0.5,
        "batch": 16,
        "examples": 400,
    }
    task = {"operators": "+-*", "modulus": 6, "trained_operations": [1, 4]}
    tokens, labels = (torch.from_numpy(part) for part in encode_examples(expressions, "high", tokenizer))
    losses = []
    for steps in (1, 60, 60):
        model, _ = train({**settings, "steps": steps}, task, seed=3)
        with torch.no_grad():
            losses.append(model(input_ids=tokens, labels=labels).loss.item())
    assert losses[1] < 0.8 * losses[0]
    assert losses[1] == losses[2]
