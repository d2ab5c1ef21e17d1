"""A new router from the log of the present one: what can be learnt without reading a prompt again.

Probes stay as they are. Of each policy the calibration and the mean cost are fitted anew, and with them the operating
points, on the first half of the requests that tell; the second half, which came later, as what is served will, judges.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from foretell.deployment.description import FITTED, HELD_OUT, Answering, Chosen, RouterDescription
from foretell.deployment.explored_log import (
    answers_of,
    differ_by_more_than_chance,
    effective_answers,
    reordered,
    telling,
)
from foretell.deployment.logged import Log
from foretell.deployment.off_policy import OffPolicy
from foretell.deployment.realised import LEAST, Weighted
from foretell.deployment.recalibration import Recalibration, recalibrate
from foretell.routing.choice import CHOSEN, FALLS_BACK
from foretell.routing.pool import tiers_of
from foretell.routing.routers import ROUTERS, RouterInputs, Sweep
from foretell.routing.settings import ACCURACY, BUDGET, MATCH, Criterion

KEPT: dict[Criterion, str] = {
    MATCH: "kept: not shown to be less accurate than the best single policy",
    BUDGET: "kept: not shown to cost more than the budget",
    ACCURACY: "kept: not shown to be less accurate than asked for",
}


@dataclass(frozen=True)
class Evidence:
    """Half of a log, columns in the new router's order.

    Attributes:
        log: its requests, with the new probabilities.
        accuracy: of every request.
        cost: of those whose cost is known.
        priced: bool [requests], which these are.
    """

    log: Log
    accuracy: OffPolicy
    cost: OffPolicy
    priced: np.ndarray

    @classmethod
    def of(cls, log: Log, probability: np.ndarray, mean_costs: np.ndarray, logged_costs: bool) -> "Evidence":
        """Put a half together.

        Args:
            log: its requests, columns in the new order.
            probability: [requests, policies], new.
            mean_costs: [policies], new.
            logged_costs: whether the log's costs count; else each request costs what its policy does in the mean.
        """
        cost = log.cost if logged_costs else mean_costs[log.sent]
        requests, priced = np.arange(len(log.sent)), ~np.isnan(cost)
        variance = (probability * (1 - probability))[requests, log.sent]
        costs = np.broadcast_to(mean_costs, (int(priced.sum()), len(mean_costs)))
        accuracy = OffPolicy(log.sent, log.propensity, log.correct, probability, variance)
        priced_costs = OffPolicy(
            log.sent[priced], log.propensity[priced], cost[priced], costs, np.zeros(int(priced.sum()))
        )
        return cls(Log(**{**vars(log), "probability": probability}), accuracy, priced_costs, priced)

    def inputs(self, policies: Sequence[Answering]) -> RouterInputs:
        """What a router may know of it."""
        tiers, everyone = np.array([each.tier_cost for each in policies]), np.ones(len(self.log.sent), dtype=bool)
        none = np.empty((0, len(tiers)))  # these routers learn nothing from labels
        return RouterInputs(self.log.probability, tiers, everyone, none, none, Sweep(breakpoints=True))


@dataclass(frozen=True)
class Fitted:
    """A new router.

    Attributes:
        description: router.json.
        order: [policies], columns of the present router, from cheap to dear by the new costs.
        calibrations: by the new columns.
        effective: [policies], by the new columns, effective number of outcomes.
        logged_costs: whether mean costs are those of the log; else the present router's.
        first, rest: the halves.
    """

    description: RouterDescription
    order: np.ndarray
    calibrations: Sequence[Recalibration]
    effective: np.ndarray
    logged_costs: bool
    first: Evidence
    rest: Evidence


def fit_router(present: RouterDescription, whole: Log, file: Path) -> Fitted:
    """Fit a router to the first half of a log.

    The halves are those of time, not of a hash of ids: the ids are drawn at random, so that a hash would only mix
    earlier and later requests, and what is to be known is whether a router that was fitted before is good after.

    Args:
        present: the router of the log.
        whole: its decisions, in the order in which the requests came.
        file: of the log.

    Raises:
        UserError: the log does not tell of every policy.
    """
    names = [each.policy for each in present.policies]
    log = telling(whole, names, file)
    rows = np.arange(len(log.sent))
    first, rest = log.at(rows < len(rows) // 2), log.at(rows >= len(rows) // 2)
    effective = effective_answers(first, names, file)
    costs = _mean_costs(first, len(names))
    means = np.array([each.mean_cost for each in present.policies]) if costs is None else costs
    order = np.argsort(means, kind="stable")
    calibrations = [_recalibrate(first, column) for column in order]
    halves = [
        Evidence.of(half, _calibrated(half, calibrations), means[order], costs is not None)
        for half in (reordered(first, order), reordered(rest, order))
    ]
    policies = [
        _answering(present.policies[column], means, order, calibrations, place, halves)
        for place, column in enumerate(order)
    ]
    told = [each for each in present.chosen if each.criterion == MATCH or each.value is not None]
    chosen = [keep_or_choose(each, policies, halves[0]) for each in told]
    description = present.model_copy(update={"policies": policies, "chosen": chosen, "chosen_on": FITTED})
    return Fitted(description, order, calibrations, effective[order], costs is not None, *halves)


def keep_or_choose(present: Chosen, policies: Sequence[Answering], half: Evidence) -> Chosen:
    """The present operating point, unless it is shown to miss what its criterion asks for.

    That is to be as accurate as the best single policy, or as the criterion's value says, or to cost no more than its
    budget. Then it is chosen by the study's criterion; see `foretell.routing.choice.choose_point`. Estimates from a log
    have wide intervals, so that choosing anew without a reason would move decisions by chance alone: of logs on which
    nothing had changed, on 16 % of requests in place of 8 (simulated, 1,500 requests, two policies, a fifth explored).

    Args:
        present: what was chosen before.
        policies: of the new router, from cheap to dear.
        half: to choose on.
    """
    n = len(half.log.sent)
    singles = np.arange(len(policies))[:, None].repeat(n, axis=1)
    of_singles, cost_of_singles = _means(half, singles)
    whole = np.array([each.policy == each.answers for each in policies])
    best = int(np.where(whole, of_singles, -np.inf).argmax())
    if present.operating_point is None:
        kept = np.full(n, [each.policy for each in policies].index(str(present.policy)))
    else:
        inputs = half.inputs(policies)
        kept = ROUTERS[present.router].route(inputs, np.array([present.operating_point]))[0]
    if not _misses(present, half, kept, singles[best]):
        return present.model_copy(update={"choice": KEPT[present.criterion]})
    points, choices = all_points(present.router, policies, half)
    accuracy, cost = _means(half, choices)
    if present.criterion == BUDGET:
        enough, order, instead = cost <= present.value, (cost, -accuracy), int(cost_of_singles.argmin())
    else:
        least = of_singles[best] if present.criterion == MATCH else present.value
        enough, order, instead = accuracy >= least, (-accuracy, cost), best
    ranked = [place for place in np.lexsort(order) if enough[place]]
    found: dict[str, object] = {"operating_point": None, "policy": policies[instead].policy}
    if ranked:
        found = {"operating_point": float(points[ranked[0]]), "policy": None}
    reasons = CHOSEN if ranked else FALLS_BACK
    return present.model_copy(update={**found, "choice": reasons[present.criterion]})


def _misses(present: Chosen, half: Evidence, kept: np.ndarray, best: np.ndarray) -> bool:
    """Whether choices [requests] are shown to miss what a criterion asks for; `best` are those of the best policy."""
    if present.criterion == MATCH:
        return half.accuracy.difference(kept, best).high < 0
    assert present.value is not None
    if present.criterion == BUDGET:
        return half.cost.mean(kept[half.priced]).low > present.value
    return half.accuracy.mean(kept).high < present.value


def all_points(router: str, policies: Sequence[Answering], half: Evidence) -> tuple[np.ndarray, np.ndarray]:
    """Operating points among those where decisions change on a half, and [points, requests] columns."""
    inputs = half.inputs(policies)
    points = ROUTERS[router].operating_points(inputs)
    return points, ROUTERS[router].route(inputs, points)


def _means(half: Evidence, choices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """[points] accuracies and costs of choices [points, requests]."""
    return half.accuracy.terms(choices).mean(axis=1), half.cost.terms(choices[:, half.priced]).mean(axis=1)


def _mean_costs(log: Log, policies: int) -> np.ndarray | None:
    """[policies] mean cost; None where it is not known of enough answers of each, or of some more often than of others.

    All or none are of the log: a study's prompts may be longer than those of a service.
    """
    if log.at_mean_cost:
        return None
    known = ~np.isnan(log.cost)
    own = [answers_of(log, column) for column in range(policies)]
    everyone = np.ones(len(known), dtype=bool)
    means = [Weighted.of(*(each[rows & known] for each in (log.cost, everyone, log.propensity))) for rows in own]
    counts = np.array([[(rows & known).sum() for rows in own], [(rows & ~known).sum() for rows in own]])
    if min(mean.effective for mean in means) < LEAST or differ_by_more_than_chance(counts):
        return None
    return np.array([mean.value for mean in means])


def _recalibrate(log: Log, column: int) -> Recalibration:
    own = answers_of(log, column)
    return recalibrate(log.probability[own, column], log.correct[own], 1 / log.propensity[own])


def _calibrated(log: Log, calibrations: Sequence[Recalibration]) -> np.ndarray:
    return np.column_stack([each.probability(log.probability[:, column]) for column, each in enumerate(calibrations)])


def _answering(
    present: Answering,
    means: np.ndarray,
    order: np.ndarray,
    calibrations: Sequence[Recalibration],
    place: int,
    halves: Sequence[Evidence],
) -> Answering:
    measured = {
        name: half.accuracy.mean(np.full(len(half.log.sent), place)).value
        for name, half in zip((FITTED, HELD_OUT), halves, strict=True)
    }
    update = {
        "mean_cost": float(means[order[place]]),
        "tier_cost": float(tiers_of(means[order])[place]),
        "accuracy": {**present.accuracy, **measured},
        "probe": calibrations[place].of(present.probe),
    }
    return present.model_copy(update=update)
