"""Rendered prompts, and the positions in them that are read before the model writes anything."""

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd
from transformers import PreTrainedTokenizerBase

from foretell.common.errors import UserError
from foretell.completions.policy import DATE, EFFORTS, FIELD, Prompt, Reading
from foretell.completions.templates import RefusedError, Template

DEFAULT = Reading()


def render(
    problems: pd.DataFrame, tokenizer: PreTrainedTokenizerBase, prompt: Prompt, reading: Reading = DEFAULT
) -> pd.DataFrame:
    """Render the prompt of every problem, up to where the model goes on.

    With a chat template that is a conversation, up to the model's own turn and the words it starts with. Without one it
    is the texts as they are, one after the other.

    Args:
        problems: problem_id, question, and other fields.
        tokenizer: a fast tokenizer.
        prompt: the texts, in which `{field}` stands for a field of the problem, `{{` and `}}` for braces.
        reading: what the chat template is told.

    Returns:
        problem_id, prompt (text), token_ids (list of int), eoi_positions: the tokens to read, counted from the end:
        the end-of-instruction tokens, as [-n, ..., -1]; the last token alone where the answer's start, or the text
        itself, stands last.

    Raises:
        UserError: the problems lack a field; the chat template refuses the conversation, drops or alters the user's or
            the system's text, puts nothing after it, or closes the turn that the answer was to start.
    """
    rows = []
    texts = _texts(problems, tokenizer, prompt, reading)
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
    problems: pd.DataFrame, tokenizer: PreTrainedTokenizerBase, prompt: Prompt, reading: Reading
) -> Iterator[tuple[str, int]]:
    """The rendered text of every problem, and where the user's text ends in it."""
    prompts = filled(problems, prompt)
    write = Template(tokenizer, prompt, reading) if tokenizer.chat_template else _as_it_is
    yield from map(write, prompts)


def filled(problems: pd.DataFrame, prompt: Prompt) -> list[Prompt]:
    """The prompt of every problem, with its fields.

    Raises:
        UserError: the problems lack a field.
    """
    _check_fields(problems, prompt)
    prompts = []
    for problem in problems.to_dict("records"):
        answer_start = None if prompt.answer_start is None else fill(prompt.answer_start, problem)
        prompts.append(prompt.model_copy(update={"user": fill(prompt.user, problem), "answer_start": answer_start}))
    return prompts


def check_arguments(
    problems: pd.DataFrame,
    tokenizer: PreTrainedTokenizerBase,
    prompt: Prompt,
    reading: Reading,
    others: Sequence[Reading] = (),
    effort_by_prompt: bool = False,
) -> None:
    """Refuse what changes no prompt: one policy would be taken for several, or for another than it is.

    Args:
        problems, tokenizer, prompt, reading: as in `render`.
        others: ways in which the same model reads the same prompt too.
        effort_by_prompt: whether an effort may leave the chat template's words as they are, because the prompt has it.

    Raises:
        UserError: all prompts are the same as at one of `others`; or whatever value an argument, or the date, has.
    """

    def alike(other: Reading, asked: Prompt = prompt) -> bool:
        return _same(problems, tokenizer, (prompt, reading), (asked, other))

    what = "its chat template makes" if tokenizer.chat_template else "it has no chat template, which makes"
    if same := [other for other in others if alike(other)]:
        raise UserError(
            f"{what} every prompt at {reading} the same as at {' and at '.join(map(str, same))}: they are one policy; "
            "leave 'effort' or 'template_arguments' out, or give prompts that differ"
        )
    if (
        reading.effort is not None
        and not effort_by_prompt
        and all(alike(reading.model_copy(update={"effort": effort})) for effort in EFFORTS if effort != reading.effort)
    ):
        raise UserError(
            f"{what} every prompt the same at every effort: leave 'effort' out of its policies, "
            "or give each effort a prompt of its own"
        )
    for name in reading.template_arguments:
        if all(alike(other) for other in _with_another(reading, name)):
            raise UserError(
                f"{what} every prompt the same whatever {name!r} is: correct the name under 'template_arguments', or "
                "leave it out"
            )
    if prompt.date != DATE and alike(reading, prompt.model_copy(update={"date": DATE})):
        raise UserError(f"{what} every prompt the same whatever 'date' is: leave it out of the prompt")


def _with_another(reading: Reading, name: str) -> list[Reading]:
    """The same without an argument, and with another value of it."""
    value = reading.template_arguments[name]
    rest = {key: kept for key, kept in reading.template_arguments.items() if key != name}
    if isinstance(value, bool):
        other: Any = not value
    else:
        other = value + "x" if isinstance(value, str) else value + 1
    return [reading.model_copy(update={"template_arguments": each}) for each in (rest, {**rest, name: other})]


def _same(
    problems: pd.DataFrame,
    tokenizer: PreTrainedTokenizerBase,
    one: tuple[Prompt, Reading],
    other: tuple[Prompt, Reading],
) -> bool:
    """Whether every prompt is the same both ways; the first problem tells most templates apart."""
    try:
        pairs = zip(_texts(problems, tokenizer, *one), _texts(problems, tokenizer, *other), strict=True)
        return all(first == second for first, second in pairs)
    except RefusedError:  # the template takes only one of them
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
    text = (prompt.system or "") + earlier + prompt.user + (prompt.answer_start or "")
    return text, len(text)
