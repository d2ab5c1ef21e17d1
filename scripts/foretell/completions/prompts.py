"""Rendered prompts, and the positions in them that are read before the model writes anything."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import TemplateError
from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

from foretell.common.errors import UserError
from foretell.completions.policy import EFFORTS, FIELD, Prompt

GENERIC = ("PreTrainedTokenizerFast", "TokenizersBackend")  # all of such a tokenizer is in tokenizer.json
_MARK = "\x1ftext\x1f"  # stands for a text while the template's own text around it is looked for


def load_tokenizer(model_folder: str) -> PreTrainedTokenizerBase:
    """Load the tokenizer of a checkpoint folder."""
    return _tokenizer_class(model_folder).from_pretrained(model_folder, local_files_only=True)


def _tokenizer_class(model_folder: str) -> Any:
    """The class that loads a tokenizer; AutoTokenizer, which takes seconds to import, only where it has its own."""
    description = Path(model_folder) / "tokenizer_config.json"
    if description.is_file() and json.loads(description.read_text()).get("tokenizer_class") in GENERIC:
        return PreTrainedTokenizerFast
    from transformers import AutoTokenizer

    return AutoTokenizer


def render(
    problems: pd.DataFrame, tokenizer: PreTrainedTokenizerBase, prompt: Prompt, effort: str | None
) -> pd.DataFrame:
    """Render the prompt of every problem, up to where the model goes on.

    With a chat template that is a conversation, up to the model's own turn and the words it starts with. Without one it
    is the texts as they are, one after the other.

    Args:
        problems: problem_id, question, and other fields.
        tokenizer: a fast tokenizer.
        prompt: the texts, in which `{field}` stands for a field of the problem, `{{` and `}}` for braces.
        effort: passed to the chat template as `reasoning_effort`; None passes nothing.

    Returns:
        problem_id, prompt (text), token_ids (list of int), eoi_positions: the tokens to read, counted from the end:
        the end-of-instruction tokens, as [-n, ..., -1]; the last token alone where the answer's start, or the text
        itself, stands last.

    Raises:
        UserError: the problems lack a field; the chat template drops or alters the user's text, puts nothing after it,
            or closes the turn that the answer was to start.
    """
    rows = []
    texts = _texts(problems, tokenizer, prompt, effort)
    for problem_id, (text, start) in zip(problems.problem_id, texts, strict=True):
        encoded = tokenizer(text, add_special_tokens=not tokenizer.chat_template, return_offsets_mapping=True)
        after = sum(begin >= start for begin, end in encoded.offset_mapping if end > begin)
        rows.append((problem_id, text, encoded.input_ids, list(range(-after, 0))))
    frame = pd.DataFrame(rows, columns=["problem_id", "prompt", "token_ids", "eoi_positions"])
    if prompt.answer_start is not None or not tokenizer.chat_template:
        return frame.assign(eoi_positions=[[-1]] * len(frame))
    shortest = frame.eoi_positions.map(len).min()
    if not shortest:
        raise UserError("the chat template puts no token after the user's text, so there is no position to read")
    return frame.assign(eoi_positions=[positions[-shortest:] for positions in frame.eoi_positions])


def _texts(
    problems: pd.DataFrame, tokenizer: PreTrainedTokenizerBase, prompt: Prompt, effort: str | None
) -> Iterator[tuple[str, int]]:
    """The rendered text of every problem, and where the user's text ends in it."""
    _check_fields(problems, prompt)
    write = _Template(tokenizer, prompt, effort) if tokenizer.chat_template else _as_it_is
    for problem in problems.to_dict("records"):
        answer_start = None if prompt.answer_start is None else fill(prompt.answer_start, problem)
        yield write(prompt.model_copy(update={"user": fill(prompt.user, problem), "answer_start": answer_start}))


def check_effort(
    problems: pd.DataFrame, tokenizer: PreTrainedTokenizerBase, prompt: Prompt, effort: str, others: Sequence[str]
) -> None:
    """Refuse an effort that changes nothing: one policy would be taken for several.

    Args:
        problems, tokenizer, prompt, effort: as in `render`.
        others: efforts at which the same prompt is read too; none of them may be the same. Without any, the effort must
            differ from some other one.

    Raises:
        UserError: all prompts are the same at another effort.
    """
    wanted = others or [other for other in EFFORTS if other != effort]
    same = [other for other in wanted if _same(problems, tokenizer, prompt, effort, other)]
    if same and (others or same == wanted):
        what = "its chat template makes" if tokenizer.chat_template else "it has no chat template, which makes"
        raise UserError(
            f"{what} every prompt at effort {effort!r} the same as at {' and '.join(map(repr, same))}: leave 'effort' "
            "out of its policies, or give them prompts that differ"
        )


def _same(problems: pd.DataFrame, tokenizer: PreTrainedTokenizerBase, prompt: Prompt, effort: str, other: str) -> bool:
    """Whether every prompt is the same at both efforts; the first problem tells most templates apart."""
    try:
        pairs = zip(
            _texts(problems, tokenizer, prompt, effort), _texts(problems, tokenizer, prompt, other), strict=True
        )
        return all(one == another for one, another in pairs)
    except TemplateError:  # the template refuses the other effort
        return False


def fill(text: str, problem: dict) -> str:
    """Put a problem's fields into a text."""
    return FIELD.sub(lambda found: str(problem[found[1]]) if found[1] else found[0][0], text)


def _check_fields(problems: pd.DataFrame, prompt: Prompt) -> None:
    for key, text in (("user", prompt.user), ("answer_start", prompt.answer_start)):
        for field in FIELD.findall(text or ""):
            if field and field not in problems:
                raise UserError(
                    f"the prompt's key {key!r} has the field {{{field}}}, which the problems lack; they have "
                    f"{', '.join(problems)}. Braces of the text itself are written {{{{ and }}}}"
                )


def _as_it_is(prompt: Prompt) -> tuple[str, int]:
    """The texts of a prompt, and where the last ends."""
    earlier = "".join(turn.user + turn.assistant for turn in prompt.turns)
    text = earlier + prompt.user + (prompt.answer_start or "")
    return text, len(text)


class _Template:
    """Renders filled prompts with a chat template, whose own text after the user's and before the answer is known."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, prompt: Prompt, effort: str | None):
        self._tokenizer = tokenizer
        self._options: dict[str, Any] = {} if effort is None else {"reasoning_effort": effort}
        rendered = self._render([*_messages(prompt), {"role": "user", "content": _MARK}])
        if rendered.count(_MARK) != 1:
            raise UserError(f"the chat template shows the user's text {rendered.count(_MARK)} times; it must be once")
        self._suffix = rendered.split(_MARK)[1]
        if prompt.answer_start is not None:
            self._check_open_turn(prompt)

    def __call__(self, prompt: Prompt) -> tuple[str, int]:
        """The rendered text, and where the user's text ends in it.

        Raises:
            UserError: the user's text is not in it as it was given.
        """
        text = self._render([*_messages(prompt), {"role": "user", "content": prompt.user}])
        if not text.endswith(prompt.user.strip() + self._suffix):
            raise UserError(f"the chat template does not keep the user's text as it is: {prompt.user[:100]!r}")
        return text + (prompt.answer_start or ""), len(text) - len(self._suffix)

    def _check_open_turn(self, prompt: Prompt) -> None:
        """Refuse a template after whose prompt an answer does not simply go on."""
        conversation = [*_messages(prompt), {"role": "user", "content": _MARK}]
        answered = [*conversation, {"role": "assistant", "content": "Yes"}]
        whole = self._tokenizer.apply_chat_template(answered, tokenize=False, **self._options)
        if not str(whole).startswith(self._render(conversation) + "Yes"):
            raise UserError(
                "the chat template ends the turn before the answer, or puts something before it, so that the prompt's "
                "'answer_start' would not stand where an answer does: leave 'answer_start' out, or ask for the words "
                "in 'user'"
            )

    def _render(self, messages: list[dict]) -> str:
        rendered = self._tokenizer.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=True, **self._options
        )
        return str(rendered)


def _messages(prompt: Prompt) -> list[dict]:
    """Earlier turns of the conversation."""
    return [
        message
        for turn in prompt.turns
        for message in ({"role": "user", "content": turn.user}, {"role": "assistant", "content": turn.assistant})
    ]
