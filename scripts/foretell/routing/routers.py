"""Routers: from probabilities of success to one policy per problem, at every operating point.

A router is one function and one entry of ROUTERS. Columns are policies from cheap to dear, so that ties go to the
cheaper one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
from pydantic import AfterValidator, Field

from foretell.common.arguments import Settings
from foretell.common.registry import registry
from foretell.routing.breakpoints import (
    cascade_breakpoints,
    shortfall,
    spread_among,
    tolerance_breakpoints,
    utility_breakpoints,
)
from foretell.routing.pool import TRAIN, Pool
from foretell.routing.probing import charge_consulted_in_order, charge_every_encoder, charge_nothing
from foretell.routing.stepwise import choose_stepwise, fit_thresholds


def _known(name: str) -> str:
    if name not in ROUTERS:
        raise ValueError(f"{name!r} is none of {', '.join(ROUTERS)}")
    return name


class Sweep(Settings):
    """Which routers there are, and how finely they are swept."""

    routers: list[Annotated[str, AfterValidator(_known)]] = ["utility", "cascade"]
    """Keys of ROUTERS."""
    lambdas: Annotated[int, Field(ge=2)] = 50
    """Weights of cost in the utility router, evenly spread over [0, 1]."""
    thresholds: Annotated[int, Field(ge=2)] = 50
    """Thresholds of the cascade, evenly spread over [0, 1]."""
    tolerances: Annotated[int, Field(ge=2)] = 50
    """Tolerances of the router of that name, evenly spread over [0, 1]."""
    breakpoints: bool = False
    """Spreads all evenly among those at which a decision on `train` changes instead, the weights from 0 to beyond the
    last. A pool with `fewer_samples` is served badly without: half of its decisions may change where an even grid has a
    few weights, and others beyond its end."""


class RoutingSettings(Settings):
    """How finely routers are swept, and which probabilities they read."""

    sweep: Sweep
    """Settings of the routers."""
    probabilities: dict[str, str] = Field(min_length=1)
    """By the split on which Platt scaling was fitted, the column of the predictions."""


@dataclass(frozen=True)
class RouterInputs:
    """What a router may know of a pool: on the reported problems, predictions alone.

    Attributes:
        success: [problems, policies], probability of success; for an oracle reference, the true label, which is between
            0 and 1 where samples are fewer than all.
        tier_costs: [policies], mean cost on train, in [0, 1].
        train: bool [problems], the problems that a router may learn from.
        train_correct: [train problems, policies], such labels.
        train_cost: [train problems, policies], USD.
        settings: of the routers.
    """

    success: np.ndarray
    tier_costs: np.ndarray
    train: np.ndarray
    train_correct: np.ndarray
    train_cost: np.ndarray
    settings: Sweep


def router_inputs(pool: Pool, success: np.ndarray, settings: Sweep) -> RouterInputs:
    """What routers may know of a pool, with these probabilities of success, [problems, policies]."""
    train = pool.split == TRAIN
    return RouterInputs(success, pool.tier_costs, train, pool.correct[train], pool.cost[train], settings)


@dataclass(frozen=True)
class Router:
    """A way to choose a policy for every problem.

    Attributes:
        name: in configurations and tables.
        description: one clause, for the configuration's documentation.
        title: for readers.
        symbol: of its operating point, for readers.
        meaning: of its operating point, for readers; `{cost}` stands for the word for costs.
        operating_points: [points], ascending, from what it may know.
        route: from what it may know and its operating points, [points], to the column of the chosen policy,
            [points, problems].
        probing: what consulting probes costs beside the chosen policy: USD, [problems, policies], by the policy chosen.
        has_oracle: whether the same rule is also shown with true labels in place of probabilities.
    """

    name: str
    description: str
    title: str
    symbol: str
    meaning: str
    operating_points: Callable[[RouterInputs], np.ndarray]
    route: Callable[[RouterInputs, np.ndarray], np.ndarray]
    probing: Callable[[Pool], np.ndarray]
    has_oracle: bool = False

    @property
    def oracle(self) -> "Router | None":
        """The oracle reference: the same rule on true labels, which consults no probe. None where it is not shown."""
        if not self.has_oracle:
            return None
        name, title = f"oracle_{self.name}", f"oracle {self.name}"
        return replace(self, name=name, title=title, probing=charge_nothing, has_oracle=False)


def weights_of_cost(inputs: RouterInputs) -> np.ndarray:
    """The utility router's operating points: evenly over [0, 1], or among its breakpoints and beyond: [lambdas]."""
    count = inputs.settings.lambdas
    if not inputs.settings.breakpoints:
        return np.linspace(0, 1, count)
    found = utility_breakpoints(inputs.success[inputs.train], inputs.tier_costs)
    beyond = 2 * found.max(initial=0.0)
    return spread_among(np.array([0.0, *found, beyond if beyond else 1.0]), count)


def thresholds_of_success(inputs: RouterInputs) -> np.ndarray:
    """The cascade's operating points: evenly over [0, 1], or among its breakpoints, 0 and 1: [thresholds]."""
    count = inputs.settings.thresholds
    if not inputs.settings.breakpoints:
        return np.linspace(0, 1, count)
    return spread_among(np.array([0.0, *cascade_breakpoints(inputs.success[inputs.train]), 1.0]), count)


def tolerances_of_success(inputs: RouterInputs) -> np.ndarray:
    """The tolerance router's operating points: evenly over [0, 1], or among its breakpoints, 0 and 1: [tolerances]."""
    count = inputs.settings.tolerances
    if not inputs.settings.breakpoints:
        return np.linspace(0, 1, count)
    found = tolerance_breakpoints(inputs.success[inputs.train], inputs.tier_costs)
    return spread_among(np.array([0.0, *found, 1.0]), count)


def route_by_utility(inputs: RouterInputs, lambdas: np.ndarray) -> np.ndarray:
    """Choose the policy with the highest utility, success - lambda x tier cost.

    Args:
        inputs: what the router knows.
        lambdas: [points], the price of a unit of tier cost in probability.

    Returns:
        [points, problems], column of the chosen policy.
    """
    chosen = np.empty((len(lambdas), len(inputs.success)), dtype=np.int16)
    utility = np.empty_like(inputs.success, dtype=float)
    for point, price in enumerate(lambdas):
        np.subtract(inputs.success, price * inputs.tier_costs, out=utility)
        chosen[point] = utility.argmax(axis=1)
    return chosen


def route_by_cascade(inputs: RouterInputs, thresholds: np.ndarray) -> np.ndarray:
    """Go from cheap to dear and keep the first policy whose probability reaches the threshold, else the last.

    Args:
        inputs: what the router knows.
        thresholds: [points].

    Returns:
        [points, problems], column of the chosen policy.
    """
    chosen = np.empty((len(thresholds), len(inputs.success)), dtype=np.int16)
    for point, threshold in enumerate(thresholds):
        kept = inputs.success >= threshold
        kept[:, -1] = True
        chosen[point] = kept.argmax(axis=1)
    return chosen


def route_stepwise(inputs: RouterInputs, lambdas: np.ndarray) -> np.ndarray:
    """Go from cheap to dear as a cascade does, with a threshold for each step.

    They are those that do best on train, where a right answer is worth 1 and a unit of tier cost lambda.

    Args:
        inputs: what the router knows.
        lambdas: [points], the price of a unit of tier cost in right answers.

    Returns:
        [points, problems], column of the chosen policy.
    """
    chosen = np.empty((len(lambdas), len(inputs.success)), dtype=np.int16)
    for point, price in enumerate(lambdas):
        utility = inputs.train_correct - price * inputs.tier_costs
        chosen[point] = choose_stepwise(inputs.success, fit_thresholds(inputs.success[inputs.train], utility))
    return chosen


def route_within_tolerance(inputs: RouterInputs, tolerances: np.ndarray) -> np.ndarray:
    """Choose the cheapest policy whose probability lies within the tolerance of the highest.

    Args:
        inputs: what the router knows.
        tolerances: [points], in probability.

    Returns:
        [points, problems], column of the chosen policy.
    """
    missing = shortfall(inputs.success, inputs.tier_costs)
    chosen = np.empty((len(tolerances), len(missing)), dtype=np.int16)
    for point, tolerance in enumerate(tolerances):
        chosen[point] = (missing <= tolerance).argmax(axis=1)
    return chosen


def route_by_oracle(correct: np.ndarray) -> np.ndarray:
    """Choose the policy that is right, or most often right, and of equals the cheapest by tier: [problems]."""
    return correct.argmax(axis=1).astype(np.int16)


ROUTERS = registry(
    Router(
        "utility",
        "the policy with the highest probability of success minus λ times its cost",
        title="utility router",
        symbol="λ",
        meaning="weight of {cost} against probability of success",
        operating_points=weights_of_cost,
        route=route_by_utility,
        probing=charge_every_encoder,
        has_oracle=True,
    ),
    Router(
        "cascade",
        "from cheap to dear, the first policy whose probability of success reaches a threshold",
        title="cascade",
        symbol="threshold",
        meaning="lowest probability of success that is accepted",
        operating_points=thresholds_of_success,
        route=route_by_cascade,
        probing=charge_consulted_in_order,
    ),
    Router(
        "tolerance",
        "the cheapest policy whose probability of success lies within a tolerance of the best one's",
        title="tolerance router",
        symbol="tolerance",
        meaning="how far the probability of success may lie below the best policy's",
        operating_points=tolerances_of_success,
        route=route_within_tolerance,
        probing=charge_every_encoder,
    ),
    Router(
        "stepwise",
        "a cascade with a threshold for each step, fitted to the labels of train",
        title="cascade, a threshold per step",
        symbol="λ",
        meaning="weight of {cost} against right answers",
        operating_points=weights_of_cost,
        route=route_stepwise,
        probing=charge_consulted_in_order,
    ),
)


def named(sweep: Sweep) -> dict[str, Router]:
    """By name, the routers that a study has, in the registry's order."""
    return {name: router for name, router in ROUTERS.items() if name in sweep.routers}


def oracle_references(routers: Mapping[str, Router] | None = None) -> dict[str, Router]:
    """By name, the oracle references of the routers that have one; of all routers, if none are given."""
    references = [router.oracle for router in (ROUTERS if routers is None else routers).values()]
    return {reference.name: reference for reference in references if reference is not None}


def with_operating_points() -> dict[str, Router]:
    """By name, every strategy that has operating points: routers, then their oracle references."""
    return ROUTERS | oracle_references()
