"""An A/B test of a router against the policy whose place it would take; it may be looked at and ended at any time."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
from scipy import stats

from foretell.common.errors import UserError
from foretell.deployment.confidence_sequence import confidence_sequence
from foretell.deployment.logged import Log

ARMS = ("router", "incumbent", "both alike")  # the last where the router chooses the incumbent, too
ROUTER, INCUMBENT, ALIKE = range(len(ARMS))
BY_CHANCE = 0.001  # p value below which shares differ by more


class Verdict(StrEnum):
    """What a pilot has shown."""

    ADOPT = "adopt: the router is cheaper, and not less accurate by the margin"
    LESS_ACCURATE = "end it: the router is less accurate by more than the margin"
    DEARER = "end it: the router is dearer"
    OPEN = "go on: neither is shown yet"


@dataclass(frozen=True)
class Differences:
    """Router minus incumbent, request by request.

    Their mean is without bias where the requests whose outcomes, and tokens, are known are like those whose are not, in
    both arms and where these are alike: where outcomes are all there, or are a random sample.

    Attributes:
        accuracy, cost: [requests]; NaN where the outcome, or the tokens, are not known. Costs are USD, and have that of
            reading the prompt.
        arm: [requests], place in ARMS.
        largest: the absolute value that accuracies cannot exceed.
        largest_cost: the same of costs without reading.
        reading: USD per request.
    """

    accuracy: np.ndarray
    cost: np.ndarray
    arm: np.ndarray
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
        n_accuracy, n_cost: requests of these, by ARMS.
    """

    verdict: Verdict
    ended: int
    accuracy: tuple[float, float, float]
    cost: tuple[float, float, float]
    n_accuracy: tuple[int, ...]
    n_cost: tuple[int, ...]


def differences(log: Log, incumbent: int, most: float, reading: float, file: Path) -> Differences:
    """What every request tells of the difference, from inverse propensities.

    Where the router chooses the incumbent there is no difference. Elsewhere the answer counts as (value - centre) / p
    for the arm that gave it, of probability p. The centre is the mean of all values before, which does not change what
    is estimated, and takes out most of the variance. Requests that asked for a decision alone do not count.

    Args:
        log: of a service with the keys `incumbent` and `incumbent_share`.
        incumbent: its column.
        most: USD that an answer costs at most.
        reading: USD per request.
        file: of the log.

    Raises:
        UserError: requests were not dealt out by one constant share, an arm has no known outcome or tokens, or a share
            of them that chance does not explain, no outcome is of the log, or an answer cost more.
    """
    log = log.at(log.forwarded)
    if log.unmatched and np.isnan(log.correct).all():
        raise UserError(
            f"{file}: none of the {log.unmatched} outcomes is of a request of the log: give those with the log's ids"
        )
    differ, to_incumbent = log.chosen != incumbent, log.sent == incumbent
    shares = np.where(to_incumbent, log.propensity, 1 - log.propensity)[differ]
    dealt = to_incumbent | (log.sent == log.chosen)
    if not dealt.all() or (differ.any() and (np.ptp(shares) > 1e-9 or not 0 < shares[0] < 1)):
        raise UserError(
            f"{file}: the requests were not dealt out between the router and one incumbent by a constant share: give a "
            "log of a service with keys 'incumbent' and 'incumbent_share', and that incumbent"
        )
    arm = np.where(differ, np.where(to_incumbent, INCUMBENT, ROUTER), ALIKE)
    _check_known("outcomes", log.correct, arm, "grade answers drawn without looking at the arm", file)
    _check_known("tokens", log.cost, arm, "have all upstreams tell the tokens of their answers", file)
    if (over := np.nanmax(log.cost)) > most:
        raise UserError(
            f"{file}: an answer cost {over:g} USD, more than --largest-cost {most:g}: give the cost of the limits of "
            "prompt and answer, at the dearest prices"
        )
    return weighted(arm, float(shares[0]), log.correct, log.cost, most, reading)


def weighted(
    arm: np.ndarray, share: float, correct: np.ndarray, cost: np.ndarray, most: float, reading: float
) -> Differences:
    """Differences from what the arms' answers are, as `differences` has them.

    Args:
        arm: [requests], place in ARMS.
        share: of the requests that are dealt to the incumbent.
        correct, cost: [requests], of the answer; NaN where it is not known.
        most: USD that an answer costs at most.
        reading: USD per request.
    """
    signed = np.choose(arm, [1 / (1 - share), -1 / share, 0.0])
    scale = 1 / min(share, 1 - share)
    accuracy = signed * (correct - _centres(correct, 1))
    return Differences(accuracy, signed * (cost - _centres(cost, most)) + reading, arm, scale, scale * most, reading)


def _check_known(what: str, values: np.ndarray, arm: np.ndarray, remedy: str, file: Path) -> None:
    """Whether both arms have known values, and none of ARMS more often than chance explains (Fisher's exact test)."""
    known = [[int((~np.isnan(values[rows])).sum()), int(rows.sum())] for rows in (arm == each for each in range(3))]
    router, incumbent, alike = ([some, total - some] for some, total in known)
    dealt = [a + b for a, b in zip(router, incumbent, strict=True)]
    counts = ", ".join(f"{name} {some} of {total}" for (some, total), name in zip(known, ARMS, strict=True))
    said = f"{file}: {what} are known for these requests: {counts}"
    if not (router[0] and incumbent[0]):
        raise UserError(f"{said}; router and incumbent need some each: {remedy}")
    if any(stats.fisher_exact(table).pvalue < BY_CHANCE for table in ([router, incumbent], [dealt, alike])):
        raise UserError(f"{said}; these shares differ by more than chance, so that verdicts could be wrong: {remedy}")


def _centres(values: np.ndarray, most: float) -> np.ndarray:
    """[n] means of all values before, and of half the most that there can be."""
    known = ~np.isnan(values)
    sums, counts = np.cumsum(np.where(known, values, 0)), np.cumsum(known)
    return np.concatenate([[most / 2], (most / 2 + sums[:-1]) / (1 + counts[:-1])])


def judge(found: Differences, margin: float, error: float) -> Pilot:
    """Look after each request, and end at the first verdict.

    Half of the error goes to accuracy, half to cost, so that whatever is said at any time is right with a probability
    of 1 - error, where differences are without bias and none becomes known later.

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
    known = [
        tuple(np.bincount(found.arm[: last + 1][~np.isnan(each[: last + 1])], minlength=len(ARMS)).tolist())
        for each in (found.accuracy, found.cost)
    ]
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


def least_margin(requests: int, error: float) -> float:
    """The smallest margin that so many requests can show: all answered right, by each arm in turn.

    Args:
        requests: their number.
        error: as `judge` takes it.
    """
    arm = np.arange(requests) % 2
    best = weighted(arm, 0.5, np.ones(requests), np.zeros(requests), 1.0, 0.0)
    low, _ = confidence_sequence(best.accuracy, (-best.largest, best.largest), error / 2)
    return -float(low[-1])


def write_pilot(pilot: Pilot, incumbent: str, margin: float, error: float, notes: Sequence[str] = ()) -> str:
    """A report as plain text.

    Args:
        pilot: as `judge` gives it.
        incumbent: policy.
        margin, error: as `judge` was given them.
        notes: on the files, as `foretell.deployment.logged.Log.notes` gives them.
    """
    when = "so far" if pilot.verdict == Verdict.OPEN else "when it was reached"
    return "\n".join(
        [
            f"{pilot.verdict}, after {pilot.ended} requests, beside {incumbent}, margin {margin:g}",
            f"{when}, router minus incumbent, with bounds that hold at all times together with {1 - error:.0%}:",
            _line("accuracy", pilot.accuracy, pilot.n_accuracy),
            _line("USD per request, with reading", pilot.cost, pilot.n_cost),
            *notes,
        ]
    )


def _line(name: str, bounds: tuple[float, float, float], known: Sequence[int]) -> str:
    value, low, high = bounds
    counts = ", ".join(f"{arm} {n}" for arm, n in zip(ARMS, known, strict=True))
    return f"{name} {value:.3g} [{low:.3g}, {high:.3g}], requests: {counts}"
