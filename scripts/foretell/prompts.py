"""Rendered prompts, and where in them the end-of-instruction tokens stand."""

import json
from pathlib import Path

import pandas as pd
from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

from foretell.errors import UserError

GENERIC = ("PreTrainedTokenizerFast", "TokenizersBackend")  # all of such a tokenizer is in tokenizer.json
_MARK = "\x1fquestion\x1f"  # stands for the user's text while the template's own text is looked for


def load_tokenizer(model_folder: str) -> PreTrainedTokenizerBase:
    """Load the tokenizer of a checkpoint folder.

    Raises:
        UserError: it has no chat template.
    """
    tokenizer = _tokenizer_class(model_folder).from_pretrained(model_folder, local_files_only=True)
    if not tokenizer.chat_template:
        raise UserError(
            f"{model_folder}: the tokenizer has no chat template: add 'chat_template.jinja' to the checkpoint"
        )
    return tokenizer


def _tokenizer_class(model_folder: str) -> type:
    """The class that loads a tokenizer; AutoTokenizer, which takes seconds to import, only where it has its own."""
    description = Path(model_folder) / "tokenizer_config.json"
    if description.is_file() and json.loads(description.read_text()).get("tokenizer_class") in GENERIC:
        return PreTrainedTokenizerFast
    from transformers import AutoTokenizer

    return AutoTokenizer


def render(
    problems: pd.DataFrame, tokenizer: PreTrainedTokenizerBase, template: str, effort: str | None
) -> pd.DataFrame:
    """Render every problem as one user turn, with the generation prompt.

    Args:
        problems: problem_id, question.
        tokenizer: a fast tokenizer with a chat template.
        template: the user turn; `{question}` stands for the question.
        effort: passed to the chat template as `reasoning_effort`; None passes nothing.

    Returns:
        problem_id, prompt (text), token_ids (list of int), eoi_positions: the end-of-instruction tokens, counted from
        the end, as [-n, ..., -1].

    Raises:
        UserError: the chat template drops or alters the user's text, or puts nothing after it.
    """
    suffix = _text_after_question(tokenizer, effort)
    rows = []
    for problem_id, question in zip(problems.problem_id, problems.question, strict=True):
        user = template.replace("{question}", question)
        prompt = _render_one(tokenizer, user, effort)
        if not prompt.endswith(user.strip() + suffix):
            raise UserError(f"problem {problem_id!r}: the chat template does not keep the user's text as it is")
        encoded = tokenizer(prompt, add_special_tokens=False, return_offsets_mapping=True)
        start = len(prompt) - len(suffix)
        after = sum(begin >= start for begin, _ in encoded.offset_mapping)
        rows.append((problem_id, prompt, encoded.input_ids, list(range(-after, 0))))
    frame = pd.DataFrame(rows, columns=["problem_id", "prompt", "token_ids", "eoi_positions"])
    shortest = frame.eoi_positions.map(len).min()
    if not shortest:
        raise UserError("the chat template puts no token after the user's text, so there is no position to read")
    frame["eoi_positions"] = [positions[-shortest:] for positions in frame.eoi_positions]
    return frame


def _text_after_question(tokenizer: PreTrainedTokenizerBase, effort: str | None) -> str:
    rendered = _render_one(tokenizer, _MARK, effort)
    if rendered.count(_MARK) != 1:
        raise UserError(f"the chat template shows the user's text {rendered.count(_MARK)} times; it must be once")
    return rendered.split(_MARK)[1]


def _render_one(tokenizer: PreTrainedTokenizerBase, user: str, effort: str | None) -> str:
    options = {} if effort is None else {"reasoning_effort": effort}
    messages = [{"role": "user", "content": user}]
    return tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True, **options)
