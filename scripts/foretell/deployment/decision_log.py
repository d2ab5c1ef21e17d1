"""The log of a routing service: one JSON line per decision."""

import json
import os
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field

from foretell.deployment.router import Decision

ROUTE, CHAT = "/route", "/v1/chat/completions"  # endpoints: one decides alone, the other has prompts answered

Probability = Annotated[float, Field(ge=0, le=1)]
Tokens = Annotated[int, Field(ge=0, le=1_000_000_000)]  # Python's integers, unlike floats, have no end


@dataclass(kw_only=True)
class Decided:
    """What is decided on one prompt and what comes of it, as far as reports read it; bounds are checked in reading.

    Attributes:
        policy: that the prompt was sent to, or would be: the chosen one, but for exploration, pilots,
            shadow mode and failures.
        propensity: the probability with which it was sent there.
        chosen: the policy that the router chose; None where routing failed.
        served_by: whose answer the client got; None where it got none.
        failure: what failed, if something did.
        probabilities, unlikeness: see `foretell.deployment.router.Decision`.
        seconds: that the whole request took.
        prompt_tokens, completion_tokens: as the upstream tells them.
    """

    policy: str
    propensity: Annotated[float, Field(gt=0, le=1)] = 1.0
    chosen: str | None = None
    served_by: str | None = None
    failure: str | None = None
    probabilities: dict[str, Probability] | None = None
    unlikeness: float | None = None
    seconds: Annotated[float, Field(ge=0)] = 0.0
    prompt_tokens: Tokens | None = None
    completion_tokens: Tokens | None = None


@dataclass(kw_only=True)
class Entry(Decided):
    """What a service logs of a prompt. The prompt itself is not logged.

    Attributes:
        id: of the request, which the answer's header `X-Router-Id` has too.
        endpoint: that was asked.
        expected_cost, unlike: see `foretell.deployment.router.Decision`.
        routing_seconds: that routing took.
        status: of the answer to the client.
        complete: whether the client got all of it.
    """

    id: str
    endpoint: str
    expected_cost: float | None = None
    unlike: bool | None = None
    routing_seconds: float = 0.0
    status: int | None = None
    complete: bool = True

    def decide(self, decision: Decision) -> None:
        """Say what the router decided; where the prompt is sent is another matter."""
        self.chosen = decision.policy
        for name in ("probabilities", "expected_cost", "unlikeness", "unlike"):
            setattr(self, name, getattr(decision, name))

    def fail(self, reason: str) -> None:
        """Add what failed to what failed before."""
        self.failure = reason if self.failure is None else f"{self.failure}; {reason}"


class DecisionLog:
    """Appends whole lines, each by one write, so that a killed service leaves no half of one before another."""

    def __init__(self, path: Path, router: str):
        """Open the file, or make it.

        Args:
            path: of the file.
            router: whose decisions they are, as `foretell.deployment.folder.router_id` gives it.

        Raises:
            OSError: it cannot be written.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path, self._router = path, router
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)

    def write(self, entry: Entry) -> bool:
        """Append an entry; where the disk refuses it, answers go on, and standard error says so."""
        said = {"time": datetime.now(UTC).isoformat(), "router": self._router, "id": entry.id, **asdict(entry)}
        line = json.dumps(said) + "\n"
        try:
            os.write(self._file, line.encode())
        except OSError as error:
            print(f"error: {self._path}: a decision is not logged: {error}", file=sys.stderr, flush=True)
            return False
        return True
