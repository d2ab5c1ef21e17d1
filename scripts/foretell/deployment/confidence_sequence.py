"""A confidence sequence for the mean of bounded numbers: it holds at all times together, whenever one looks or ends."""

from collections.abc import Sequence

import numpy as np

GRID = 1001  # candidates of the mean; bounds are rounded outwards to them
_TRUNCATION = 0.5  # of bets, in units of the largest that cannot ruin
_CELLS = 2_000_000  # numbers that are held at once


def log_capitals(x: np.ndarray, means: np.ndarray, error: float) -> tuple[np.ndarray, np.ndarray]:
    """Logarithms of what bets against candidates of the mean have won after each number.

    Bets are the predictable plug-in ones of Waudby-Smith and Ramdas (2024, section 4.2). Where the mean, given all
    before, is the candidate, capitals are non-negative martingales that begin at 1: one is ever as large as 1 / a with
    a probability of at most a (Ville, 1939). The first falls as the candidate rises, the second rises.

    Args:
        x: [..., n] in [0, 1], in the order in which they came.
        means: [...] or [candidates, 1], broadcast against the rows of x; in (0, 1).
        error: for which the bets are sized.

    Returns:
        Bets that numbers are above the candidate, and below it, [..., n].
    """
    times = np.arange(1, x.shape[-1] + 1)
    mean = (0.5 + np.cumsum(x, axis=-1)) / (times + 1)
    variance = (0.25 + np.cumsum((x - mean) ** 2, axis=-1)) / (times + 1)
    before = np.concatenate([np.full((*x.shape[:-1], 1), 0.25), variance[..., :-1]], axis=-1)
    bets = np.sqrt(2 * np.log(1 / error) / (before * times * np.log1p(times)))
    above = np.log1p(np.minimum(bets, _TRUNCATION / means) * (x - means))
    below = np.log1p(-np.minimum(bets, _TRUNCATION / (1 - means)) * (x - means))
    return np.cumsum(above, axis=-1), np.cumsum(below, axis=-1)


def confidence_sequence(
    values: np.ndarray, bounds: tuple[float, float], error: float, of_interest: Sequence[float] = ()
) -> tuple[np.ndarray, np.ndarray]:
    """Bounds of the mean after each number.

    Args:
        values: [n] within bounds, in the order in which they came; their means, given all before, are the same.
        bounds: the least and the largest value that there can be, known beforehand.
        error: probability with which the mean is ever outside, at most.
        of_interest: candidates that are tested exactly, not rounded to the grid.

    Returns:
        [n] lower and [n] upper bounds, which only ever come closer.

    Raises:
        ValueError: a value lies outside the bounds.
    """
    least, span = bounds[0], bounds[1] - bounds[0]
    if not len(values):
        return np.empty(0), np.empty(0)
    x = (values - least) / span
    if x.min() < 0 or x.max() > 1:
        raise ValueError(f"values from {values.min()} to {values.max()} are not within {bounds}")
    asked = (np.asarray(of_interest, dtype=float) - least) / span
    means = np.union1d(np.linspace(0, 1, GRID)[1:-1], asked[(asked > 0) & (asked < 1)])
    n, threshold = len(x), np.log(2 / error)
    low, high = np.zeros(n + 1), np.ones(n + 1)  # one place more, for candidates that are never refuted
    for part in np.array_split(means, -(-len(means) * n // _CELLS)):
        for capital, bound, ends in zip(
            log_capitals(x, part[:, None], error / 2), (low, high), (np.maximum, np.minimum), strict=True
        ):
            refuted = capital >= threshold
            ends.at(bound, np.where(refuted.any(axis=1), refuted.argmax(axis=1), n), part)
    low, high = np.maximum.accumulate(low[:n]), np.minimum.accumulate(high[:n])
    return least + span * low, least + span * high
