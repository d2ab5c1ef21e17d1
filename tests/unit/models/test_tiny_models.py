import numpy as np
import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from foretell.models.architecture import TinyModel, TinyModelSettings
from foretell.models.tiny import IGNORED, encode_examples, train
from foretell.models.tiny_checkpoint import build_tokenizer, configuration, shapes
from foretell.problems import expressions, stack_programs
from foretell.problems.tasks import TrainingTask

ARITHMETIC = expressions.Language(operators="+-*", modulus=6)


@pytest.fixture(scope="module")
def examples():
    return expressions.training_examples(np.random.default_rng(0), 8, 3, ARITHMETIC)


def test_training_prompts_are_what_the_chat_template_renders(tokenizer, examples):
    questions, completions = examples
    for effort in ("low", "high"):
        tokens, labels = encode_examples(questions, completions[effort], effort, tokenizer)
        for row, (text, token_row) in enumerate(zip(questions, tokens, strict=True)):
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


def test_completions_state_the_answer_at_low_effort_and_every_step_at_high(examples):
    for question, answer, worked in zip(examples[0], examples[1]["low"], examples[1]["high"], strict=True):
        value, steps = int(question[0]), ""
        for operator, digit in zip(question[1::2], question[2::2], strict=True):
            value = eval(f"{value}{operator}{digit}") % 6  # noqa: S307
            steps += f"{operator}{digit}{value}"
        assert (answer, worked) == (str(value), steps)


def test_padding_is_no_part_of_the_loss():
    rng, language = np.random.default_rng(0), stack_programs.Language(variables="ab")
    questions, completions = stack_programs.training_examples(rng, 40, 3, language)
    assert len(set(map(len, questions))) > 1, "some functions have parentheses"
    tokenizer = build_tokenizer(stack_programs.alphabet(language))
    tokens, labels = encode_examples(questions, completions["low"], "low", tokenizer)
    for row, program in zip(tokens[labels != IGNORED].reshape(len(tokens), -1), completions["low"], strict=True):
        assert tokenizer.decode(row) == f"{program}<|end|>"


@pytest.mark.parametrize(("layers", "width"), [(1, 16), (3, 40)])
def test_a_checkpoints_weights_are_those_of_the_model(tokenizer, layers, width):
    config = configuration(TinyModel(layers=layers, width=width, steps=1, learning_rate=0.1), tokenizer)
    found = {name: list(weight.shape) for name, weight in LlamaForCausalLM(LlamaConfig(**config)).named_parameters()}
    assert shapes(config) == found


def test_training_lowers_the_loss_and_repeats_exactly(tokenizer, examples):
    task = TrainingTask(source="expressions", language=ARITHMETIC.model_dump(), trained_operations=[1, 4])
    size = {"layers": 1, "width": 16, "learning_rate": 0.01, "high_effort_share": 0.5, "batch": 16, "examples": 400}
    encoded = encode_examples(examples[0], examples[1]["high"], "high", tokenizer)
    tokens, labels = (torch.from_numpy(part) for part in encoded)
    losses = []
    for steps in (1, 60, 60):
        model, _ = train(TinyModelSettings(model=TinyModel(**size, steps=steps), task=task, seed=[1, 3]), iter)
        with torch.no_grad():
            losses.append(model(input_ids=tokens, labels=labels).loss.item())
    assert losses[1] < 0.8 * losses[0]
    assert losses[1] == losses[2]
