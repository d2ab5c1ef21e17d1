"""Keys of servers: where they are named, and that they are told to nobody and kept nowhere."""

import json
from pathlib import Path

import pytest

from asking import Asking, failed, number_of, well
from foretell.common.errors import UserError
from foretell.completions.engines.keys import key_of, no_key
from openai_server import KEY, Failure, answer

pytestmark = pytest.mark.usefixtures("folder")


def test_a_key_that_is_refused_is_named_by_its_variable():
    asking = Asking(lambda *_: Failure(401, {"error": {"message": f"Incorrect key {KEY}"}}))
    message = failed(asking)
    assert "401" in message and "TEST_KEY" in message and len(asking.asked) == 1 and not asking.waited


def test_a_server_that_wants_a_key_is_said_to():
    asking = Asking(lambda *_: Failure(401, {"error": {"message": "who are you"}}))
    assert "'key'" in failed(asking, connection={"key": None})
    assert "Authorization" not in asking.asked[0][1]


def test_the_key_is_in_no_file(folder):
    """Also where an answer repeats it."""
    Asking(lambda body, number: Failure(500, KEY.encode()) if number == 1 else answer([KEY] * number_of(body)))(["a"])
    kept = [path.read_text() for path in Path(folder).rglob("*") if path.is_file()]
    assert len(kept) == 2 and not any(KEY in text for text in kept)


@pytest.mark.parametrize("key", ["4", "stop", "tokens"])
def test_a_key_that_is_a_word_changes_no_answer(monkeypatch, key):
    monkeypatch.setenv("TEST_KEY", key)
    table = Asking(lambda body, _: answer(["4 tokens"] * number_of(body)))(["a"])
    assert set(table.completion) == {"4 tokens"} and set(table.finish_reason) == {"stop"}


def test_a_key_is_not_told_as_json_writes_it(monkeypatch):
    monkeypatch.setenv("TEST_KEY", key := 'sk-"a/b')
    written = json.dumps(key)[1:-1].replace("/", "\\/")
    message = failed(Asking(lambda *_: Failure(400, f"no such key: {written}".encode())), ["a"])
    assert written not in message and "[TEST_KEY]" in message


@pytest.mark.parametrize("written", [f"{KEY}\n", f" {KEY}\r\n"])
def test_white_space_around_a_key_is_no_part_of_it(written, monkeypatch):
    asking = Asking(well)
    monkeypatch.setenv("TEST_KEY", written)
    asking(["a"])
    assert {headers["Authorization"] for _, headers, _ in asking.asked} == {f"Bearer {KEY}"}


def test_a_key_that_cannot_be_one_is_refused_and_not_told(monkeypatch):
    monkeypatch.setenv("A_KEY", "sk\u2014secret")
    assert "has letters that no key has" in no_key("A_KEY") and "secret" not in no_key("A_KEY")
    with pytest.raises(UserError, match="A_KEY"):
        key_of("A_KEY")
