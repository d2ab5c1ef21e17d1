"""Small decoder transformers, trained on generated problems and saved as ordinary Hugging Face checkpoints."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast, set_seed

from foretell.common.errors import UserError
from foretell.common.storage import write_folder
from foretell.models.architecture import TinyModel, TinyModelSettings
from foretell.models.weights import write_training
from foretell.problems.tasks import TrainingTask

SPECIAL = ["<|pad|>", "<|start|>", "<|low|>", "<|high|>", "<|user|>", "<|assistant|>", "<|end|>"]
IGNORED = -100  # label of a token that the loss leaves out

CHAT_TEMPLATE = (
    "<|start|><|{{ reasoning_effort | default('low') }}|>"
    "{% for message in messages %}<|user|>{{ message['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|start|><|assistant|>{% endif %}"
)


def build_tokenizer(alphabet: str) -> PreTrainedTokenizerFast:
    """A tokenizer with one token per character and chat marker, and a chat template with a reasoning effort."""
    vocabulary = [*SPECIAL, *alphabet]
    tokenizer = Tokenizer(models.WordLevel({token: index for index, token in enumerate(vocabulary)}, "<|pad|>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    tokenizer.decoder = decoders.Fuse()
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in SPECIAL])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<|pad|>",
        eos_token="<|end|>",
        chat_template=CHAT_TEMPLATE,
    )


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


Batch = tuple[torch.Tensor, torch.Tensor]


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
    model = LlamaForCausalLM(architecture(entry, tokenizer))
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


def load(weights: Path, settings: TinyModelSettings) -> tuple[LlamaForCausalLM, PreTrainedTokenizerFast]:
    """A model whose weights were trained before, and its tokenizer.

    Args:
        weights: of a checkpoint that `save` wrote.
        settings: that it was trained by.

    Raises:
        UserError: the weights are not those of such a model.
    """
    tokenizer = build_tokenizer(settings.task.alphabet())
    model = LlamaForCausalLM(architecture(settings.model, tokenizer))
    trained = load_file(weights)
    try:
        model.load_state_dict({**trained, "lm_head.weight": trained["model.embed_tokens.weight"]})  # they are one
    except (KeyError, RuntimeError) as error:
        text = " ".join(str(error).split())
        raise UserError(f"{weights}: these are no weights of such a model: {text}; train it anew") from None
    return model.eval(), tokenizer


def save(
    model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, settings: TinyModelSettings, folder: Path
) -> None:
    """Write a checkpoint, and what it was trained by; its weights are rounded to 16-bit floats, here and not later."""
    with write_folder(folder) as partial:
        model.half().save_pretrained(partial)
        tokenizer.save_pretrained(partial)
        write_training(settings, partial)


def architecture(model: TinyModel, tokenizer: PreTrainedTokenizerFast) -> LlamaConfig:
    """The configuration of a model of the given size."""
    return LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=model.width,
        intermediate_size=3 * model.width,
        num_hidden_layers=model.layers,
        num_attention_heads=4,
        max_position_embeddings=64,
        rope_parameters={"rope_type": "default", "rope_theta": 1000.0},
        initializer_range=0.1,  # 0.02, the usual value, learns far slower at this size
        tie_word_embeddings=True,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
    )


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
