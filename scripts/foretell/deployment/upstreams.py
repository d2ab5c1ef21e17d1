"""Forwarding a chat to the server that answers for a policy."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import anyio
import httpx2

from foretell.completions.engines.keys import key_of
from foretell.deployment.serving_settings import Upstream

HIDDEN = "[key]"  # in place of a key that a server repeats
# The client's own mistakes, which another server would find too; whatever else fails may not fail elsewhere.
REFUSALS = frozenset({400, 413, 422})
CONTENT_TYPE = "content-type"


class UpstreamError(Exception):
    """A server gave no answer; the text says why, in a word or two."""


@dataclass(frozen=True)
class Answered:
    """A whole answer, or the client's own mistake."""

    status: int
    content: bytes
    content_type: str

    def usage(self) -> dict[str, Any]:
        """Numbers of tokens, where the answer tells them."""
        try:
            said = json.loads(self.content)
        except ValueError:
            return {}
        usage = said.get("usage") if isinstance(said, dict) else None
        return usage if isinstance(usage, dict) else {}


@dataclass(frozen=True)
class Streamed:
    """An answer in parts; the first has come already."""

    parts: AsyncIterator[bytes]
    content_type: str


class Upstreams:
    """The servers of all policies; the keys are read once and stay here."""

    def __init__(self, upstreams: Mapping[str, Upstream], seconds: float, concurrency: int):
        """Read the keys.

        Args:
            upstreams: by policy.
            seconds: for an answer, and between two parts of one.
            concurrency: most connections.

        Raises:
            UserError: an environment variable has no key.
        """
        self._upstreams, self._seconds = dict(upstreams), seconds
        self._keys = {name: key_of(each.key) for name, each in upstreams.items() if each.key is not None}
        limits = httpx2.Limits(max_connections=concurrency, max_keepalive_connections=concurrency)
        self._http = httpx2.AsyncClient(timeout=seconds, limits=limits)

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    async def ask(self, policy: str, body: Mapping[str, Any]) -> Answered:
        """A whole answer.

        Raises:
            UpstreamError: there is none.
        """
        try:
            with anyio.fail_after(self._seconds):  # a server that sends a byte now and then is waited for no longer
                response = await self._http.send(self._request(policy, body))
        except (TimeoutError, httpx2.TimeoutException):
            raise UpstreamError("timeout") from None
        except httpx2.HTTPError as error:
            raise UpstreamError(type(error).__name__) from None
        return self._checked(policy, response.status_code, response.content, response.headers.get(CONTENT_TYPE))

    async def stream(self, policy: str, body: Mapping[str, Any]) -> Streamed | Answered:
        """An answer in parts, once the first is there; or the client's own mistake.

        Raises:
            UpstreamError: there is none. While parts are read, too, where they break off.
        """
        parts = self._parts(policy, body)
        try:
            first = await anext(parts)
        except StopAsyncIteration:
            raise UpstreamError("an empty answer") from None
        if isinstance(first, Answered):
            return first
        return Streamed(_with(first[0], parts), first[1])

    async def _parts(self, policy: str, body: Mapping[str, Any]) -> AsyncIterator[Any]:
        """The first part with its content type, or an Answered; then further parts."""
        try:
            async with self._stream(policy, body) as response:
                kind = response.headers.get(CONTENT_TYPE, "text/event-stream")
                if not response.is_success:
                    with anyio.fail_after(self._seconds):
                        content = await response.aread()
                    yield self._checked(policy, response.status_code, content, kind)
                    return
                started, held = False, b""
                async for part in response.aiter_bytes():
                    shown, held = self._parted(policy, held + part)
                    if shown:
                        yield shown if started else (shown, kind)
                        started = True
                if held:
                    yield held if started else (held, kind)
        except (TimeoutError, httpx2.TimeoutException):
            raise UpstreamError("timeout") from None
        except httpx2.HTTPError as error:
            raise UpstreamError(type(error).__name__) from None

    def _stream(self, policy: str, body: Mapping[str, Any]) -> Any:
        request = self._request(policy, body)
        return self._http.stream("POST", request.url, content=request.content, headers=request.headers)

    def _request(self, policy: str, body: Mapping[str, Any]) -> httpx2.Request:
        upstream, key = self._upstreams[policy], self._keys.get(policy)
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        said = {**body, **upstream.body, "model": upstream.model}
        return self._http.build_request("POST", f"{upstream.base_url}/chat/completions", json=said, headers=headers)

    def _checked(self, policy: str, status: int, content: bytes, kind: str | None) -> Answered:
        if not 200 <= status < 300 and status not in REFUSALS:
            raise UpstreamError(f"status {status}")
        return Answered(status, self._without_key(policy, content), kind or "application/json")

    def _parted(self, policy: str, content: bytes) -> tuple[bytes, bytes]:
        """What can be passed on of a part, without the key, and its end where that may be the beginning of one."""
        key = self._keys.get(policy, "").encode()
        content = self._without_key(policy, content)
        most = min(len(key) - 1, len(content))
        held = next((length for length in range(most, 0, -1) if content.endswith(key[:length])), 0)
        return content[: len(content) - held], content[len(content) - held :]

    def _without_key(self, policy: str, content: bytes) -> bytes:
        key = self._keys.get(policy)
        return content if key is None else content.replace(key.encode(), HIDDEN.encode())


async def _with(first: bytes, others: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for part in others:
        yield part
