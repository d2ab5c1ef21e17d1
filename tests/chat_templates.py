"""Miniature chat templates of the forms that today's models have, and a tokenizer that knows their marks."""

from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

LLAMA = """{{- bos_token }}
{%- if not date_string is defined %}
  {%- if strftime_now is defined %}{% set date_string = strftime_now("%d %b %Y") %}
  {%- else %}{% set date_string = "26 Jul 2024" %}{% endif %}
{%- endif %}
{%- if messages[0]['role'] == 'system' %}
  {%- set system = messages[0]['content'] | trim %}{% set messages = messages[1:] %}
{%- else %}{% set system = "" %}{% endif %}
{{- "<|header|>system<|/header|>\\n\\nToday Date: " + date_string + "\\n\\n" + system + "<|eot|>" }}
{%- for message in messages %}
  {{- "<|header|>" + message['role'] + "<|/header|>\\n\\n" + message['content'] | trim + "<|eot|>" }}
{%- endfor %}
{%- if add_generation_prompt %}{{ "<|header|>assistant<|/header|>\\n\\n" }}{% endif %}"""

GEMMA = """{{ bos_token }}
{%- if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}
{%- for message in messages %}
  {%- set role = 'model' if message['role'] == 'assistant' else message['role'] %}
  {{- '<start_of_turn>' + role + '\\n' + message['content'] | trim + '<end_of_turn>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<start_of_turn>model\\n' }}{% endif %}"""

QWEN = """{%- macro shown(content) %}{{ content }}{% endmacro %}
{%- if messages[0].role == 'system' %}
  {{- '<|im_start|>system\\n' + messages[0].content | trim + '<|im_end|>\\n' }}
{%- endif %}
{%- set last = namespace(user=-1) %}
{%- for message in messages %}{% if message.role == 'user' %}{% set last.user = loop.index0 %}{% endif %}{% endfor %}
{%- for message in messages %}
  {%- set content = shown(message.content) | trim %}
  {%- if message.role == 'user' %}{{ '<|im_start|>user\\n' + content + '<|im_end|>\\n' }}
  {%- elif message.role == 'assistant' %}
    {{- '<|im_start|>assistant\\n' + ('<think>\\n\\n</think>\\n\\n' if loop.index0 > last.user else '') }}
    {{- content + '<|im_end|>\\n' }}
  {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
  {{- '<|im_start|>assistant\\n' }}
  {{- '<think>\\n\\n</think>\\n\\n' if enable_thinking is defined and enable_thinking is false else '<think>\\n' }}
{%- endif %}"""

HARMONY = """{%- set reasoning_effort = reasoning_effort | default("medium") %}
{{- "<|start|>system<|message|>Knowledge cutoff: 2024-06\\nCurrent date: " + strftime_now("%Y-%m-%d") }}
{{- "\\n\\nReasoning: " + reasoning_effort + "\\n\\n# Valid channels: analysis, commentary, final.<|end|>" }}
{%- if messages[0].role == "system" %}
  {{- "<|start|>developer<|message|># Instructions\\n\\n" + messages[0].content + "<|end|>" }}
  {%- set messages = messages[1:] %}
{%- endif %}
{%- for message in messages %}
  {%- if message.role == "assistant" %}
    {{- "<|start|>assistant<|channel|>final<|message|>" + message.content }}
    {{- "<|return|>" if loop.last and not add_generation_prompt else "<|end|>" }}
  {%- else %}{{ "<|start|>user<|message|>" + message.content + "<|end|>" }}{% endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{ "<|start|>assistant" }}{% endif %}"""

SPECIAL = [
    *("<s>", "<|end_of_text|>", "<|header|>", "<|/header|>", "<|eot|>", "<start_of_turn>", "<end_of_turn>"),
    *(
        "<|im_start|>",
        "<|im_end|>",
        "<|start|>",
        "<|message|>",
        "<|channel|>",
        "<|end|>",
        "<|return|>",
        "[THINK]",
        "[/THINK]",
    ),
]
THINKING = ["<think>", "</think>"]  # tokens of their own, but not special ones, as Qwen's are


def tokenizer_with(template: str | None) -> PreTrainedTokenizerFast:
    """A tokenizer of single bytes and the marks of a template."""
    vocabulary = {byte: index for index, byte in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    used = f"<s><|end_of_text|>{template}"
    tokenizer.add_special_tokens([mark for mark in SPECIAL if mark in used])
    tokenizer.add_tokens([mark for mark in THINKING if mark in used])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="<|end_of_text|>", chat_template=template
    )
