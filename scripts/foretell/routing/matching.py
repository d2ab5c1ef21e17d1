"""Whether a strategy matches the best single policy: non-inferiority of paired proportions by a margin."""

from collections.abc import Callable
from typing import Literal

import numpy as np
from scipy.special import ndtri

Verdict = Literal["yes", "no", "underpowered"]
YES: Verdict = "yes"
NO: Verdict = "no"
UNDERPOWERED: Verdict = "underpowered"
SAME_POLICY = "same policy"  # for readers, of what answers every problem by the best single policy: nothing to compare
_IN_WORDS: dict[str, str] = {YES: "yes", NO: "no", UNDERPOWERED: "too few problems"}
_LEVEL, _POWER = 0.975, 0.8  # one-sided, as the lower end of a 95 % interval is
_HALVINGS = 60  # of an interval that starts at most 2 wide: to rounding


def discordant(differences: np.ndarray, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How many problems one of two strategies alone gets right, and out of how many, if they were independent.

    Where problems stand in groups, all three are divided by the design effect: how many times larger the variance of
    the mean difference is than that of as many independent problems, at least 1 (Rao and Scott, 1992).

    Args:
        differences: [rows, problems] in [-1, 1]: correctness minus that of the reference. The expected correctness of a
            random choice, or of fewer samples, is not 0 or 1; then the counts are expected ones.
        groups: [problems] labels.

    Returns:
        Gains, losses and n, each [rows].
    """
    n = differences.shape[1]
    _, group_of = np.unique(groups, return_inverse=True)
    size = group_of.max() + 1
    centred = differences - differences.mean(axis=1, keepdims=True)
    alone = (centred**2).sum(axis=1)
    sums = np.stack([np.bincount(group_of, weights=row, minlength=size) for row in centred])
    spread = alone * size > 1e-12
    ratio = np.divide((sums**2).sum(axis=1), alone, out=np.ones(len(alone)), where=spread)
    effect = np.maximum(ratio, 1.0)
    gains, losses = np.maximum(differences, 0).sum(axis=1), np.maximum(-differences, 0).sum(axis=1)
    return gains / effect, losses / effect, n / effect


def score_interval(gains: np.ndarray, losses: np.ndarray, n: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """95 % score interval of the difference of two paired proportions (Tango, 1998).

    It needs no discordant problem: with none among n it is about -z^2 / (n + z^2) to z^2 / (n + z^2).

    Args:
        gains, losses: [rows], problems that the first, or the second, alone gets right.
        n: [rows], problems.

    Returns:
        Lower and upper ends, each [rows].
    """
    z = ndtri(_LEVEL)
    difference = (gains - losses) / n

    def end(outermost: float, outside: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        inner, outer = difference.copy(), np.full_like(difference, outermost)
        for _ in range(_HALVINGS):
            middle = (inner + outer) / 2
            beyond = outside(_score(middle, gains, losses, n))
            inner, outer = np.where(beyond, inner, middle), np.where(beyond, middle, outer)
        return (inner + outer) / 2

    return end(-1.0, lambda score: score > z), end(1.0, lambda score: score < -z)


def _score(delta: np.ndarray, gains: np.ndarray, losses: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Tango's statistic for a true difference of delta: standard normal under it, and falling in delta."""
    linear = (2 * n - gains + losses) * delta - gains - losses
    # share of losses that is most likely where the difference is delta
    losing = (np.sqrt(np.maximum(linear**2 + 8 * n * losses * delta * (1 - delta), 0)) - linear) / (4 * n)
    variance = n * np.maximum(2 * losing + delta * (1 - delta), 0)
    distance = gains - losses - n * delta
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(distance == 0, 0.0, distance / np.sqrt(variance))


def resolvable_margin(gains: np.ndarray, losses: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Smallest margin by which a strategy of equal accuracy would be found non-inferior with 80 % power.

    (z_0.975 + z_0.8) standard errors of the difference (Blackwelder, 1982), one discordant problem of either kind
    added (Bonett and Price, 2012), so that none does not mean that there can be none.

    Returns:
        [rows].
    """
    return (ndtri(_LEVEL) + ndtri(_POWER)) * np.sqrt(gains + losses + 2) / (n + 2)


def largest_discordance(n: int, margin: float) -> float:
    """Most problems that just one of two equally accurate strategies gets right where `margin` is resolvable.

    The inverse of `resolvable_margin`; negative where even none are too many.
    """
    return (margin * (n + 2) / (ndtri(_LEVEL) + ndtri(_POWER))) ** 2 - 2


def least_margin(n: int) -> float:
    """The margin that n problems must exceed to show non-inferiority where the strategies differ on none."""
    return -score_interval(np.zeros(1), np.zeros(1), np.array([float(n)]))[0].item()


def matched(low: float, high: float, resolvable: float, margin: float) -> Verdict:
    """Verdict on "as accurate as the best single policy", from the score interval of the difference in accuracy.

    `yes` where it lies above minus the margin. Else `no`, if it lies below, or if the sample would have shown
    equality; else the sample is too small to say.
    """
    if low > -margin:
        return YES
    return NO if high < -margin or resolvable <= margin else UNDERPOWERED


def in_words(verdict: object) -> str:
    """What readers are told of a verdict; of none, that there is nothing to compare."""
    return _IN_WORDS.get(verdict, SAME_POLICY) if isinstance(verdict, str) else SAME_POLICY


def points(margin: float) -> str:
    """`1 point`, `5 points`."""
    return f"{100 * margin:g} point" + ("" if round(100 * margin, 6) == 1 else "s")
