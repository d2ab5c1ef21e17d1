"""Reading the log of a router's decisions, and what is known of the answers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, ValidationError

from foretell.common.arguments import describe_errors
from foretell.common.errors import UserError
from foretell.deployment.description import RouterDescription
from foretell.routing.costs import TOKENS_PER_PRICE, PolicyPrice

Id = str | int
Probability = Annotated[float, Field(ge=0, le=1)]


class Line(BaseModel):
    """What is read of a line, which `scripts/serve_router.py` or `scripts/route.py` has written."""

    model_config = ConfigDict(frozen=True, strict=True, allow_inf_nan=False)

    router: str
    policy: str
    id: Id | None = None
    endpoint: str | None = None  # none of route.py
    chosen: str | None = None
    propensity: Annotated[float, Field(gt=0, le=1)] = 1.0
    served_by: str | None = None
    failure: str | None = None
    probabilities: dict[str, Probability] | None = None
    unlikeness: float | None = None
    prompt_tokens: NonNegativeInt | None = None
    completion_tokens: NonNegativeInt | None = None

    @property
    def decided(self) -> str | None:
        """The router's choice; route.py sends every prompt there."""
        return self.policy if self.endpoint is None else self.chosen

    @property
    def answered(self) -> str:
        """Whose answer it is: that of the fallback, where an upstream failed."""
        return self.policy if self.served_by is None else self.served_by

    @property
    def unanswered(self) -> bool:
        """Whether no upstream gave an answer."""
        return self.failure is not None and self.served_by is None


class Outcome(BaseModel):
    """A line of the file that says which answers were right."""

    model_config = ConfigDict(frozen=True, strict=True)

    id: Id
    correct: bool


@dataclass(frozen=True)
class Log:
    """Requests on which the router decided, as aligned arrays; columns are policies from cheap to dear.

    Attributes:
        probability: [requests, policies] of a right answer.
        unlikeness: [requests].
        chosen, sent, answered: [requests], columns of the policy that the router chose, that the prompt was sent to,
            and that answered.
        propensity: [requests] with which the prompt was sent there.
        cost: [requests], USD of the answer; NaN where there is none, or its tokens are not known.
        correct: [requests], 0.0 or 1.0; NaN where it is not known.
        undecided: further requests, on which routing failed.
        strange: outcomes of requests that are not in the log.
    """

    probability: np.ndarray
    unlikeness: np.ndarray
    chosen: np.ndarray
    sent: np.ndarray
    answered: np.ndarray
    propensity: np.ndarray
    cost: np.ndarray
    correct: np.ndarray
    undecided: int
    strange: int


def read_log(file: Path, router: str, description: RouterDescription, outcomes: Path | None = None) -> Log:
    """Read the log of a router.

    Args:
        file: JSON lines.
        router: its id, which every line has.
        description: of the router.
        outcomes: JSON lines with id and correct; the ids are those of the log.

    Raises:
        UserError: a line is not what it should be or is of another router, a request stands twice and its outcome is
            given, or there is no decision.
    """
    columns = {each.policy: column for column, each in enumerate(description.policies)}
    prices = [each.price for each in description.policies]
    correct = {} if outcomes is None else _read_outcomes(outcomes)
    ids: set[Id] = set()
    rows, undecided = [], 0
    for number, line in _read(file, Line.model_validate_json):
        where = f"{file}: line {number}"
        if line.router != router:
            raise UserError(
                f"{where}: key 'router' is {line.router!r}, but this router is {router!r}: give the log of this "
                "router; one that is exported again needs a log of its own"
            )
        for policy in (line.policy, line.decided, line.served_by, *(line.probabilities or ())):
            if policy is not None and policy not in columns:
                raise UserError(f"{where}: {policy!r} is no policy of the router: remove the line")
        if line.id is not None and line.id in correct:
            if line.id in ids:
                raise UserError(f"{where}: id {line.id!r} stands twice: give every request an id of its own")
            ids.add(line.id)
        if line.decided is None:
            undecided += 1
            continue
        if line.probabilities is None or len(line.probabilities) < len(columns) or line.unlikeness is None:
            raise UserError(f"{where}: lacks a policy's probability, or unlikeness: remove the line")
        answered = columns[line.answered]
        tokens = line.prompt_tokens, line.completion_tokens
        rows.append(
            (
                [line.probabilities[policy] for policy in columns],
                line.unlikeness,
                columns[line.decided],
                columns[line.policy],
                answered,
                line.propensity,
                np.nan if line.unanswered else request_cost(prices[answered], *tokens),
                np.nan if line.id is None else correct.get(line.id, np.nan),
            )
        )
    if not rows:
        raise UserError(f"{file}: has no decision of the router: give a log that has")
    probability, unlikeness, chosen, sent, by, propensity, cost, right = map(np.array, zip(*rows, strict=True))
    strange = len(correct.keys() - ids)
    return Log(probability, unlikeness, chosen, sent, by, propensity, cost, right, undecided, strange)


def request_cost(price: PolicyPrice, prompt_tokens: int | None, completion_tokens: int | None) -> float:
    """USD of one answer, all of its prompt at the full price; NaN where tokens count and are not known."""
    if price.assumed_cost is not None:
        return price.assumed_cost
    if prompt_tokens is None or completion_tokens is None or price.input_price is None or price.output_price is None:
        return float("nan")
    tokens = prompt_tokens * price.input_price + completion_tokens * price.output_price
    return price.request_price + tokens / TOKENS_PER_PRICE


def _read_outcomes(file: Path) -> dict[Id, float]:
    """0.0 or 1.0 by id."""
    correct: dict[Id, float] = {}
    for number, line in _read(file, Outcome.model_validate_json):
        if line.id in correct:
            raise UserError(f"{file}: line {number}: id {line.id!r} stands twice: keep one outcome of a request")
        correct[line.id] = float(line.correct)
    return correct


M = TypeVar("M", bound=BaseModel)


def _read(file: Path, parse: Callable[[bytes], M]) -> Iterator[tuple[int, M]]:
    """Every line that is not empty, and its number from 1."""
    with open(file, "rb") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                try:
                    yield number, parse(line)
                except ValidationError as error:
                    said = describe_errors(error)[0]
                    raise UserError(f"{file}: line {number}: {said}: mend or remove the line") from None
