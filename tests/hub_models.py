"""Small checkpoints with random weights and the tokenizer and chat template of a real form, as a hub serves them."""

import json
import tempfile
from pathlib import Path

import torch
from huggingface_hub import save_torch_state_dict
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

import architectures
from chat_templates import HARMONY, QWEN, THINKING

# Qwen2.5-Math's: a system prompt of its own, unless there is one.
CHAT = """\
{%- if messages[0]['role'] == 'system' %}
    {{- '<|im_start|>system\\n' + messages[0]['content'] + '<|im_end|>\\n' }}
{%- else %}
    {{- '<|im_start|>system\\nPlease reason step by step, and put your final answer within \\\\boxed{}.<|im_end|>\\n' }}
{%- endif %}
{%- for message in messages %}
    {%- if message.role == 'user' or (message.role == 'system' and not loop.first) or message.role == 'assistant' %}
        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
{%- endif %}
"""


# Qwen3-8B's template opens no thinking by itself, as that of later models does.
QWEN3 = QWEN.replace("else '<think>\\n'", "else ''")
# By architecture: the chat template, its special tokens, of which the first pads and the last ends, and other marks.
FORMS = {
    "qwen2": (CHAT, ["<|endoftext|>", "<|im_start|>", "<|im_end|>"], []),
    "qwen3": (QWEN3, ["<|endoftext|>", "<|im_start|>", "<|im_end|>"], THINKING),
    "gpt_oss": (
        HARMONY,
        ["<|endoftext|>", "<|start|>", "<|message|>", "<|channel|>", "<|end|>", "<|call|>", "<|return|>"],
        [],
    ),
}


def boxed(answers):
    """Answers as the paper's prompts ask for them."""
    return [f"\\boxed{{{answer}}}" for answer in answers]


def tokenizer(architecture, texts):
    """One token per byte, and one per text, so that random weights answer something."""
    template, special, marks = FORMS[architecture]
    vocabulary = {token: index for index, token in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    bytewise = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    bytewise.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bytewise.decoder = decoders.ByteLevel()
    made = PreTrainedTokenizerFast(
        tokenizer_object=bytewise,
        eos_token=special[-1],
        pad_token=special[0],
        additional_special_tokens=special,
        chat_template=template,
    )
    made.add_tokens([*marks, *texts])
    return made


def checkpoint(architecture, texts, seed):
    """Files of a checkpoint that mostly writes one of these texts, at random."""
    tokens = tokenizer(architecture, texts)
    model = architectures.made(architecture, len(tokens), tokens.eos_token_id, seed)
    with torch.no_grad():
        model.lm_head.weight[-len(texts) :] *= 4
        model.lm_head.weight[tokens.eos_token_id] *= 3  # so that some texts are longer than others
    weights, config = model.state_dict(), model.config.to_dict()
    config["architectures"] = [type(model).__name__]
    if architecture == "gpt_oss":
        weights, config["quantization_config"] = quantized(weights, seed), {"quant_method": "mxfp4"}
    with tempfile.TemporaryDirectory() as folder:
        save_torch_state_dict(weights, folder, max_shard_size="20KB")
        (Path(folder) / "config.json").write_text(json.dumps(config))
        model.generation_config.save_pretrained(folder)
        tokens.save_pretrained(folder)
        return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def quantized(weights, seed):
    """Weights in which those of the experts are as gpt-oss has them: random values of 4 bits in blocks with a scale."""
    generator = torch.Generator().manual_seed(seed)
    packed = {}
    for name, tensor in weights.items():
        if not name.endswith("experts.gate_up_proj") and not name.endswith("experts.down_proj"):
            packed[name] = tensor
            continue
        experts, inputs, outputs = tensor.shape
        blocks = (experts, outputs, inputs // 32, 16)
        packed[f"{name}_blocks"] = torch.randint(256, blocks, generator=generator, dtype=torch.uint8)
        packed[f"{name}_scales"] = torch.full(blocks[:-1], 125, dtype=torch.uint8)  # two to the power of 125 - 127
    return packed
