import pandas as pd
import pytest

from foretell.errors import UserError
from foretell.prompts import load_tokenizer, render


@pytest.fixture
def problems():
    return pd.DataFrame({"problem_id": ["a", "b"], "question": ["3+4*2", "1-5"]})


def test_the_eoi_positions_are_the_template_tokens_after_the_question(problems, tokenizer):
    prompts = render(problems, tokenizer, "{question}", "high")
    for row in prompts.itertuples():
        assert list(row.eoi_positions) == [-3, -2, -1]
        tail = tokenizer.convert_ids_to_tokens([row.token_ids[position] for position in row.eoi_positions])
        assert tail == ["<|end|>", "<|start|>", "<|assistant|>"]
    assert prompts.prompt[0] == "<|start|><|high|><|user|>3+4*2<|end|><|start|><|assistant|>"


def test_the_effort_reaches_the_prompt(problems, tokenizer):
    low, high = (render(problems, tokenizer, "{question}", effort).token_ids[0] for effort in ("low", "high"))
    assert [a == b for a, b in zip(low, high, strict=True)].count(False) == 1


def test_a_template_without_a_token_after_the_question_is_refused(problems, tokenizer):
    original = tokenizer.chat_template
    try:
        tokenizer.chat_template = "{{ messages[0]['content'] }}"
        with pytest.raises(UserError, match="no token after"):
            render(problems, tokenizer, "{question}", None)
        tokenizer.chat_template = "{{ messages[0]['content'] }}{{ messages[0]['content'] }}<|end|>"
        with pytest.raises(UserError, match="2 times"):
            render(problems, tokenizer, "{question}", None)
        tokenizer.chat_template = "{{ messages[0]['content'] | replace('3', '4') }}<|end|>"
        with pytest.raises(UserError, match="does not keep"):
            render(problems, tokenizer, "{question}", None)
    finally:
        tokenizer.chat_template = original


def test_a_checkpoint_without_a_chat_template_is_refused_by_name(tokenizer, tmp_path):
    tokenizer.save_pretrained(tmp_path)
    (tmp_path / "chat_template.jinja").unlink()
    with pytest.raises(UserError, match=r"no chat template.*chat_template\.jinja"):
        load_tokenizer(str(tmp_path))
