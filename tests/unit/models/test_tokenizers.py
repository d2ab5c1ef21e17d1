"""Tokenizers whose files are damaged or not all there, or that do not say where their tokens are."""

import json

import pytest

from foretell.common.errors import UserError
from foretell.models.tokenizers import load_tokenizer


def described(folder, **changed):
    """Change the description of a tokenizer."""
    path = folder / "tokenizer_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changed}))


@pytest.fixture(params=[None, "Qwen2Tokenizer"], ids=["generic", "of a model"])
def folder(request, tokenizer, tmp_path):
    """A tokenizer that a test may damage; one class is made from any files, the other without any too."""
    tokenizer.save_pretrained(tmp_path)
    if request.param:
        described(tmp_path, tokenizer_class=request.param)
    return tmp_path


def test_a_tokenizer_that_does_not_say_where_its_tokens_are_is_refused(folder, monkeypatch):
    monkeypatch.setattr(type(load_tokenizer(str(folder))), "is_fast", False)
    with pytest.raises(
        UserError, match=r"does not say where in a text its tokens are: add the tokenizer.json of a fast"
    ):
        load_tokenizer(str(folder))


DAMAGES = {
    "no files": lambda folder: (folder / "tokenizer.json").unlink(),
    "torn": lambda folder: (folder / "tokenizer.json").write_text("{"),
    "empty": lambda folder: (folder / "tokenizer.json").write_text("{}"),
    "torn description": lambda folder: (folder / "tokenizer_config.json").write_text("{"),
    "description of another kind": lambda folder: (folder / "tokenizer_config.json").write_text("[]"),
    "template in another encoding": lambda folder: (folder / "chat_template.jinja").write_bytes(b"\xff"),
}


def test_a_whole_tokenizer_is_loaded(folder, tokenizer):
    assert load_tokenizer(str(folder))("1+1").input_ids == tokenizer("1+1").input_ids


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_tokenizer_is_one_message_that_names_it(folder, damage):
    DAMAGES[damage](folder)
    with pytest.raises(UserError) as caught:
        load_tokenizer(str(folder))
    said = str(caught.value)
    assert str(folder) in said and "tokenizer.json" in said and "\n" not in said
