"""Whether a new router is better than the present one, on requests that it was not fitted to."""

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from scipy.stats import norm

from foretell.common.statistics import wilson
from foretell.deployment.choosing import choose_point, choose_policies
from foretell.deployment.description import Chosen
from foretell.deployment.off_policy import Measured, OffPolicy
from foretell.deployment.refreshing import KEPT, Evidence, Fitted
from foretell.routing.matching import NO, YES, matched
from foretell.routing.settings import MATCH

_RESOLVED = norm.ppf(0.975) + norm.ppf(0.8)  # standard errors, as in `foretell.routing.matching.resolvable_margin`


class Verdict(StrEnum):
    """What held-out requests say of the new router."""

    BETTER = "better"
    NOT_WORSE = "not worse"
    NO = "no"
    TOO_FEW = "too few requests"

    @property
    def shown(self) -> bool:
        """Whether the new router may take the present one's place."""
        return self in (Verdict.BETTER, Verdict.NOT_WORSE)


@dataclass(frozen=True)
class Sides:
    """Present and new router, and the paired difference, new minus present."""

    present: Measured
    new: Measured
    difference: Measured


@dataclass(frozen=True)
class Judged:
    """What held-out requests say.

    Attributes:
        accuracy: share of right answers.
        cost: USD per request, with reading.
        net: difference in accuracy, less that in cost at the price that the present router puts on it.
        price: that price, accuracy per USD; 0 where one policy takes every prompt, or the present operating point is
            shown to be too cheap, so that accuracy alone counts.
        differing: share of requests on which they decide differently.
        most: what that share is at most (upper end of Wilson's interval).
        verdict: of these, by the margin.
    """

    accuracy: Sides
    cost: Sides
    net: Measured
    price: float
    differing: float
    most: float
    verdict: Verdict


def judge(fitted: Fitted, present: Chosen, reading: tuple[float, float], margin: float) -> Judged:
    """Compare both routers on the second half of the log.

    Args:
        fitted: the new router.
        present: operating point of the present one, a lambda of its utility.
        reading: USD per request that reading costs the present and the new one; NaN, of an unknown price, counts as 0.
        margin: share of right answers by which the new one may be worse.
    """
    half, rows = fitted.rest, fitted.rest.priced
    old, chosen = half.log.chosen, choose_point(fitted.description)
    new = choose_policies(fitted.description, chosen, half.log.probability)
    differing = float((old != new).mean())
    most = float(wilson(differing, len(old))[1])
    paid = float(np.nan_to_num(reading[0])), float(np.nan_to_num(reading[1]))
    accuracy = _sides(half.accuracy, old, new, (0.0, 0.0))
    accuracy = replace(accuracy, difference=_within(accuracy.difference, most))
    cost = _sides(half.cost, old[rows], new[rows], paid)
    weight = present.operating_point if chosen.choice == KEPT[MATCH] and present.operating_point else 0.0
    costs = [each.mean_cost for each in fitted.description.policies]
    price = weight / (max(costs) - min(costs)) if max(costs) > min(costs) else 0.0
    net = _within(_net(half, price).difference(new[rows], old[rows]), most * (1 + weight))
    net = net.plus(-price * (paid[1] - paid[0]))
    verdict = decide(accuracy.difference, net if price else accuracy.difference, margin)
    return Judged(accuracy, cost, net, price, differing, most, verdict)


def decide(accuracy: Measured, net: Measured, margin: float) -> Verdict:
    """The verdict on two differences, new minus present.

    Cheaper at some loss is no better: any router gets that by a larger lambda. Better is what is worth more at the
    present router's own price of cost, and not less accurate by the margin.
    """
    found = [matched(each.low, each.high, _RESOLVED * each.error, margin) for each in (accuracy, net)]
    if found[0] == YES and net.low > 0:
        return Verdict.BETTER
    if found == [YES, YES]:
        return Verdict.NOT_WORSE
    return Verdict.NO if NO in found else Verdict.TOO_FEW


def _sides(outcome: OffPolicy, old: np.ndarray, new: np.ndarray, reading: tuple[float, float]) -> Sides:
    difference = outcome.difference(new, old).plus(reading[1] - reading[0])
    return Sides(outcome.mean(old).plus(reading[0]), outcome.mean(new).plus(reading[1]), difference)


def _net(half: Evidence, price: float) -> OffPolicy:
    """Right answers less what cost is worth, of the requests whose cost is known."""
    rows, accuracy, cost = half.priced, half.accuracy, half.cost
    return OffPolicy(
        cost.sent,
        cost.propensity,
        accuracy.observed[rows] - price * cost.observed,
        accuracy.expected[rows] - price * cost.expected,
        accuracy.variance[rows],
    )


def _within(difference: Measured, most: float) -> Measured:
    """A difference; where too few requests tell of it, that it cannot exceed what depends on different decisions."""
    if not np.isnan(difference.low) and difference.error > 0:
        return difference
    value = float(np.clip(difference.value, -most, most))
    return replace(difference, value=value, low=-most, high=most, error=np.inf)
