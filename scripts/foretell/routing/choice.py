"""Which operating point is used: chosen on one split, to be reported on another."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from foretell.routing.decisions import CASCADE, ORACLE, ORACLE_UTILITY, UTILITY
from foretell.routing.points import RANDOM, SINGLE, Points

MATCH, BUDGET, ACCURACY = "match", "budget", "accuracy"
CHOSEN = {
    MATCH: "cheapest that matches",
    BUDGET: "most accurate within the budget",
    ACCURACY: "cheapest that is as accurate as asked for",
}
FALLS_BACK = {
    MATCH: "no setting matches: best single policy",
    BUDGET: "no setting is within the budget: cheapest policy",
    ACCURACY: "no setting is as accurate as asked for: best single policy",
}


@dataclass(frozen=True)
class Chooser:
    """Two splits: on one Platt scaling was fitted, on the other (or the same) operating points are chosen."""

    calibrated_on: str
    chosen_on: str


def best_single(points: Points) -> int:
    """Index of the single policy, at all of its samples, that is most accurate here; the cheaper one of equals."""
    return _most_accurate(points, np.flatnonzero(points.labels.all_samples))


def choose_point(points: Points, candidates: np.ndarray, criterion: str, value: float | None) -> tuple[int, str]:
    """Choose one of several points; where none fulfils the criterion, a single policy at all of its samples.

    Args:
        points: all points on the choosing split.
        candidates: indices of the points to choose from.
        criterion: MATCH, the cheapest point at least as accurate as the best single policy; BUDGET, the most accurate
            one whose mean cost is at most `value` (USD per problem); ACCURACY, the cheapest one at least `value`
            accurate.
        value: null for MATCH.

    Returns:
        Index of the point, and the rule that applied. Of equally cheap points the more accurate, of equally accurate
        ones the cheaper, then the first.
    """
    accuracy, cost = points.accuracy.mean(axis=1), points.cost.mean(axis=1)
    best = best_single(points)
    if criterion == BUDGET:
        affordable = candidates[cost[candidates] <= value]
        if len(affordable):
            return _most_accurate(points, affordable), CHOSEN[criterion]
        return _cheapest(points, np.flatnonzero(points.labels.all_samples)), FALLS_BACK[criterion]
    enough = candidates[accuracy[candidates] >= (accuracy[best] if criterion == MATCH else value)]
    if len(enough):
        return _cheapest(points, enough), CHOSEN[criterion]
    return best, FALLS_BACK[criterion]


def _cheapest(points: Points, candidates: np.ndarray) -> int:
    accuracy, cost = points.accuracy[candidates].mean(axis=1), points.cost[candidates].mean(axis=1)
    return int(candidates[np.lexsort((-accuracy, cost))[0]])


def _most_accurate(points: Points, candidates: np.ndarray) -> int:
    accuracy, cost = points.accuracy[candidates].mean(axis=1), points.cost[candidates].mean(axis=1)
    return int(candidates[np.lexsort((cost, -accuracy))[0]])


def select_points(
    points: dict[str, Points], choosers: Sequence[Chooser], criteria: dict[str, float | None]
) -> pd.DataFrame:
    """Select the points to report: one per router, chooser and criterion, and every point that needs no choice.

    Args:
        points: the same points, by split.
        choosers: who chooses.
        criteria: their values, by name; the oracle-utility reference only knows MATCH.

    Returns:
        strategy, point (index; of a single policy where a router falls back to it), criterion, choice, calibrated_on,
        chosen_on (these four null where nothing was chosen).
    """
    rows = []
    for chooser in choosers:
        on_split = points[chooser.chosen_on]
        for strategy in (UTILITY, CASCADE):
            candidates = on_split.of(strategy, chooser.calibrated_on)
            for criterion, value in criteria.items():
                choice = choose_point(on_split, candidates, criterion, value)
                rows.append((strategy, *choice, criterion, chooser.calibrated_on, chooser.chosen_on))
        choice = choose_point(on_split, on_split.of(ORACLE_UTILITY), MATCH, None)
        rows.append((ORACLE_UTILITY, *choice, MATCH, None, chooser.chosen_on))
    first = points[choosers[0].chosen_on]
    for strategy in (SINGLE, RANDOM, ORACLE):
        rows += [(strategy, point, None, None, None, None) for point in first.of(strategy)]
    return pd.DataFrame(rows, columns=["strategy", "point", "choice", "criterion", "calibrated_on", "chosen_on"])
