"""Conversations rendered by a model's chat template, and where the user's text ends in them."""

import datetime
from contextlib import suppress

from jinja2 import TemplateError
from transformers import PreTrainedTokenizerBase

from foretell.common.errors import UserError
from foretell.completions.policy import DATE, Prompt, Reading

# Stands for a text while the template's own text around it is looked for: of letters for private use, which no text has
# and no template takes for white space.
_MARK = "\ue000text\ue001"
# What a template raises: by its own will, or because what it asks for is not there, or without an end.
_REFUSALS: tuple[type[Exception], ...] = (TemplateError, TypeError, ValueError, ArithmeticError, LookupError)
_REFUSALS += (AttributeError, RecursionError, MemoryError)
_LETTERS = "aAbBcCdDeFgGhHIjklmMnpPrRsSTtuUVwWxXyYzZ"
_CODES = (*(f"-{code}" for code in _LETTERS), *_LETTERS, "f")  # of strftime
_PERCENT = "\ue002"  # stands for a doubled one meanwhile


class RefusedError(UserError):
    """A chat template raises an error."""


class Template:
    """Renders filled prompts with a chat template, whose own text before and after the user's is known."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, prompt: Prompt, reading: Reading):
        """Find the template's own text.

        Args:
            tokenizer: has the chat template.
            prompt: of which only what is the same for all problems counts.
            reading: what the template is told.

        Raises:
            UserError: there is no one template; else as `render`.
        """
        self._tokenizer = tokenizer
        midnight = datetime.datetime.fromisoformat(prompt.date)
        self._template = _on(midnight) + _default(tokenizer)
        given = {} if prompt.date == DATE else {"date_string": midnight.strftime("%d %b %Y")}
        self._options = {**given, **reading.passed()}
        rendered = self._render([*_messages(prompt), {"role": "user", "content": _MARK}])
        if rendered.count(_MARK) != 1:
            raise UserError(f"the chat template shows the user's text {rendered.count(_MARK)} times; it must be once")
        self._prefix, self._suffix = rendered.split(_MARK)
        if prompt.system is not None and prompt.system.strip() not in self._prefix:
            raise UserError("the chat template does not show the prompt's 'system' text as it is: put it into 'user'")
        if prompt.answer_start is not None:
            self._check_open_turn(prompt)

    def __call__(self, prompt: Prompt) -> tuple[str, int]:
        """The rendered text, and where the user's text ends in it; a template may strip white space from its ends.

        Raises:
            UserError: the user's text is not in it as it was given.
        """
        text = self._render(messages_of(prompt))
        user = prompt.user
        kept = (self._prefix + each + self._suffix for each in (user, user.strip(), user.lstrip(), user.rstrip()))
        if text not in kept:
            raise UserError(f"the chat template does not keep the user's text as it is: {user[:100]!r}")
        return text + (prompt.answer_start or ""), len(text) - len(self._suffix)

    def _check_open_turn(self, prompt: Prompt) -> None:
        """Refuse a template after whose prompt an answer does not simply go on."""
        conversation = [*_messages(prompt), {"role": "user", "content": _MARK}]
        answered = [*conversation, {"role": "assistant", "content": "Yes"}]
        if not self._render(answered, opened=False).startswith(self._render(conversation) + "Yes"):
            raise UserError(
                "the chat template ends the turn before the answer, or puts something before it, so that the prompt's "
                "'answer_start' would not stand where an answer does: leave 'answer_start' out, or ask for the words "
                "in 'user'"
            )

    def _render(self, messages: list[dict], opened: bool = True) -> str:
        try:
            rendered = self._tokenizer.apply_chat_template(
                messages,
                chat_template=self._template,
                tokenize=False,
                add_generation_prompt=opened,
                **self._options,
            )
        except _REFUSALS as error:
            raise RefusedError(f"the chat template refuses the prompt: {error}") from error
        return str(rendered)


def _default(tokenizer: PreTrainedTokenizerBase) -> str:
    """The template that is taken where none is named."""
    if isinstance(tokenizer.chat_template, str | dict):
        with suppress(ValueError):  # several, and none is the default
            return str(tokenizer.get_chat_template())
    raise UserError(
        "the tokenizer has several chat templates and none is called 'default', or what it has is no text: name a file "
        "with the right one under the model's 'chat_template'"
    )


def _on(day: datetime.datetime) -> str:
    """What makes a template that follows it take a day for today: its own `strftime_now`, in place of the clock's.

    It is written in the template's language, since templates are given data only, no functions.
    """
    replaced = "".join(f" | replace('%{code}', '{day.strftime('%' + code)}')" for code in _CODES)
    doubled = f" | replace('%%', '{_PERCENT}'){replaced} | replace('{_PERCENT}', '%')"
    return "{%- macro strftime_now(format) -%}{{ format" + doubled + " }}{%- endmacro %}\n"


def messages_of(prompt: Prompt) -> list[dict]:
    """The conversation of a filled prompt, up to the user's text."""
    return [*_messages(prompt), {"role": "user", "content": prompt.user}]


def _messages(prompt: Prompt) -> list[dict]:
    """What stands before the question: the system's text, and earlier turns of the conversation."""
    said = [] if prompt.system is None else [("system", prompt.system)]
    for turn in prompt.turns:
        said += [("user", turn.user), ("assistant", turn.assistant)]
    return [{"role": role, "content": text} for role, text in said]
