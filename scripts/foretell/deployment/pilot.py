"""An A/B test of a router against the policy whose place it would take; it may be looked at and ended at any time."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np

from foretell.common.errors import UserError
from foretell.deployment.confidence_sequence import confidence_sequence
from foretell.deployment.logged import Log


class Verdict(StrEnum):
    """What a pilot has shown."""

    ADOPT = "adopt: the router is cheaper, and not less accurate by the margin"
    LESS_ACCURATE = "end it: the router is less accurate by more than the margin"
    DEARER = "end it: the router is dearer"
    OPEN = "go on: neither is shown yet"


@dataclass(frozen=True)
class Differences:
    """Router minus incumbent, without bias, request by request.

    Attributes:
        accuracy, cost: [requests]; NaN where the outcome, or the tokens, are not known. Costs are USD, and have that of
            reading the prompt.
        largest: the absolute value that accuracies cannot exceed.
        largest_cost: the same of costs without reading.
        reading: USD per request.
    """

    accuracy: np.ndarray
    cost: np.ndarray
    largest: float
    largest_cost: float
    reading: float


@dataclass(frozen=True)
class Pilot:
    """A pilot after each request, or after the last one where numbers stand alone.

    Attributes:
        verdict: the first that was reached.
        ended: number of requests after which it was, all where none was.
        accuracy, cost: (estimate, low, high) of the difference at that time.
        n_accuracy, n_cost: requests of these.
    """

    verdict: Verdict
    ended: int
    accuracy: tuple[float, float, float]
    cost: tuple[float, float, float]
    n_accuracy: int
    n_cost: int


def differences(log: Log, incumbent: int, most: float, reading: float, file: Path) -> Differences:
    """What every request tells of the difference, from inverse propensities.

    Where the router chooses the incumbent there is no difference. Elsewhere the answer counts as (value - centre) / p
    for the arm that gave it, of probability p. The centre is the mean of all values before, which does not change what
    is estimated, and takes out most of the variance.

    Args:
        log: of a service with the keys `incumbent` and `incumbent_share`.
        incumbent: its column.
        most: USD that an answer costs at most.
        reading: USD per request.
        file: of the log.

    Raises:
        UserError: nothing tells of a difference, requests were not dealt out by one constant share, or an answer cost
            more.
    """
    differ = log.chosen != incumbent
    used = differ & ~(np.isnan(log.correct) & np.isnan(log.cost))
    if not used.any():
        raise UserError(
            f"{file}: no request whose outcome or tokens are known would go elsewhere than to the incumbent: there is "
            "nothing to compare yet"
        )
    to_incumbent = log.sent == incumbent
    shares = np.where(to_incumbent, log.propensity, 1 - log.propensity)[used]
    dealt = to_incumbent | (log.sent == log.chosen)
    if not dealt[used].all() or np.ptp(shares) > 1e-9 or not 0 < shares[0] < 1:
        raise UserError(
            f"{file}: the requests were not dealt out between the router and one incumbent by a constant share: give a "
            "log of a service with keys 'incumbent' and 'incumbent_share', and that incumbent"
        )
    if (over := np.nanmax(log.cost, initial=0.0)) > most:
        raise UserError(f"{file}: an answer cost {over:g} USD: give at least that as --largest-cost")
    signed = np.where(differ, np.where(to_incumbent, -1.0, 1.0) / log.propensity, 0.0)
    scale = float(1 / min(shares[0], 1 - shares[0]))
    accuracy = signed * (log.correct - _centres(log.correct, 1))
    cost = signed * (log.cost - _centres(log.cost, most)) + reading
    return Differences(accuracy, cost, scale, scale * most, reading)


def _centres(values: np.ndarray, most: float) -> np.ndarray:
    """[n] means of all values before, and of half the most that there can be."""
    known = ~np.isnan(values)
    sums, counts = np.cumsum(np.where(known, values, 0)), np.cumsum(known)
    return np.concatenate([[most / 2], (most / 2 + sums[:-1]) / (1 + counts[:-1])])


def judge(found: Differences, margin: float, error: float) -> Pilot:
    """Look after each request, and end at the first verdict.

    Half of the error goes to accuracy, half to cost, so that whatever is said at any time is right with a probability
    of 1 - error.

    Args:
        found: of each request.
        margin: share by which the router may be less accurate.
        error: probability of any wrong verdict.
    """
    cost_bounds = found.reading - found.largest_cost, found.reading + found.largest_cost
    n = len(found.accuracy)
    accuracy = _filled(found.accuracy, (-found.largest, found.largest), error / 2, -margin)
    cost = _filled(found.cost, cost_bounds, error / 2, 0.0)
    shown = {
        Verdict.ADOPT: (accuracy[1] >= -margin) & (cost[2] <= 0),
        Verdict.LESS_ACCURATE: accuracy[2] <= -margin,
        Verdict.DEARER: cost[1] >= 0,
    }
    first = {verdict: int(at.argmax()) for verdict, at in shown.items() if at.any()}
    verdict = min(first, key=first.__getitem__, default=Verdict.OPEN)
    last = first.get(verdict, n - 1)
    known = [int((~np.isnan(each[: last + 1])).sum()) for each in (found.accuracy, found.cost)]
    at_end = [tuple(float(row[last]) for row in each) for each in (accuracy, cost)]
    return Pilot(verdict, last + 1, *at_end, *known)  # type: ignore[arg-type]


def _filled(values: np.ndarray, bounds: tuple[float, float], error: float, of_interest: float) -> np.ndarray:
    """[3, n] mean, lower and upper bound after each request; one that tells nothing changes nothing."""
    known = ~np.isnan(values)
    low, high = confidence_sequence(values[known], bounds, error, [of_interest])
    counts = np.cumsum(known)
    means = np.cumsum(values[known]) / np.arange(1, known.sum() + 1)
    begin = np.array([[np.nan], [bounds[0]], [bounds[1]]])
    return np.concatenate([begin, [means, low, high]], axis=1)[:, counts]


def write_pilot(pilot: Pilot, incumbent: str, margin: float, error: float) -> str:
    """A report as plain text.

    Args:
        pilot: as `judge` gives it.
        incumbent: policy.
        margin, error: as `judge` was given them.
    """
    when = "so far" if pilot.verdict == Verdict.OPEN else "when it was reached"
    return "\n".join(
        [
            f"{pilot.verdict} ({margin:g}), after {pilot.ended} requests, beside {incumbent}",
            f"{when}, router minus incumbent, with bounds that hold at all times together with {1 - error:.0%}:",
            _line("accuracy", pilot.accuracy, pilot.n_accuracy),
            _line("USD per request, with reading", pilot.cost, pilot.n_cost),
        ]
    )


def _line(name: str, bounds: tuple[float, float, float], n: int) -> str:
    value, low, high = bounds
    return f"{name} {value:.3g} [{low:.3g}, {high:.3g}], {n} requests"
