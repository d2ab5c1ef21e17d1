"""What a request must pass before it is read: token, and number of requests under way."""

import hmac
from collections.abc import Collection

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from foretell.deployment.service_metrics import ServiceMetrics

OPEN = "/health"  # to anyone, at any time


def error_response(status: int, message: str, **headers: str) -> JSONResponse:
    """An error as OpenAI's protocol has it."""
    return JSONResponse({"error": {"message": message, "type": "router_error", "code": status}}, status, headers)


class Gate:
    """Refuses requests without the token, and those beyond the limit; a request is under way until its last byte."""

    def __init__(
        self, app: ASGIApp, token: str | None, concurrency: int, metrics: ServiceMetrics, endpoints: Collection[str]
    ):
        self._app, self._token, self._concurrency, self._metrics = app, token, concurrency, metrics
        self._endpoints = frozenset(endpoints)
        self._in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http" or scope["path"] == OPEN:
            await self._app(scope, receive, send)
            return
        endpoint = scope["path"] if scope["path"] in self._endpoints else "other"

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._metrics.count_request(endpoint, message["status"])
            await send(message)

        if not self._has_token(scope):
            refused = error_response(401, "the bearer token is missing or wrong", **{"WWW-Authenticate": "Bearer"})
            await refused(scope, receive, counted)
            return
        if self._in_flight >= self._concurrency:
            refused = error_response(503, "too many requests are under way", **{"Retry-After": "1"})
            await refused(scope, receive, counted)
            return
        self._in_flight += 1
        self._metrics.in_flight.set(self._in_flight)
        try:
            await self._app(scope, receive, counted)
        finally:
            self._in_flight -= 1
            self._metrics.in_flight.set(self._in_flight)

    def _has_token(self, scope: Scope) -> bool:
        if self._token is None:
            return True
        given = dict(scope["headers"]).get(b"authorization", b"")
        return hmac.compare_digest(given, f"Bearer {self._token}".encode())
