"""Answers in parts, as they come from an upstream."""

import anyio
import httpx2
import pytest

from foretell.deployment.serving_settings import Upstream
from foretell.deployment.upstreams import Upstreams
from openai_server import KEY

SAID = f"data: the key is {KEY}, or {KEY[:5]}\n\ndata: {KEY[:-1]}".encode()


def passed_on(parts, monkeypatch):
    """The parts that a client gets of an upstream's."""
    monkeypatch.setenv("WISE_KEY", KEY)
    upstreams = Upstreams({"small": Upstream(base_url="http://h/v1", model="m", key="WISE_KEY")}, 5.0, 2)

    async def content():
        for part in parts:
            yield part

    async def ask():
        respond = httpx2.MockTransport(lambda _: httpx2.Response(200, content=content()))
        upstreams._http = httpx2.AsyncClient(transport=respond)
        streamed = await upstreams.stream("small", {})
        return [part async for part in streamed.parts]

    return anyio.run(ask)


@pytest.mark.parametrize("size", [1, 3, 7, 20, len(KEY), len(SAID)])
def test_a_key_is_hidden_wherever_parts_of_an_answer_are_cut(size, monkeypatch):
    parts = [SAID[start : start + size] for start in range(0, len(SAID), size)]
    assert b"".join(passed_on(parts, monkeypatch)) == SAID.replace(KEY.encode(), b"[key]")


def test_what_begins_no_key_is_passed_on_at_once(monkeypatch):
    parts = [b"data: one\n\n", b"data: two\n\n"]
    assert passed_on(parts, monkeypatch) == parts
