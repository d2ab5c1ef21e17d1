"""Requests to a server, sent again where that may help."""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Any

import httpx2
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter

from foretell.common.errors import UserError
from foretell.completions.engines.answers import Answer, MalformedError, NoUsageError, read_answer
from foretell.completions.engines.keys import key_of
from foretell.completions.policy import Connection, Server

PATHS = {"chat": "chat/completions", "completions": "completions"}
SECRET = 12  # letters of a key at least; shorter ones, as of servers of one's own, keep nothing secret
TRANSIENT = {408, 409, 425, 429, 500, 502, 503, 504, *range(520, 525), 529}  # 520 to 524: of proxies; 529: overloaded
SAID = 300  # letters of what a server says that are shown
LONGEST = 3600.0  # seconds that a server is waited for because it asks for it
_BACKOFF = wait_exponential_jitter(initial=1, max=60)


class _TransientError(Exception):
    """A request failed in a way that may pass.

    Attributes:
        wait: seconds after which the server wants to be asked again; None where it does not say.
    """

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


class StoppedError(UserError):
    """Nothing more is sent, because another request failed, or the run is stopped."""


class Client:
    """Sends requests of any number of threads to one server, until one of them fails for good.

    Args:
        server: which one.
        connection: how it is reached.
        sleep: waits so many seconds; by default less, where another request fails meanwhile.
        now: the time, by which dates in `Retry-After` are read.
    """

    def __init__(
        self,
        server: Server,
        connection: Connection,
        sleep: Callable[[float], None] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._url = f"{server.url.rstrip('/')}/{PATHS[server.endpoint]}"
        self._connection, self._now = connection, now
        self._stopped = threading.Event()
        self._sleep = sleep or self._rest
        self._key = None if connection.key is None else key_of(connection.key)
        self._http = httpx2.Client(
            headers={} if self._key is None else {"Authorization": f"Bearer {self._key}"},
            timeout=connection.timeout,
            limits=httpx2.Limits(max_connections=connection.concurrency),
        )

    def stop(self) -> None:
        """Send nothing more."""
        self._stopped.set()

    def _rest(self, seconds: float) -> None:
        self._stopped.wait(seconds)

    def post(self, body: dict[str, Any]) -> Answer:
        """Send a request until it is answered.

        Returns:
            The answer, which `read_answer` reads.

        Raises:
            UserError: the server refuses the request, or gives no answer to any attempt; a StoppedError where that
                happened to another one.
        """
        if self._stopped.is_set():
            raise StoppedError("nothing more is sent")
        try:
            return self._until_answered(body)
        except BaseException:
            self.stop()
            raise

    def _until_answered(self, body: dict[str, Any]) -> Answer:
        attempts = Retrying(
            retry=retry_if_exception(lambda error: isinstance(error, _TransientError) and not self._stopped.is_set()),
            stop=stop_after_attempt(self._connection.attempts),
            wait=_wait,
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return attempts(self._post, body)
        except _TransientError as error:
            if self._stopped.is_set():
                raise StoppedError("nothing more is sent") from None
            tried = f"{self._connection.attempts} attempts"
            raise UserError(f"{self._url}: no answer after {tried}, of which the last gave: {error}") from None

    def _post(self, body: dict[str, Any]) -> Answer:
        if self._stopped.is_set():  # while this request waited to be sent again
            raise StoppedError("nothing more is sent")
        try:
            response = self._http.post(self._url, json=body)
        except httpx2.TimeoutException:
            raise _TransientError(f"nothing within {self._connection.timeout:g} s (key 'timeout')") from None
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            raise _TransientError(self._without_key(str(error) or type(error).__name__)) from None
        if response.status_code in TRANSIENT:
            raise _TransientError(self._said(response), self._retry_after(response))
        if not response.is_success:
            raise UserError(self._refusal(response, body["model"]))
        try:
            answer = _whole_letters(json.loads(response.content, parse_constant=_no_number))
            answer = self._without_key_inside(answer)
            read_answer(answer)
        except MalformedError as error:
            raise _TransientError(self._without_key(f"an answer that is none: {error}")[:SAID]) from None
        except (ValueError, RecursionError) as error:
            if isinstance(error, NoUsageError):
                raise UserError(
                    f"{self._url}: the answers have no 'usage', so that their tokens and costs are not known; have the "
                    "server tell it"
                ) from None
            raise _TransientError(f"an answer that is no JSON: {self._without_key(response.text)[:100]!r}") from None
        return answer

    def _refusal(self, response: httpx2.Response, model: str) -> str:
        said = f"{self._url}: {self._said(response)}"
        if response.status_code in (401, 403):
            if self._connection.key is None:
                return f"{said}; name the environment variable that has the server's key in the model's 'key'"
            return f"{said}; correct the key in the environment variable {self._connection.key}"
        if response.status_code in (404, 405) or response.is_redirect:
            return f"{said}; correct the model's 'url', to which {PATHS['chat']!r} is added, or its 'name', {model!r}"
        if response.status_code in (400, 422):
            return f"{said}; the model's 'body' adds to every request, or takes from it (null)"
        return said

    def _said(self, response: httpx2.Response) -> str:
        """Status and message of an error."""
        try:
            error = json.loads(response.content)["error"]
            text = error["message"] if isinstance(error, dict) else error
        except (ValueError, KeyError, TypeError, RecursionError):
            text = response.text
        said = self._without_key(str(text)).strip()[:SAID]  # cut last, or a part of the key may be left
        return f"{response.status_code} {response.reason_phrase}: {said}"

    def _without_key_inside(self, value: Any) -> Any:
        """An answer, which is kept, without a key that it repeats: one that is too long to be a part of any text."""
        if self._key is None or len(self._key) < SECRET:
            return value
        if isinstance(value, dict):
            return {name: self._without_key_inside(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self._without_key_inside(each) for each in value]
        return value.replace(self._key, f"[{self._connection.key}]") if isinstance(value, str) else value

    def _without_key(self, text: str) -> str:
        """A text in which the key, also as JSON writes it, is the name of its variable."""
        if self._key is None:
            return text
        quoted = json.dumps(self._key)[1:-1]
        for written in (self._key, quoted, quoted.replace("/", "\\/")):
            text = text.replace(written, f"[{self._connection.key}]")
        return text

    def _retry_after(self, response: httpx2.Response) -> float | None:
        """Seconds that the server asks to wait: given as such, or as a date."""
        given = response.headers.get("Retry-After", "")
        try:
            asked = float(given)
            return max(0.0, asked) if isfinite(asked) else None
        except ValueError:
            pass
        try:
            return max(0.0, (parsedate_to_datetime(given) - self._now()).total_seconds())
        except (ValueError, TypeError):
            return None


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome is not None else None
    asked = error.wait if isinstance(error, _TransientError) else None
    return _BACKOFF(state) if asked is None else min(asked, LONGEST)


def _whole_letters(answer: Any) -> Any:
    """An answer in which half of a letter, as may stand where a text was cut off, is a question mark."""
    return json.loads(json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace"))


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no JSON")
