from types import SimpleNamespace

import pandas as pd
import pytest
from transformers.utils import chat_template_utils

from chat_templates import GEMMA, HARMONY, LLAMA, QWEN, tokenizer_with
from foretell.common.errors import UserError
from foretell.completions.policy import DATE, Prompt, Reading, Turn
from foretell.completions.prompts import check_arguments, render

PROBLEMS = pd.DataFrame({"problem_id": ["a", "b", "c"], "question": ["1 + 1?", " \n2 + 2 ", "3 + 3\n"]})
EXAMPLE = Prompt(turns=[Turn(user=" 0 + 0", assistant="0 ")])
TEMPLATES = {
    "llama": (LLAMA, {}, "<|eot|><|header|>assistant<|/header|>\n\n"),
    "gemma": (GEMMA, {}, "<end_of_turn>\n<start_of_turn>model\n"),
    "qwen": (QWEN, {}, "<|im_end|>\n<|im_start|>assistant\n<think>\n"),
    "qwen, not thinking": (
        QWEN,
        {"enable_thinking": False},
        "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n",
    ),
    "harmony": (HARMONY, {"reasoning_effort": "high"}, "<|end|><|start|>assistant"),
}
NO_THINKING = Reading(template_arguments={"enable_thinking": False})


@pytest.fixture
def on_the_day(monkeypatch):
    """A clock that stands at midnight of the studies' day."""
    monkeypatch.setattr(chat_template_utils, "datetime", SimpleNamespace(now=lambda: pd.Timestamp(DATE)))


@pytest.mark.usefixtures("on_the_day")
@pytest.mark.parametrize("prompt", [Prompt(), EXAMPLE])
@pytest.mark.parametrize("form", TEMPLATES)
def test_a_prompt_is_what_the_template_makes_and_its_positions_are_the_tokens_after_the_text(form, prompt):
    template, arguments, suffix = TEMPLATES[form]
    tokenizer = tokenizer_with(template)
    prompts = render(PROBLEMS, tokenizer, prompt, Reading(template_arguments=arguments))
    earlier = [{"role": "user", "content": " 0 + 0"}, {"role": "assistant", "content": "0 "}] if prompt.turns else []
    for row, question in zip(prompts.itertuples(), PROBLEMS.question, strict=True):
        messages = [*earlier, {"role": "user", "content": question}]
        told = {"add_generation_prompt": True, **arguments}
        assert row.prompt == tokenizer.apply_chat_template(messages, tokenize=False, **told)
        assert row.token_ids == tokenizer.apply_chat_template(messages, **told)["input_ids"]
        assert tokenizer.decode([row.token_ids[position] for position in row.eoi_positions]) == suffix


@pytest.mark.parametrize(("template", "shown"), [(HARMONY, "date: {:%Y-%m-%d}\n"), (LLAMA, "Date: {:%d %b %Y}\n")])
def test_a_prompt_has_the_studys_date_and_not_todays(template, shown):
    tokenizer = tokenizer_with(template)
    for day in (DATE, "2024-02-29"):
        assert shown.format(pd.Timestamp(day)) in render(PROBLEMS, tokenizer, Prompt(date=day)).prompt[0]
    fixed = tokenizer_with(template.replace("strftime_now is defined", "false").replace("strftime_now", "string"))
    if template == LLAMA:  # as Llama 3.1 has it, whose template knows a day of its own
        assert "26 Jul 2024" in render(PROBLEMS, fixed, Prompt()).prompt[0]
        assert "29 Feb 2024" in render(PROBLEMS, fixed, Prompt(date="2024-02-29")).prompt[0]
    check_arguments(PROBLEMS, tokenizer, Prompt(date="2024-02-29"), Reading())
    with pytest.raises(UserError, match="every prompt the same whatever 'date' is: leave it out"):
        check_arguments(PROBLEMS, tokenizer_with(QWEN), Prompt(date="2024-02-29"), Reading())


@pytest.mark.parametrize(
    "form",
    [
        "%d/%m/%y",
        "%-d. %B %Y",
        "%c",
        "%x %X",
        "%j of %G-W%V-%u",
        "%F %T %Z%z",
        "%I %p",
        "100%% %%Y %Y",
        "%-U %-W %-u %-j",
        "%H:%M:%S.%f",
    ],
)
def test_every_form_of_a_date_is_pythons(form):
    tokenizer = tokenizer_with(HARMONY.replace("%Y-%m-%d", form))
    shown = pd.Timestamp("2024-02-29").strftime(form)
    assert f"Current date: {shown}\n" in render(PROBLEMS, tokenizer, Prompt(date="2024-02-29")).prompt[0]


@pytest.mark.parametrize("templates", [{"tool_use": LLAMA, "rag": GEMMA}, 5])
def test_templates_without_a_default_are_refused(templates):
    tokenizer = tokenizer_with(LLAMA)
    tokenizer.chat_template = templates
    with pytest.raises(
        UserError, match=r"none is called 'default'.*: name a file with .* under the model's 'chat_template'"
    ):
        render(PROBLEMS, tokenizer, Prompt())
    tokenizer.chat_template = {"default": LLAMA, "rag": GEMMA}
    assert render(PROBLEMS, tokenizer, Prompt()).equals(render(PROBLEMS, tokenizer_with(LLAMA), Prompt()))


def test_a_date_has_to_be_one():
    with pytest.raises(ValueError, match=r"'2024-02-30' is no date of the form 2025-01-31"):
        Prompt(date="2024-02-30")


def test_an_argument_that_changes_no_prompt_is_an_error():
    tokenizer = tokenizer_with(QWEN)
    thinking = Reading(template_arguments={"enable_thinking": True})  # as without it, and a policy all the same
    check_arguments(PROBLEMS, tokenizer, Prompt(), thinking, [NO_THINKING])
    check_arguments(PROBLEMS, tokenizer, Prompt(), NO_THINKING, [thinking])
    with pytest.raises(UserError, match=r"at enable_thinking True the same as at no arguments: they are one policy"):
        check_arguments(PROBLEMS, tokenizer, Prompt(), thinking, [Reading()])
    for value in (False, 7, 0.5, "no"):
        misspelt = Reading(template_arguments={"enable_thinking": False, "enable_thinkin": value})
        with pytest.raises(UserError, match=r"every prompt the same whatever 'enable_thinkin' is: correct the name"):
            check_arguments(PROBLEMS, tokenizer, Prompt(), misspelt)


def test_an_effort_beyond_the_usual_ones_is_an_argument():
    minimal = Reading(template_arguments={"reasoning_effort": "minimal"})
    check_arguments(PROBLEMS, tokenizer_with(HARMONY), Prompt(), minimal, [Reading(effort="low")])
    assert "Reasoning: minimal" in render(PROBLEMS, tokenizer_with(HARMONY), Prompt(), minimal).prompt[0]


@pytest.mark.parametrize("name", ["tokenize", "messages", "1x"])
def test_what_is_no_argument_of_a_template_is_refused(name):
    with pytest.raises(ValueError, match=r"is no argument that a chat template has|should match pattern"):
        Reading(template_arguments={name: True})


@pytest.mark.parametrize("template", [LLAMA, QWEN, HARMONY])
def test_the_systems_text_stands_before_the_question(template):
    text = render(PROBLEMS, tokenizer_with(template), Prompt(system="Be brief.")).prompt[0]
    assert 0 < text.index("Be brief.") < text.index("1 + 1?")


def test_a_template_that_knows_no_system_says_so():
    with pytest.raises(UserError, match="the chat template refuses the prompt: System role not supported"):
        render(PROBLEMS, tokenizer_with(GEMMA), Prompt(system="Be brief."))
    ignores = "{{ messages[-1].content }}<|end|>"
    with pytest.raises(UserError, match="does not show the prompt's 'system' text as it is: put it into 'user'"):
        render(PROBLEMS, tokenizer_with(ignores), Prompt(system="Be brief."))


@pytest.mark.parametrize("asked", ["{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "{{ 5 | dictsort }}"])
def test_a_template_that_fails_in_its_own_way_is_refused_like_one_that_says_so(asked):
    with pytest.raises(UserError, match="the chat template refuses the prompt"):
        render(PROBLEMS, tokenizer_with(asked), Prompt())


def test_without_a_chat_template_the_systems_text_stands_first():
    assert render(PROBLEMS, tokenizer_with(None), Prompt(system="Sums. ")).prompt[0] == "Sums. 1 + 1?"


def test_an_answer_goes_on_where_the_template_does_not_have_the_model_think():
    start = Prompt(answer_start="The answer is")
    with pytest.raises(UserError, match="leave 'answer_start' out"):
        render(PROBLEMS, tokenizer_with(QWEN), start)
    prompts = render(PROBLEMS, tokenizer_with(QWEN), start, NO_THINKING)
    assert prompts.prompt[0].endswith("</think>\n\nThe answer is") and prompts.eoi_positions[0] == [-1]
