"""Training of small decoder transformers on generated problems."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import torch
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast, set_seed

from foretell.common.storage import write_folder
from foretell.models.architecture import TinyModel, TinyModelSettings
from foretell.models.tiny_checkpoint import build_tokenizer, configuration
from foretell.models.weights import write_training
from foretell.problems.tasks import TrainingTask

IGNORED = -100  # label of a token that the loss leaves out

Batch = tuple[torch.Tensor, torch.Tensor]


def encode_examples(
    questions: list[str], completions: list[str], effort: str, tokenizer: PreTrainedTokenizerFast
) -> tuple[np.ndarray, np.ndarray]:
    """Prompts with their completions, as the chat template renders them, padded on the right.

    Returns:
        token ids [n, length] and the same with IGNORED in place of prompt and padding, both int64.
    """
    id_of = tokenizer.get_vocab()
    before = [id_of[token] for token in ("<|start|>", f"<|{effort}|>", "<|user|>")]
    between = [id_of[token] for token in ("<|end|>", "<|start|>", "<|assistant|>")]
    rows, starts = [], []
    for question, completion in zip(questions, completions, strict=True):
        prompt = [*before, *map(id_of.__getitem__, question), *between]
        rows.append([*prompt, *map(id_of.__getitem__, completion), id_of["<|end|>"]])
        starts.append(len(prompt))
    length = max(map(len, rows))
    tokens = np.array([row + [tokenizer.pad_token_id] * (length - len(row)) for row in rows])
    in_prompt = np.arange(length) < np.array(starts)[:, None]
    return tokens, np.where(in_prompt | (tokens == tokenizer.pad_token_id), IGNORED, tokens)


def train(
    settings: TinyModelSettings, progress: Callable[[Iterable[Batch]], Iterable[Batch]]
) -> tuple[LlamaForCausalLM, PreTrainedTokenizerFast]:
    """Train one model.

    The number of operations grows over the first `curriculum` share of the steps; the learning rate decays linearly
    to 3 % over the last 40 %. Problems that are reserved for evaluation are never drawn.

    Args:
        settings: of architecture and training, what is learnt, and the seeds of initialisation and order of examples.
        progress: wraps the iterable of batches, for instance in a progress bar.

    Returns:
        LlamaForCausalLM in evaluation mode, and its tokenizer.
    """
    seed, entry = int(np.random.default_rng(settings.seed).integers(2**31)), settings.model
    set_seed(seed)
    tokenizer = build_tokenizer(settings.task.alphabet())
    model = LlamaForCausalLM(LlamaConfig(**configuration(entry, tokenizer)))
    optimizer = torch.optim.AdamW(model.parameters(), lr=entry.learning_rate, betas=(0.9, 0.98), weight_decay=0.05)
    steps, warm_up, decay = entry.steps, 50, 0.4

    def learning_rate_factor(step: int) -> float:
        remaining = (steps - step) / (decay * steps)
        return min((step + 1) / warm_up, 0.03 + 0.97 * min(1.0, remaining))

    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, learning_rate_factor)
    model.train()
    for tokens, labels in progress(_batches(entry, settings.task, tokenizer, seed)):
        loss = model(input_ids=tokens, labels=labels, use_cache=False).loss
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    return model.eval(), tokenizer


def save(
    model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, settings: TinyModelSettings, folder: Path
) -> None:
    """Write a checkpoint, and what it was trained by; its weights are rounded to 16-bit floats, here and not later."""
    with write_folder(folder) as partial:
        model.half().save_pretrained(partial)
        tokenizer.save_pretrained(partial)
        write_training(settings, partial)


def _batches(settings: TinyModel, task: TrainingTask, tokenizer: PreTrainedTokenizerFast, seed: int) -> Iterator[Batch]:
    """One batch per step, padded on the right, over as many operations as the curriculum has reached."""
    rng, efforts = np.random.default_rng([seed, 1]), task.task.efforts
    fewest, most = task.trained_operations
    steps, batch = settings.steps, settings.batch
    per_length = min(settings.examples, steps * batch) // (most - fewest + 1)
    examples = {}
    for operations in range(fewest, most + 1):
        questions, completions = task.training_examples(rng, per_length, operations)
        examples[operations] = [encode_examples(questions, completions[e], e, tokenizer) for e in efforts]
    longest = max(tokens.shape[1] for by_effort in examples.values() for tokens, _ in by_effort)
    for step in range(steps):
        reached = fewest + int((most - fewest + 1) * step / max(1, settings.curriculum * steps))
        tokens = np.full((batch, longest), tokenizer.pad_token_id)
        labels = np.full((batch, longest), IGNORED)
        lengths = rng.integers(fewest, min(reached, most) + 1, size=batch)
        most_effort = rng.random(batch) < settings.high_effort_share
        for row, (operations, is_most) in enumerate(zip(lengths, most_effort, strict=True)):
            pool_tokens, pool_labels = examples[operations][-1 if is_most else 0]
            index = rng.integers(len(pool_tokens))
            tokens[row, : pool_tokens.shape[1]] = pool_tokens[index]
            labels[row, : pool_labels.shape[1]] = pool_labels[index]
        used = int((tokens != tokenizer.pad_token_id).any(axis=0).sum())
        yield torch.from_numpy(tokens[:, :used]), torch.from_numpy(labels[:, :used])
