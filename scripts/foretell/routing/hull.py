"""The upper convex hull of single policies: what a random mixture of two of them reaches without any router."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Mixture:
    """A random mixture of two strategies: `dear` with probability `weight`, else `cheap` (indices)."""

    cheap: int
    dear: int
    weight: float


def upper_hull(cost: np.ndarray, accuracy: np.ndarray) -> np.ndarray:
    """Find the points that no mixture of others beats: more accurate at their cost, or as accurate for less.

    Args:
        cost: [points].
        accuracy: [points].

    Returns:
        Indices of the hull's vertices, from the cheapest to the most accurate; both strictly increase along it and its
        slope strictly falls.
    """
    hull: list[int] = []
    for point in np.lexsort((-accuracy, cost)):
        if hull and accuracy[point] <= accuracy[hull[-1]]:
            continue
        while len(hull) > 1 and _slope(cost, accuracy, hull[-1], point) >= _slope(cost, accuracy, hull[-2], hull[-1]):
            hull.pop()
        hull.append(int(point))
    return np.array(hull)


def _slope(cost: np.ndarray, accuracy: np.ndarray, left: int, right: int) -> float:
    return (accuracy[right] - accuracy[left]) / (cost[right] - cost[left])


def mix_to_cost(hull: np.ndarray, cost: np.ndarray, target: float) -> Mixture | None:
    """Mix two neighbours of the hull to cost `target`; beyond its ends, take the cheapest or the most accurate vertex.

    Args:
        hull: indices of the vertices, as from `upper_hull`.
        cost: [points], the costs that the indices refer to.
        target: the cost to reach; NaN where it is unknown, and so is the mixture (None).
    """
    if np.isnan(target):
        return None
    position = float(np.interp(target, cost[hull], np.arange(len(hull))))
    left = int(position)
    return Mixture(int(hull[left]), int(hull[min(left + 1, len(hull) - 1)]), position - left)


def blend(mixtures: list[Mixture | None], values: np.ndarray) -> np.ndarray:
    """Expected values of mixtures, [mixtures, ...], from those of the points, [points, ...]; NaN for unknown ones."""
    blended = np.full((len(mixtures), *values.shape[1:]), np.nan)
    for row, mixture in enumerate(mixtures):
        if mixture is not None:
            blended[row] = (1 - mixture.weight) * values[mixture.cheap] + mixture.weight * values[mixture.dear]
    return blended
