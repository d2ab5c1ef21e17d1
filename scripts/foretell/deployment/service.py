"""An HTTP service that routes prompts, and forwards chats to whoever answers for the chosen policy."""

import random
import time
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any, Protocol

import anyio
from anyio import to_thread
from anyio.abc import TaskGroup
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from foretell.common.errors import UserError
from foretell.deployment.decision_log import CHAT, ROUTE, DecisionLog, Entry
from foretell.deployment.gate import Gate, error_response
from foretell.deployment.loaded_probe import Fields
from foretell.deployment.requests import RefusedError, prompts_of, question_of, read_object
from foretell.deployment.router import Decision
from foretell.deployment.service_metrics import ServiceMetrics
from foretell.deployment.serving_settings import ServingSettings
from foretell.deployment.upstreams import Answered, Streamed, UpstreamError, Upstreams

HEALTH, METRICS = "/health", "/metrics"
BROKEN_OFF = b'data: {"error": {"message": "the answer broke off", "type": "router_error", "code": 502}}\n\n'


class Routes(Protocol):
    """What the service asks: a `foretell.deployment.router.Router`."""

    @property
    def policies(self) -> list[str]:
        """Policies from cheap to dear."""

    def route(self, prompts: Sequence[str | Fields]) -> list[Decision]:
        """Decide on prompts."""


class Service:
    """Routes prompts within limits; whatever fails, the fallback answers."""

    def __init__(
        self,
        router: Routes,
        settings: ServingSettings,
        log: DecisionLog,
        draw: Callable[[], float] = random.random,
    ):
        """Put the service together.

        Args:
            router: decides; in one thread at a time.
            settings: of the service.
            log: of decisions.
            draw: numbers in [0, 1), by which is explored.

        Raises:
            UserError: an environment variable has no key.
        """
        limits = settings.limits
        self._router, self._settings, self._log, self._draw = router, settings, log, draw
        self._upstreams = Upstreams(settings.upstreams, limits.upstream_seconds, limits.concurrency)
        self._metrics = ServiceMetrics()
        self._one_at_a_time: anyio.CapacityLimiter | None = None
        self._background: TaskGroup | None = None

    def app(self, token: str | None) -> Starlette:
        """The application; `token` is what clients must send."""

        @asynccontextmanager
        async def lifespan(_: Starlette) -> AsyncIterator[None]:
            self._one_at_a_time = anyio.CapacityLimiter(1)
            async with anyio.create_task_group() as self._background:  # whose end waits for its tasks
                yield
            await self._upstreams.close()

        routes = [
            Route(ROUTE, self._answering(self._route), methods=["POST"]),
            Route(CHAT, self._answering(self._chat), methods=["POST"]),
            Route(HEALTH, self._health),
            Route(METRICS, self._show_metrics),
        ]
        concurrency = self._settings.limits.concurrency
        gate = Middleware(Gate, token, concurrency, self._metrics, [ROUTE, CHAT, METRICS])
        return Starlette(routes=routes, middleware=[gate], lifespan=lifespan)

    def _answering(self, handle: Callable[[dict[str, Any]], Any]) -> Callable[[Request], Any]:
        """A handler of JSON objects, of which those that cannot be answered are refused."""
        limits = self._settings.limits

        async def handler(request: Request) -> Response:
            try:
                answer: Response = await handle(await read_object(request, limits.body_bytes, limits.upstream_seconds))
            except RefusedError as refused:
                return error_response(refused.status, str(refused))
            return answer

        return handler

    async def _health(self, _: Request) -> Response:
        mode = "routing"
        if self._settings.incumbent is not None:
            mode = "shadow" if self._in_shadow else "pilot"
        return JSONResponse({"status": "ok", "mode": mode, "policies": self._router.policies})

    @property
    def _in_shadow(self) -> bool:
        """Whether the incumbent answers everything, so that nobody has to wait for a decision."""
        return self._settings.incumbent is not None and self._settings.incumbent_share == 1

    async def _show_metrics(self, _: Request) -> Response:
        return Response(self._metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    async def _route(self, body: dict[str, Any]) -> Response:
        prompts, start = prompts_of(body), time.monotonic()
        decisions, failure = await self._decide(prompts)
        took = time.monotonic() - start
        answers = []
        for place in range(len(prompts)):
            entry = self._entry(ROUTE, decisions[place] if decisions else None, failure, took)
            entry.seconds, entry.status = took, 200
            self._end(entry)
            told = asdict(decisions[place]) if decisions else {"policy": entry.policy, "failure": failure}
            answers.append({"id": entry.id, **told})
        return JSONResponse({"decisions": answers})

    async def _chat(self, body: dict[str, Any]) -> Response:
        start, question = time.monotonic(), question_of(body)
        decision, failure = (None, None) if self._in_shadow else await self._decide_on(question)
        entry = self._entry(CHAT, decision, failure, time.monotonic() - start)
        self._explore(entry)

        def end() -> None:
            entry.seconds = time.monotonic() - start
            if self._in_shadow:
                self._end_in_shadow(entry, question)
            else:
                self._end(entry)

        ask = self._upstreams.stream if body.get("stream") is True else self._upstreams.ask
        answer: Answered | Streamed | None = None
        for policy in dict.fromkeys([entry.policy, self._settings.fallback]):
            try:
                answer = await ask(policy, body)
            except UpstreamError as error:
                entry.fail(f"upstream: {policy}: {error}")
                continue
            except anyio.get_cancelled_exc_class():
                entry.complete = False
                end()
                raise
            entry.served_by = policy
            break
        headers = {"X-Router-Id": entry.id, "X-Router-Policy": entry.served_by or "none"}
        if answer is None:
            entry.status = 502
            end()
            return error_response(502, "no upstream gave an answer", **headers)
        if isinstance(answer, Streamed):
            entry.status = 200
            parts = self._passed_on(answer.parts, entry, end)
            return StreamingResponse(parts, headers={**headers, "Content-Type": answer.content_type})
        usage = answer.usage()
        entry.status = answer.status
        entry.prompt_tokens, entry.completion_tokens = usage.get("prompt_tokens"), usage.get("completion_tokens")
        end()
        return Response(answer.content, answer.status, {**headers, "Content-Type": answer.content_type})

    async def _passed_on(
        self, parts: AsyncIterator[bytes], entry: Entry, end: Callable[[], None]
    ) -> AsyncIterator[bytes]:
        """The parts of an answer; one that breaks off, which nobody else can go on with, ends in an error."""
        entry.complete = False
        try:
            async for part in parts:
                yield part
            entry.complete = True
        except UpstreamError as error:
            entry.fail(f"upstream: {entry.served_by}: {error}")
            yield BROKEN_OFF
        finally:
            end()

    def _end_in_shadow(self, entry: Entry, question: str | None) -> None:
        """Log what was answered, once it is decided who would have."""
        assert self._background is not None
        try:
            self._background.start_soon(self._decide_afterwards, entry, question)
        except RuntimeError:  # the service has ended meanwhile: who would have answered stays unknown
            self._end(entry)

    async def _decide_afterwards(self, entry: Entry, question: str | None) -> None:
        start = time.monotonic()
        try:
            decision, failure = await self._decide_on(question)
            if decision is not None:
                entry.decide(decision)
            if failure is not None:
                entry.fail(failure)
        finally:
            entry.routing_seconds = time.monotonic() - start
            self._end(entry)

    async def _decide_on(self, question: str | None) -> tuple[Decision | None, str | None]:
        """The decision on one prompt, or what failed."""
        if question is None:
            return None, "routing: the user said last something else than text"
        decisions, failure = await self._decide([question])
        return decisions[0] if decisions else None, failure

    async def _decide(self, prompts: Sequence[str | Fields]) -> tuple[list[Decision] | None, str | None]:
        """Decisions, or what failed."""
        try:
            with anyio.fail_after(self._settings.limits.routing_seconds):
                return await to_thread.run_sync(
                    self._router.route, prompts, limiter=self._one_at_a_time, abandon_on_cancel=True
                ), None
        except TimeoutError:
            return None, "routing: timeout"
        except UserError:  # its text may have the prompt's, which is not logged
            return None, "routing: the prompt cannot be read as the study's were"
        except Exception as error:  # noqa: BLE001  (whatever it is, the client is answered)
            return None, f"routing: {type(error).__name__}"

    def _entry(self, endpoint: str, decision: Decision | None, failure: str | None, took: float) -> Entry:
        """What is to be done with a prompt, but for exploration."""
        entry = Entry(
            id=uuid.uuid4().hex,
            endpoint=endpoint,
            policy=self._settings.fallback,
            failure=failure,
            routing_seconds=took,
        )
        if decision is not None:
            entry.policy = decision.policy
            entry.decide(decision)
        return entry

    def _explore(self, entry: Entry) -> None:
        """Set where a prompt is sent, and with which probability."""
        if (incumbent := self._settings.incumbent) is not None:
            share = self._settings.incumbent_share
            router = incumbent if share == 1 else entry.policy
            entry.policy = incumbent if self._draw() < share else router
            entry.propensity = share * (entry.policy == incumbent) + (1 - share) * (entry.policy == router)
            return
        share, policies = self._settings.exploration, self._router.policies
        if not share or entry.chosen is None:
            return
        if self._draw() < share:
            entry.policy = policies[int(self._draw() * len(policies))]
        entry.propensity = share / len(policies) + (1 - share) * (entry.policy == entry.chosen)

    def _end(self, entry: Entry) -> None:
        """Log and count a decision."""
        self._metrics.count(entry, self._log.write(entry))
