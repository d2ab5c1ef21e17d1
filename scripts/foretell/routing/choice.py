"""Which operating point is used: chosen on one split, to be reported on another."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from foretell.routing.decisions import CASCADE, ORACLE, ORACLE_UTILITY, UTILITY
from foretell.routing.points import RANDOM, SINGLE, Points

MATCHES = "cheapest that matches"
FALLS_BACK = "no setting matches: best single policy"


def best_single(points: Points) -> int:
    """Index of the single policy, at all of its samples, that is most accurate here; the cheaper one of equals."""
    singles = np.flatnonzero(points.labels.all_samples)
    accuracy, cost = points.accuracy[singles].mean(axis=1), points.cost[singles].mean(axis=1)
    return int(singles[np.lexsort((cost, -accuracy))[0]])


def choose_point(points: Points, strategy: str) -> tuple[int, str]:
    """Choose the cheapest point at least as accurate as the best single policy; without one, that policy itself.

    Args:
        points: all points on the choosing split.
        strategy: the router whose point is chosen.

    Returns:
        Index of the point, and the rule that applied. Of equals the more accurate, then the first.
    """
    candidates, best = points.of(strategy), best_single(points)
    accuracy, cost = points.accuracy[candidates].mean(axis=1), points.cost[candidates].mean(axis=1)
    matches = accuracy >= points.accuracy[best].mean()
    if not matches.any():
        return best, FALLS_BACK
    candidates, accuracy, cost = candidates[matches], accuracy[matches], cost[matches]
    return int(candidates[np.lexsort((-accuracy, cost))[0]]), MATCHES


def select_points(points: dict[str, Points], choose_on: Sequence[str]) -> pd.DataFrame:
    """Select the points to report: one per router and choosing split, and every point that needs no choice.

    Args:
        points: the same points, by split.
        choose_on: splits that choose; the first also gives the references of what needs no choice.

    Returns:
        strategy, point (index; of a single policy where a router falls back to it), chosen_on, choice (both null where
        nothing was chosen), reference (the split that names the best single policy and the mixtures).
    """
    rows = []
    for split in choose_on:
        for strategy in (UTILITY, CASCADE, ORACLE_UTILITY):
            rows.append((strategy, *choose_point(points[split], strategy), split, split))
    first = points[choose_on[0]]
    for strategy in (SINGLE, RANDOM, ORACLE):
        rows += [(strategy, point, None, None, choose_on[0]) for point in first.of(strategy)]
    return pd.DataFrame(rows, columns=["strategy", "point", "choice", "chosen_on", "reference"])
