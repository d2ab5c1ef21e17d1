import copy
import json

import pandas as pd
import pytest
from tokenizers.processors import TemplateProcessing

import render_prompts
from foretell.common.errors import UserError
from foretell.common.storage import write_parquet
from foretell.completions.policy import Prompt, Reading, Turn
from foretell.completions.prompts import check_arguments, fill, render

QUESTION = Prompt()


@pytest.fixture
def problems():
    return pd.DataFrame({"problem_id": ["a", "b"], "question": ["3+4*2", "1-5"]})


def test_the_eoi_positions_are_the_template_tokens_after_the_question(problems, tokenizer):
    prompts = render(problems, tokenizer, QUESTION, Reading(effort="high"))
    for row in prompts.itertuples():
        assert list(row.eoi_positions) == [-3, -2, -1]
        tail = tokenizer.convert_ids_to_tokens([row.token_ids[position] for position in row.eoi_positions])
        assert tail == ["<|end|>", "<|start|>", "<|assistant|>"]
    assert prompts.prompt[0] == "<|start|><|high|><|user|>3+4*2<|end|><|start|><|assistant|>"


def test_the_effort_reaches_the_prompt(problems, tokenizer):
    low, high = (
        render(problems, tokenizer, QUESTION, Reading(effort=effort)).token_ids[0] for effort in ("low", "high")
    )
    assert [a == b for a, b in zip(low, high, strict=True)].count(False) == 1


LOW, HIGH = Reading(effort="low"), Reading(effort="high")


def test_an_effort_that_changes_no_prompt_is_refused(problems, tokenizer):
    check_arguments(problems, tokenizer, QUESTION, LOW, [HIGH])
    check_arguments(problems, tokenizer, QUESTION, LOW)
    for template in ("{{ messages[0]['content'] }}<|end|>", None):
        ignores = with_template(tokenizer, template)
        with pytest.raises(
            UserError, match=r"every prompt at effort 'high' the same as at effort 'low': .* leave 'eff"
        ):
            check_arguments(problems, ignores, QUESTION, HIGH, [LOW])
        with pytest.raises(UserError, match=r"every prompt the same at every effort: leave 'effort' out"):
            check_arguments(problems, ignores, QUESTION, HIGH)
        check_arguments(problems, ignores, QUESTION, HIGH, effort_by_prompt=True)
    two = with_template(tokenizer, "{{ reasoning_effort == 'low' }}{{ messages[0]['content'] }}<|end|>")
    check_arguments(problems, two, QUESTION, HIGH)
    with pytest.raises(UserError, match=r"at effort 'high' the same as at effort 'medium'"):
        check_arguments(problems, two, QUESTION, HIGH, [LOW, Reading(effort="medium")])


def test_the_script_names_the_model_whose_efforts_are_the_same(problems, tokenizer, tmp_path):
    folder = tmp_path / "m"
    with_template(tokenizer, "{{ messages[0]['content'] }}<|end|>").save_pretrained(folder)
    write_parquet(problems.assign(excluded_reason=None), tmp_path / "p.parquet")
    told = {"prompt": {}, "effort": "high", "others": [{"effort": "low"}]}
    files = ["--problems", str(tmp_path / "p.parquet"), "--model", str(folder), "--output", str(tmp_path / "q.parquet")]
    with pytest.raises(UserError, match=r"model 'm' .*its chat template makes every prompt at effort 'high' the same"):
        render_prompts.main([*files, "--settings", json.dumps(told)])
    assert not (tmp_path / "q.parquet").exists()


def test_a_template_without_a_token_after_the_question_is_refused(problems, tokenizer):
    original = tokenizer.chat_template
    try:
        tokenizer.chat_template = "{{ messages[0]['content'] }}"
        with pytest.raises(UserError, match="no token after"):
            render(problems, tokenizer, QUESTION)
        tokenizer.chat_template = "{{ messages[0]['content'] }}{{ messages[0]['content'] }}<|end|>"
        with pytest.raises(UserError, match="2 times"):
            render(problems, tokenizer, QUESTION)
        tokenizer.chat_template = "{{ messages[0]['content'] | replace('3', '4') }}<|end|>"
        with pytest.raises(UserError, match="does not keep"):
            render(problems, tokenizer, QUESTION)
    finally:
        tokenizer.chat_template = original


def test_fields_and_doubled_braces():
    assert fill("{question} in {{{unit}}}, {}", {"question": "3+4", "unit": "m"}) == "3+4 in {m}, {}"


def test_a_field_that_the_problems_lack_is_named_with_those_they_have(problems, tokenizer):
    with pytest.raises(UserError, match=r"'answer_start' has the field \{city\}.*problem_id, question"):
        render(problems, tokenizer, Prompt(answer_start="{city} is"))


def test_earlier_turns_stand_before_the_question(problems, tokenizer):
    tokenizer = with_template(tokenizer, CONVERSATION)
    prompts = render(problems, tokenizer, Prompt(turns=[Turn(user="1+1", assistant="2")]))
    assert prompts.prompt[0] == "<|user|>1+1<|end|><|assistant|>2<|end|><|user|>3+4*2<|end|><|assistant|>"
    assert prompts.eoi_positions[0] == [-2, -1]


def test_the_answer_goes_on_from_its_start_whose_last_token_is_read(problems, tokenizer):
    tokenizer = with_template(tokenizer, CONVERSATION)
    prompts = render(problems, tokenizer, Prompt(answer_start="{question}*"))
    assert prompts.prompt[0] == "<|user|>3+4*2<|end|><|assistant|>3+4*2*"
    assert prompts.eoi_positions.tolist() == [[-1], [-1]]
    assert tokenizer.decode(prompts.token_ids[0]) == prompts.prompt[0]


@pytest.mark.parametrize("opening", ["<|assistant|><|end|>", ""])
def test_an_answer_start_needs_a_template_that_leaves_the_turn_open(problems, tokenizer, opening):
    tokenizer = with_template(tokenizer, CONVERSATION.replace("%}<|assistant|>{% endif", f"%}}{opening}{{% endif"))
    with pytest.raises(UserError, match=r"ends the turn before the answer.*leave 'answer_start' out"):
        render(problems, tokenizer, Prompt(answer_start="1"))


def test_without_a_chat_template_the_text_stays_as_it_is(problems, tokenizer):
    tokenizer = with_template(tokenizer, None)
    prompt = Prompt(user="{question}*", turns=[Turn(user="1+1*", assistant="2-")], answer_start="0")
    prompts = render(problems, tokenizer, prompt)
    assert prompts.prompt[0] == "1+1*2-3+4*2*0"
    assert prompts.eoi_positions.tolist() == [[-1], [-1]]


CONVERSATION = (
    "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def with_template(tokenizer, template):
    changed = copy.deepcopy(tokenizer)
    changed.chat_template = template
    return changed


def test_without_a_chat_template_the_tokenizer_adds_its_start_token(problems, tokenizer):
    tokenizer = with_template(tokenizer, None)
    start = ("<|start|>", tokenizer.convert_tokens_to_ids("<|start|>"))
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(single=f"{start[0]} $A", special_tokens=[start])
    prompts = render(problems, tokenizer, QUESTION)
    assert [ids[0] for ids in prompts.token_ids] == [start[1]] * 2 and prompts.prompt[0] == "3+4*2"
