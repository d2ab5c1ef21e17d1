"""Reading the log of a router's decisions, and what is known of the answers."""

import math
from codecs import BOM_UTF8
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
from pydantic import AwareDatetime, ConfigDict, TypeAdapter, ValidationError, dataclasses

from foretell.common.arguments import describe_errors
from foretell.common.errors import UserError
from foretell.deployment.decision_log import ROUTE, Decided
from foretell.deployment.description import Answering, RouterDescription
from foretell.routing.costs import TOKENS_PER_PRICE

T = TypeVar("T")
Id = str | int

NOBODY = -1  # in place of a column


@dataclasses.dataclass(config=ConfigDict(strict=True, allow_inf_nan=False), kw_only=True)
class Line(Decided):
    """What is read of a line, which `scripts/serve_router.py` or `scripts/route.py` has written."""

    router: str
    time: AwareDatetime | None = None  # when the request ended; route.py writes neither this nor the next two
    id: Id | None = None
    endpoint: str | None = None

    @property
    def began(self) -> float:
        """When the request came, in seconds since 1970; before all others where it is not known."""
        return -math.inf if self.time is None else self.time.timestamp() - self.seconds

    @property
    def decided(self) -> str | None:
        """The router's choice; route.py sends every prompt there."""
        return self.policy if self.endpoint is None else self.chosen

    @property
    def answered(self) -> str | None:
        """Whose answer it is: that of the fallback, where an upstream failed; None where no upstream gave one.

        Where a decision alone was asked for, it is that of the policy that the prompt was to be sent to.
        """
        return self.policy if self.failure is None and self.served_by is None else self.served_by

    @property
    def forwarded(self) -> bool:
        """Whether somebody was asked for an answer."""
        return self.endpoint not in (None, ROUTE)


@dataclasses.dataclass(config=ConfigDict(strict=True), frozen=True)
class Outcome:
    """A line of the file that says which answers were right."""

    id: Id
    correct: bool


LINE, OUTCOME = TypeAdapter(Line), TypeAdapter(Outcome)


@dataclass(frozen=True)
class Log:
    """Requests on which the router decided, as aligned arrays; columns are policies from cheap to dear.

    Attributes:
        probability: [requests, policies] of a right answer.
        unlikeness: [requests].
        chosen, sent, answered: [requests], columns of the policy that the router chose, that the prompt was sent to,
            and that answered, NOBODY where none did.
        propensity: [requests] with which the prompt was sent there.
        cost: [requests], USD of the answer; NaN where there is none, or its tokens are not known.
        correct: [requests], 0.0 or 1.0; NaN where it is not known.
        forwarded: bool [requests], whether the service asked somebody for an answer, not for a decision alone.
        undecided: further requests, on which routing failed.
        unmatched: outcomes of requests that are not in the log.
        torn: whether the log's last line is half written, and left out.
        at_mean_cost: policies that have no prices of tokens, but what was charged: an answer counts as much as a
            problem, with all its samples, in the mean.
    """

    probability: np.ndarray
    unlikeness: np.ndarray
    chosen: np.ndarray
    sent: np.ndarray
    answered: np.ndarray
    propensity: np.ndarray
    cost: np.ndarray
    correct: np.ndarray
    forwarded: np.ndarray
    undecided: int = 0
    unmatched: int = 0
    torn: bool = False
    at_mean_cost: tuple[str, ...] = ()

    def at(self, rows: np.ndarray) -> "Log":
        """The requests of an index, or of a mask."""
        arrays = {name: value[rows] for name, value in vars(self).items() if isinstance(value, np.ndarray)}
        return replace(self, **arrays)

    def notes(self) -> list[str]:
        """What a reader of a report should know of its files."""
        said = [f"{self.unmatched} outcomes of requests that the log lacks"] if self.unmatched else []
        said += ["the log's last line is half written and left out"] if self.torn else []
        if self.at_mean_cost:
            named = ", ".join(self.at_mean_cost)
            said.append(f"answers of {named} counted at the mean cost per problem, as there are no prices of tokens")
        return said


def read_log(file: Path, router: str, description: RouterDescription, outcomes: Path | None = None) -> Log:
    """Read the log of a router.

    Args:
        file: JSON lines.
        router: its id, which every line has.
        description: of the router.
        outcomes: JSON lines with id and correct; the ids are those of the log.

    Returns:
        Requests in the order in which they came: that in which they ended, as they are logged, depends on who answered.

    Raises:
        UserError: a line is not what it should be or is of another router, a request stands twice, or there is no
            decision.
    """
    columns = {each.policy: column for column, each in enumerate(description.policies)}
    correct = {} if outcomes is None else _read_outcomes(outcomes)
    ids: set[Id] = set()
    rows, began, undecided, torn = [], [], 0, False
    for number, line in _read(file, LINE):
        if line is None:
            torn = True
            continue
        where = f"{file}: line {number}"
        _check(line, router, columns, where)
        if line.id is not None:
            if line.id in ids:
                raise UserError(f"{where}: id {line.id!r} stands twice: give every request once, with an id of its own")
            ids.add(line.id)
        if line.decided is None:
            undecided += 1
            continue
        if line.probabilities is None or len(line.probabilities) < len(columns) or line.unlikeness is None:
            raise UserError(f"{where}: lacks a policy's probability, or unlikeness: remove the line")
        answered = NOBODY if line.answered is None else columns[line.answered]
        tokens = line.prompt_tokens, line.completion_tokens
        began.append(line.began)
        rows.append(
            (
                [line.probabilities[policy] for policy in columns],
                line.unlikeness,
                columns[line.decided],
                columns[line.policy],
                answered,
                line.propensity,
                np.nan if answered == NOBODY else request_cost(description.policies[answered], *tokens),
                np.nan if line.id is None else correct.get(line.id, np.nan),
                line.forwarded,
            )
        )
    if not rows:
        raise UserError(f"{file}: has no decision of the router: give a log that has")
    probability, unlikeness, chosen, sent, by, propensity, cost, right, asked = map(np.array, zip(*rows, strict=True))
    unmatched = len(correct.keys() - ids)
    at_mean_cost = tuple(each.policy for each in description.policies if each.price.charged)
    arrays = probability, unlikeness, chosen, sent, by, propensity, cost, right, asked
    log = Log(*arrays, undecided, unmatched, torn, at_mean_cost)
    return log.at(np.argsort(began, kind="stable"))


def _check(line: Line, router: str, policies: Collection[str], where: str) -> None:
    """Whether a line is of this router."""
    if line.router != router:
        raise UserError(
            f"{where}: key 'router' is {line.router!r}, but this router is {router!r}: give the log of this router; "
            "one that is exported again needs a log of its own"
        )
    for policy in (line.policy, line.decided, line.served_by, *(line.probabilities or ())):
        if policy is not None and policy not in policies:
            raise UserError(f"{where}: {policy!r} is no policy of the router: remove the line")


def request_cost(policy: Answering, prompt_tokens: int | None, completion_tokens: int | None) -> float:
    """USD of one answer, all of its prompt at the full price; NaN where tokens count and are not known.

    Of what was charged no prices follow: there it is the policy's mean cost.
    """
    price = policy.price
    if price.charged:
        return policy.mean_cost
    if price.assumed_cost is not None:
        return price.assumed_cost
    if prompt_tokens is None or completion_tokens is None or price.input_price is None or price.output_price is None:
        return float("nan")
    tokens = prompt_tokens * price.input_price + completion_tokens * price.output_price
    return price.request_price + tokens / TOKENS_PER_PRICE


def _read_outcomes(file: Path) -> dict[Id, float]:
    """0.0 or 1.0 by id."""
    correct: dict[Id, float] = {}
    for number, line in _read(file, OUTCOME):
        if line is None:
            raise UserError(f"{file}: line {number}: is half written: mend or remove the line")
        if line.id in correct:
            raise UserError(f"{file}: line {number}: id {line.id!r} stands twice: keep one outcome of a request")
        correct[line.id] = float(line.correct)
    return correct


def _read(file: Path, kind: TypeAdapter[T]) -> Iterator[tuple[int, T | None]]:
    """Every line that is not empty, and its number from 1; None for a last one that is still being written."""
    with open(file, "rb") as lines:
        for number, line in enumerate(lines, start=1):
            text = line.removeprefix(BOM_UTF8) if number == 1 else line
            if not text.strip():
                continue
            try:
                read = kind.validate_json(text)
            except ValidationError as error:
                if not line.endswith(b"\n") and error.errors()[0]["type"] == "json_invalid":
                    yield number, None
                    continue
                said = describe_errors(error)[0]
                raise UserError(f"{file}: line {number}: {said}: mend or remove the line") from None
            yield number, read
