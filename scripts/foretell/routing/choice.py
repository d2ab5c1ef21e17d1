"""Which operating point is used: chosen on one split, to be reported on another."""

from itertools import product

import numpy as np
import pandas as pd

from foretell.common.errors import UserError
from foretell.routing.breakpoints import DIGITS
from foretell.routing.decisions import ORACLE
from foretell.routing.points import RANDOM, SINGLE, Points
from foretell.routing.pool import Source
from foretell.routing.routers import ROUTERS, oracle_references
from foretell.routing.settings import ACCURACY, BUDGET, MATCH, TOTAL, Criterion, RoutingEvaluationSettings

CHOSEN: dict[Criterion, str] = {
    MATCH: "cheapest that matches",
    BUDGET: "most accurate within the budget",
    ACCURACY: "cheapest that is as accurate as asked for",
    TOTAL: "cheapest with what wrong answers cost",
}
FALLS_BACK: dict[Criterion, str] = {
    MATCH: "no setting matches: best single policy",
    BUDGET: "no setting is within the budget: cheapest policy",
    ACCURACY: "no setting is as accurate as asked for: best single policy",
}


def best_single(points: Points) -> int:
    """Index of the single policy, at all of its samples, that is most accurate here; the cheaper one of equals."""
    return _most_accurate(*_means(points), np.flatnonzero(points.labels.all_samples))


def choose_point(
    points: Points,
    candidates: np.ndarray,
    criterion: Criterion,
    value: float | None,
    budget_with_probing: bool = False,
) -> tuple[int, str]:
    """Choose one of several points; where none fulfils the criterion, the best single policy, or the cheapest one.

    Args:
        points: all points on the choosing split.
        candidates: indices of the points to choose from.
        criterion: MATCH, the cheapest point at least as accurate as the best single policy; BUDGET, the most accurate
            one whose mean cost is at most `value` (USD per problem); ACCURACY, the cheapest one at least `value`
            accurate; TOTAL, the one that costs the least with its probing, where the price of that is
            known, and `value` (USD) for each wrong answer.
        value: null for MATCH.
        budget_with_probing: whether the mean cost that a budget is for has that of probing, where its price is known.

    Returns:
        Index of the point, and the rule that applied. Of equally cheap points the more accurate, of equally accurate
        ones the cheaper, then the first.
    """
    accuracy, cost = _means(points)
    best = best_single(points)
    probing = np.nan_to_num(points.probing.mean(axis=1))  # nothing where its price is unknown
    if criterion == TOTAL:
        total = (cost + probing)[candidates] + value * (1 - accuracy[candidates])
        return int(candidates[np.lexsort((cost[candidates], total))[0]]), CHOSEN[criterion]
    if criterion == BUDGET:
        spent = cost + probing if budget_with_probing else cost
        affordable = candidates[spent[candidates] <= value]
        if len(affordable):
            return _most_accurate(accuracy, cost, affordable), CHOSEN[criterion]
        return _cheapest(accuracy, cost, np.flatnonzero(points.labels.routable)), FALLS_BACK[criterion]
    enough = candidates[accuracy[candidates] >= (accuracy[best] if criterion == MATCH else value)]
    if len(enough):
        return _cheapest(accuracy, cost, enough), CHOSEN[criterion]
    return best, FALLS_BACK[criterion]


def _means(points: Points) -> tuple[np.ndarray, np.ndarray]:
    """[points] accuracy and cost; accuracies of fewer samples that differ by rounding alone are equal."""
    return points.accuracy.mean(axis=1).round(DIGITS), points.cost.mean(axis=1)


def _cheapest(accuracy: np.ndarray, cost: np.ndarray, candidates: np.ndarray) -> int:
    return int(candidates[np.lexsort((-accuracy[candidates], cost[candidates]))[0]])


def _most_accurate(accuracy: np.ndarray, cost: np.ndarray, candidates: np.ndarray) -> int:
    return int(candidates[np.lexsort((cost[candidates], -accuracy[candidates]))[0]])


def select_points(points: dict[str, Points], settings: RoutingEvaluationSettings) -> pd.DataFrame:
    """Select the points to report: one per router, family, chooser and criterion, and all that need no choice.

    Args:
        points: the same points, by split.
        settings: families, choosers and criteria, in the order of the rows; oracle references only know MATCH.

    Returns:
        strategy, family (null where no probabilities are read), point (index; of a single policy where a router falls
        back to it), criterion, choice, calibrated_on, chosen_on (these four null where nothing was chosen).

    Raises:
        UserError: no router reads probabilities that were calibrated where a chooser says.
    """
    choosers, families, criteria = settings.choosers, settings.families, settings.criteria
    first = points[choosers[0].chosen_on]
    present = set(first.labels.strategy)
    routers = [name for name in ROUTERS if name in present]
    references = [name for name in oracle_references() if name in present]
    asked = [criterion for criterion in CHOSEN if criterion in criteria]
    rows: list[tuple[str, str | None, int, Criterion | None, str | None, str | None, str | None]] = []
    for chooser, family in product(choosers, families):
        on_split = points[chooser.chosen_on]
        for strategy in routers:
            candidates = on_split.of(strategy, Source(family, chooser.calibrated_on))
            if not len(candidates):
                raise UserError(
                    f"'choosers': there are no decisions from {family!r} probabilities that were calibrated on "
                    f"{chooser.calibrated_on!r}; name that split under 'probabilities' and route the pool again"
                )
            for criterion in asked:
                asks = criteria[criterion], settings.budget_with_probing
                point, choice = choose_point(on_split, candidates, criterion, *asks)
                rows.append((strategy, family, point, criterion, choice, chooser.calibrated_on, chooser.chosen_on))
    for chooser, strategy in product(choosers, references):
        on_split = points[chooser.chosen_on]
        point, choice = choose_point(on_split, on_split.of(strategy), MATCH, None)
        rows.append((strategy, None, point, MATCH, choice, None, chooser.chosen_on))
    for strategy in (SINGLE, RANDOM, ORACLE):
        rows += [(strategy, None, int(point), None, None, None, None) for point in first.of(strategy)]
    columns = ["strategy", "family", "point", "criterion", "choice", "calibrated_on", "chosen_on"]
    return pd.DataFrame(rows, columns=columns).astype({"family": "str"})


def preferred(selected: pd.DataFrame, points: dict[str, Points], settings: RoutingEvaluationSettings) -> np.ndarray:
    """Whose operating point the choosing split would take, of all routers and families, by the same criterion.

    Args:
        selected: the table of `select_points`.
        points: as there.
        settings: as there.

    Returns:
        bool [rows]: one row per chooser and criterion; none where no router fulfils the criterion.
    """
    found = np.zeros(len(selected), dtype=bool)
    fulfil = selected[selected.family.notna() & (selected.choice == selected.criterion.map(CHOSEN))]
    for (criterion, _, split), rows in fulfil.groupby(["criterion", "calibrated_on", "chosen_on"]):
        asks = settings.criteria[criterion], settings.budget_with_probing
        point, _ = choose_point(points[split], rows.point.to_numpy(), criterion, *asks)
        found[rows.index[rows.point == point]] = True
    return found


def routing_family(summary: pd.DataFrame) -> str:
    """The family of a routing summary that counts where there is one: the first."""
    return str(summary.family.dropna().iloc[0])


def chosen_to_match(summary: pd.DataFrame, router: str, family: str | None = None) -> pd.DataFrame:
    """A router's rows of a routing summary that were chosen to match the best single policy, one per chooser.

    Args:
        summary: the table of `foretell.routing.summary.summarise_routing`.
        router: name.
        family: whose probabilities it reads; the one that counts, without it.

    Raises:
        UserError: there are none.
    """
    read = routing_family(summary) if family is None else family
    rows = summary[(summary.strategy == router) & (summary.criterion == MATCH) & (summary.family == read)]
    if rows.empty:
        known = ", ".join(summary.strategy[summary.criterion == MATCH].unique())
        raise UserError(f"router {router!r} has no point that was chosen to match; set one of {known}")
    return rows
