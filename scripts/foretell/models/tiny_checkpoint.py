"""Checkpoints of small decoder transformers, in the form of Hugging Face, and how they are made of trained weights.

Nothing here imports a model's class, nor `LlamaConfig`, which import torch: most of the time of a job that runs none.
"""

import json
import shutil
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast
from transformers import __version__ as transformers_version

from foretell.common.errors import UserError
from foretell.common.storage import write_folder
from foretell.models.architecture import TinyModel, TinyModelSettings
from foretell.models.weights import WEIGHTS, write_training

HEADS = 4
SPECIAL = ["<|pad|>", "<|start|>", "<|low|>", "<|high|>", "<|user|>", "<|assistant|>", "<|end|>"]

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


def configuration(model: TinyModel, tokenizer: PreTrainedTokenizerFast) -> dict[str, Any]:
    """That of a model of the given size, all of it, as keys of `transformers.LlamaConfig`."""
    return {
        "attention_bias": False,
        "attention_dropout": 0.0,
        "bos_token_id": None,
        "eos_token_id": tokenizer.eos_token_id,
        "head_dim": model.width // HEADS,
        "hidden_act": "silu",
        "hidden_size": model.width,
        "initializer_range": 0.1,  # 0.02, the usual value, learns far slower at this size
        "intermediate_size": 3 * model.width,
        "max_position_embeddings": 64,
        "mlp_bias": False,
        "num_attention_heads": HEADS,
        "num_hidden_layers": model.layers,
        "num_key_value_heads": HEADS,
        "pad_token_id": tokenizer.pad_token_id,
        "pretraining_tp": 1,
        "rms_norm_eps": 1e-6,
        "rope_parameters": {"rope_type": "default", "rope_theta": 1000.0},
        "tie_word_embeddings": True,
        "use_cache": True,
        "vocab_size": len(tokenizer),
    }


def shapes(config: dict[str, Any]) -> dict[str, list[int]]:
    """Names and shapes of a model's weights in its checkpoint; those of the output are those of the embedding."""
    width, inner = config["hidden_size"], config["intermediate_size"]
    found = {"model.embed_tokens.weight": [config["vocab_size"], width], "model.norm.weight": [width]}
    block = {f"self_attn.{name}_proj": [width, width] for name in "qkvo"}
    block |= {"mlp.gate_proj": [inner, width], "mlp.up_proj": [inner, width], "mlp.down_proj": [width, inner]}
    block |= {"input_layernorm": [width], "post_attention_layernorm": [width]}
    for layer in range(config["num_hidden_layers"]):
        found |= {f"model.layers.{layer}.{name}.weight": shape for name, shape in block.items()}
    return found


def write_checkpoint(weights: Path, settings: TinyModelSettings, folder: Path) -> None:
    """Write the checkpoint that a training left, from its weights.

    Args:
        weights: of that checkpoint.
        settings: that it was trained by.
        folder: of the new one.

    Raises:
        UserError: the weights are not those of such a model.
    """
    tokenizer = build_tokenizer(settings.task.alphabet())
    config = configuration(settings.model, tokenizer)
    _check_shapes(weights, shapes(config))
    kind = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "dtype": "float16"}
    of_both = {key: config[key] for key in ("eos_token_id", "pad_token_id", "use_cache")}
    generation = {**of_both, "_from_model_config": True, "output_attentions": False, "output_hidden_states": False}
    with write_folder(folder) as partial:
        shutil.copyfile(weights, partial / WEIGHTS)
        for name, content in (("config.json", {**config, **kind}), ("generation_config.json", generation)):
            text = json.dumps({**content, "transformers_version": transformers_version}, indent=2, sort_keys=True)
            (partial / name).write_text(f"{text}\n", encoding="utf-8")
        tokenizer.save_pretrained(partial)
        write_training(settings, partial)


def _check_shapes(weights: Path, wanted: dict[str, list[int]]) -> None:
    try:
        with safe_open(weights, "numpy") as opened:
            found = {name: opened.get_slice(name).get_shape() for name in opened.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise UserError(f"{weights}: these are no weights of such a model: {error}; train it anew") from None
    for name in sorted(found.keys() | wanted.keys()):
        if found.get(name) != wanted.get(name):
            raise UserError(
                f"{weights}: these are no weights of such a model: {name} has shape {found.get(name)}, not "
                f"{wanted.get(name)}; train it anew"
            )
