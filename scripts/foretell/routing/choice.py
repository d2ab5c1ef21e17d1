"""Which operating point is used: chosen on one split, to be reported on another."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from foretell.common.arguments import Settings
from foretell.common.errors import UserError
from foretell.routing.decisions import ORACLE
from foretell.routing.points import RANDOM, SINGLE, Points
from foretell.routing.routers import ROUTERS, oracle_references

Criterion = Literal["match", "budget", "accuracy"]
MATCH: Criterion = "match"
BUDGET: Criterion = "budget"
ACCURACY: Criterion = "accuracy"
Criteria = dict[Criterion, float | None]
CHOSEN: dict[Criterion, str] = {
    MATCH: "cheapest that matches",
    BUDGET: "most accurate within the budget",
    ACCURACY: "cheapest that is as accurate as asked for",
}
FALLS_BACK: dict[Criterion, str] = {
    MATCH: "no setting matches: best single policy",
    BUDGET: "no setting is within the budget: cheapest policy",
    ACCURACY: "no setting is as accurate as asked for: best single policy",
}


class Chooser(Settings):
    """Two splits: on one Platt scaling was fitted, on the other (or the same) operating points are chosen."""

    calibrated_on: str
    chosen_on: str


def best_single(points: Points) -> int:
    """Index of the single policy, at all of its samples, that is most accurate here; the cheaper one of equals."""
    return _most_accurate(points, np.flatnonzero(points.labels.all_samples))


def choose_point(points: Points, candidates: np.ndarray, criterion: Criterion, value: float | None) -> tuple[int, str]:
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


def select_points(points: dict[str, Points], choosers: Sequence[Chooser], criteria: Criteria) -> pd.DataFrame:
    """Select the points to report: one per router, chooser and criterion, and every point that needs no choice.

    Args:
        points: the same points, by split.
        choosers: who chooses.
        criteria: their values, by name, in any order; oracle references only know MATCH.

    Returns:
        strategy, point (index; of a single policy where a router falls back to it), criterion, choice, calibrated_on,
        chosen_on (these four null where nothing was chosen).

    Raises:
        UserError: no router reads probabilities that were calibrated where a chooser says.
    """
    first = points[choosers[0].chosen_on]
    present = set(first.labels.strategy)
    routers = [name for name in ROUTERS if name in present]
    references = [name for name in oracle_references() if name in present]
    asked = [criterion for criterion in CHOSEN if criterion in criteria]
    rows: list[tuple[str, int, Criterion | None, str | None, str | None, str | None]] = []
    for chooser in choosers:
        on_split = points[chooser.chosen_on]
        for strategy in routers:
            candidates = on_split.of(strategy, chooser.calibrated_on)
            if not len(candidates):
                raise UserError(
                    f"'choosers': there are no decisions from probabilities that were calibrated on "
                    f"{chooser.calibrated_on!r}; name that split under 'probabilities' and route the pool again"
                )
            for criterion in asked:
                point, choice = choose_point(on_split, candidates, criterion, criteria[criterion])
                rows.append((strategy, point, criterion, choice, chooser.calibrated_on, chooser.chosen_on))
        for strategy in references:
            point, choice = choose_point(on_split, on_split.of(strategy), MATCH, None)
            rows.append((strategy, point, MATCH, choice, None, chooser.chosen_on))
    for strategy in (SINGLE, RANDOM, ORACLE):
        rows += [(strategy, int(point), None, None, None, None) for point in first.of(strategy)]
    return pd.DataFrame(rows, columns=["strategy", "point", "criterion", "choice", "calibrated_on", "chosen_on"])


def chosen_to_match(summary: pd.DataFrame, router: str) -> pd.DataFrame:
    """A router's rows of a routing summary that were chosen to match the best single policy, one per chooser.

    Raises:
        UserError: there are none.
    """
    rows = summary[(summary.strategy == router) & (summary.criterion == MATCH)]
    if rows.empty:
        known = ", ".join(summary.strategy[summary.criterion == MATCH].unique())
        raise UserError(f"router {router!r} has no point that was chosen to match; set one of {known}")
    return rows
