"""Asks a server on loopback as the engine `openai` does."""

import json
from contextlib import ExitStack
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from foretell.common.errors import UserError
from foretell.completions.engines.client import Client
from foretell.completions.engines.engine import Asked
from foretell.completions.engines.openai import ServerSampler
from foretell.completions.policy import CompletionSettings, Connection, Decoding, Server
from openai_server import KEY, answer, serve

NOW = datetime(2026, 11, 26, 8, 0, 0, tzinfo=UTC)


class Asking:
    """Asks a server that answers by a function; remembers the requests and how long was waited."""

    servers = ExitStack()

    def __init__(self, respond):
        self.respond, self.waited = respond, []
        self.url, self.asked = self.servers.enter_context(serve(lambda *request: self.respond(*request)))

    def __call__(self, problems=("a", "b"), server=None, connection=None, question="{}?", **decoding):
        given = {"endpoint": "chat", "effort": None, "body": {}, "samples_per_request": None}
        given |= {"token_limit": "max_tokens", "url": self.url, "name": "wise", **(server or {})}
        reached = {"key": "TEST_KEY", "concurrency": 1, "timeout": 5.0, "attempts": 3, **(connection or {})}
        sampled = Decoding(**{"samples": 2, "temperature": 0.7, "max_tokens": 9, **decoding})
        settings = CompletionSettings(policy="p", decoding=sampled, seed=1, engine="openai", server=Server(**given))
        messages = [json.dumps([{"role": "user", "content": question.format(problem)}]) for problem in problems]
        tokens = [np.array([1, 2])] * len(problems)
        prompts = pd.DataFrame({"problem_id": problems, "messages": messages, "token_ids": tokens})
        sampler = ServerSampler(Asked(settings, prompts, connection=Connection(**reached)), self._client)
        self.again = lambda: sampler.sample(prompts)
        return self.again()

    def _client(self, server, connection):
        return Client(server, connection, sleep=self.waited.append, now=lambda: NOW)

    @property
    def bodies(self):
        return [body for *_, body in self.asked]


def number_of(body):
    return body.get("n", 1)


def well(body, _):
    """Answers that tell sampled from greedy, and number the choices."""
    kind = "greedy" if body["temperature"] == 0 else "s"
    return answer([f"{kind}{index}" for index in range(number_of(body))])


def failing(*failures):
    """Fails with each once, then answers."""
    return lambda body, number: failures[number - 1] if number <= len(failures) else well(body, number)


def failed(asking, *arguments, **options):
    with pytest.raises(UserError) as caught:
        asking(*arguments, **options)
    assert KEY not in str(caught.value) and "\n" not in str(caught.value)
    return str(caught.value)
