"""The engine `openai`: a model on a server that speaks OpenAI's protocol, whosever it is."""

import json
import sys
import threading
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

import pandas as pd

from foretell.common.chunks import CHUNK
from foretell.common.errors import UserError
from foretell.common.provenance import fingerprint
from foretell.completions.engines.answers import Answer, Completion, Kept, read_answer
from foretell.completions.engines.client import Client, StoppedError
from foretell.completions.engines.engine import Asked
from foretell.completions.policy import CompletionSettings, Connection, Server
from foretell.completions.samples import GREEDY, completions_of, sample_seed

OTHERS = {"cached_tokens": "Int64", "charged": "Float64", "answered_by": "string"}  # what some servers tell too
ClientOf = Callable[[Server, Connection], Client]


class ServerSampler:
    """See `foretell.completions.engines.engine.Sampler`; the prompts have messages (JSON), or token_ids."""

    def __init__(self, asked: Asked, client: ClientOf = Client) -> None:
        assert asked.settings.server is not None and asked.connection is not None
        self._settings, self._server = asked.settings, asked.settings.server
        self._concurrency = asked.connection.concurrency
        self._client = client(self._server, asked.connection)
        self._kept = Kept()
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self.described = f"by {self._server.name} at {self._server.url}"
        self._named = {self._server.name}  # of which nothing more is to be said
        self.identity: dict[str, str] = {}
        self.chunk = CHUNK

    def sample(self, prompts: pd.DataFrame) -> pd.DataFrame:
        """Sample the completions of some prompts, several at once; each answer is kept when it comes.

        A model that takes no temperature has no greedy sample.

        Raises:
            UserError: a request failed; says how many answers are kept.
        """
        decoding = self._settings.decoding
        wanted = [(problem, False) for problem in prompts.problem_id]
        apart = (
            decoding.temperature > 0 and "temperature" not in self._server.body
        )  # a greedy sample is another request
        if apart:
            wanted += [(problem, True) for problem in prompts.problem_id]
        asked = prompts.set_index("problem_id")
        with ThreadPoolExecutor(self._concurrency) as threads:
            try:
                jobs = {each: threads.submit(self._answers, each[0], asked.loc[each[0]], each[1]) for each in wanted}
                self._wait(list(jobs.values()))
            except BaseException:  # such as Ctrl-C: what is under way is paid for and ends, others do not begin
                self._client.stop()
                raise
        rows = []
        for problem in prompts.problem_id:
            sampled = [each for answer in jobs[problem, False].result() for each in read_answer(answer)]
            rows += [(problem, sample, each) for sample, each in enumerate(sampled[: decoding.samples])]
            if apart or decoding.temperature == 0:
                rows.append((problem, GREEDY, read_answer(jobs[problem, apart].result()[0])[0]))
        if others := {each.answered_by for *_, each in rows if each.answered_by} - self._named:
            self._named |= others
            print(f"{self._server.name} was asked, {', '.join(sorted(others))} answered", file=sys.stderr)
        return _table(rows)

    def _wait(self, jobs: list[Future]) -> None:
        """Wait for all; where one fails, those under way end, and others do not begin."""
        wait(jobs)
        errors = list(filter(None, (job.exception() for job in jobs)))
        failed = next((error for error in errors if not isinstance(error, StoppedError)), None)
        if failed is None:
            return
        if not isinstance(failed, UserError):
            raise failed
        kept = len(jobs) - len(errors)
        raise UserError(f"{failed}. {kept} of {len(jobs)} answers are there and kept: run again to go on") from None

    def _answers(self, problem: str, prompt: pd.Series, greedy: bool) -> list[Answer]:
        """Answers with as many completions as are wanted together; what is kept is not asked again."""
        body = request_body(self._server, self._settings, prompt, greedy)
        limit = self._server.samples_per_request
        samples = 1 if greedy else self._settings.decoding.samples
        stream = (self._settings.seed, self._settings.policy, problem)
        asked = {"url": self._server.url, "endpoint": self._server.endpoint, "body": body, "limit": limit}
        key = asked if self._settings.decoding.temperature == 0 or greedy else {**asked, "stream": stream}
        with self._locks[fingerprint(**key)]:  # problems may ask the same, which is then paid for once
            return self._answered(key, body, samples, stream)

    def _answered(
        self, key: dict[str, Any], body: dict[str, Any], samples: int, stream: tuple[int, str, str]
    ) -> list[Answer]:
        answers, limit = self._kept.read(key), self._server.samples_per_request
        while (have := sum(len(read_answer(answer)) for answer in answers)) < samples:
            number = min(samples - have, limit or samples)
            sampled = {"n": number} if number > 1 else {}
            if "stream" in key:
                sampled["seed"] = sample_seed(*stream, have)
            # What the body says of its own, null included, is the user's.
            said = {name: value for name, value in sampled.items() if name not in self._server.body}
            answers.append(self._client.post({**body, **said}))
            self._kept.write(key, answers)
        return answers


def request_body(server: Server, settings: CompletionSettings, prompt: pd.Series, greedy: bool) -> dict[str, Any]:
    """What a request says, but for the number of samples and their seed."""
    decoding = settings.decoding
    chat = server.endpoint == "chat"
    tokens = None if chat else [int(token) for token in prompt.token_ids]
    asked = {"messages": json.loads(prompt.messages)} if chat else {"prompt": tokens}
    body = {
        "model": server.name,
        **asked,
        server.token_limit: decoding.max_tokens,
        "temperature": 0.0 if greedy else decoding.temperature,
        "top_p": None if greedy or decoding.top_p == 1 else decoding.top_p,
        "top_k": None if greedy else decoding.top_k,
        "min_p": None if greedy else decoding.min_p,
        "stop": decoding.stop or None,
        "reasoning_effort": server.effort,
        **server.body,
    }
    return {name: value for name, value in body.items() if value is not None}


def _table(rows: list[tuple[str, int, Completion]]) -> pd.DataFrame:
    frame = completions_of(
        (
            problem,
            sample,
            each.text,
            each.prompt_tokens,
            each.completion_tokens,
            each.thinking_tokens,
            each.finish_reason,
        )
        for problem, sample, each in rows
    )
    others = {name: pd.array([getattr(each, name) for *_, each in rows], dtype=dtype) for name, dtype in OTHERS.items()}
    return frame.assign(**others)
