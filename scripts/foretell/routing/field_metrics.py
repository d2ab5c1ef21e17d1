"""Metrics by which the field compares routers, of every router on test, with intervals.

Over the cost-accuracy curve of a router: AIQ, the average improvement in quality (Hu et al., 2024, RouterBench), APGR
and CPT (Ong et al., 2024, RouteLLM). At the operating point that was chosen to match: PGR (the same), the share of the
gap to the oracle, accuracy where policies disagree, of the problems that router or strong policy alone gets right, the
router's share, and how much more it would seem to save had test chosen the point. The curves are of test, so their best
points are chosen there: AIQ, APGR and CPT flatter routers, those with many settings most, and so do their intervals.

RouteLLM has two models and counts calls of the strong one. Here the weak policy is the cheapest of a pool and the
strong one the best where operating points are chosen; in place of calls stands the share of the way from the weak
policy's cost to the strong one's. Costs are without probing.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from foretell.common.errors import UserError
from foretell.common.statistics import percentile_interval, sample_and_resamples
from foretell.routing.choice import best_single
from foretell.routing.comparison import Comparison, compare_folds
from foretell.routing.decisions import ORACLE
from foretell.routing.hull import upper_hull
from foretell.routing.points import HULL, SINGLE, Points
from foretell.routing.pool import TEST, Source
from foretell.routing.routed import RoutedPool, groups_on, points_on
from foretell.routing.routers import ROUTERS
from foretell.routing.settings import MATCH, RoutingEvaluationSettings

AIQ, APGR, CPT_50, CPT_80, PGR = "aiq", "apgr", "cpt_50", "cpt_80", "pgr"
ORACLE_GAP, DISAGREEING, WINS = "oracle_gap", "accuracy_where_policies_disagree", "win_rate"
OPTIMISM = "optimism"
THRESHOLDS = {CPT_50: 0.5, CPT_80: 0.8}


def measure(folds: Sequence[RoutedPool], settings: RoutingEvaluationSettings) -> pd.DataFrame:
    """The metrics of every router by every family, at the first chooser's points, and of mixtures along their curve.

    Args:
        folds: as `foretell.routing.summary.summarise_routing` takes them.
        settings: as there.

    Returns:
        strategy (`hull` for the mixtures of single policies at any number of samples, which need no router), family
        (null for those), metric, value, low, high (95 %, over resampled groups of test, the same for all; of resamples
        in which it is defined; of the optimism, each resample chooses for itself), n (problems that the metric is
        over), weak, strong (policies). Null where a metric is
        undefined: APGR, CPT and PGR where the strong policy is no better or no dearer than the weak one on test, CPT
        where no point reaches its share, the oracle's gap where no policy is right where the strong one is wrong,
        accuracy where policies disagree where they never do, the win rate where router and strong policy are right on
        the same problems.

    Raises:
        UserError: the folds differ in the policy that is best or cheapest.
    """
    points = points_on(folds, TEST)
    weak, strong = _ends(folds, points, settings)
    groups = groups_on(folds, TEST)
    weights = sample_and_resamples(groups, settings.resamples, settings.seed)
    comparison = compare_folds(folds, settings.model_copy(update={"criteria": {MATCH: None}}))
    labels, first = comparison.labels, settings.choosers[0]
    rows = []
    for row in np.flatnonzero(labels.strategy.isin(list(ROUTERS)) & (labels.chosen_on == first.chosen_on)):
        label = labels.iloc[row]
        if label.calibrated_on != first.calibrated_on:
            continue
        swept = points.of(label.strategy, Source(label.family, label.calibrated_on))
        found = _of_curve(points, swept, weak, strong, weights)
        found |= _of_point(comparison, int(row), points, weak, strong, weights)
        found[OPTIMISM] = _optimism(points, swept, strong, comparison.cost[row], weights), weights.shape[1]
        rows += [_row(label.strategy, label.family, metric, *measured) for metric, measured in found.items()]
    mixed = _of_curve(points, points.of(SINGLE), weak, strong, weights)
    rows += [_row(HULL, None, metric, *measured) for metric, measured in mixed.items()]
    named = {"weak": points.labels.policy[weak], "strong": points.labels.policy[strong]}
    return pd.DataFrame(rows).assign(**named)


def _row(strategy: str, family: str | None, metric: str, values: np.ndarray, n: int) -> dict[str, object]:
    low, high = percentile_interval(values[1:])
    value = {"metric": metric, "value": values[0], "low": low, "high": high, "n": n}
    return {"strategy": strategy, "family": family, **value}


def _ends(folds: Sequence[RoutedPool], points: Points, settings: RoutingEvaluationSettings) -> tuple[int, int]:
    """Indices of the cheapest policy and of the best, at all of their samples."""
    ends = set()
    for fold in folds:
        choosing = fold.points.on(fold.pool.split == settings.choosers[0].chosen_on)
        ends.add((fold.pool.whole_policies[0], choosing.labels.policy[best_single(choosing)]))
    if len(ends) > 1:
        raise UserError(
            "the folds of the pool differ in the policy that is cheapest or best, which these metrics need; leave T12 "
            "and T13 out of 'figures'"
        )
    whole = points.labels[(points.labels.strategy == SINGLE) & points.labels.all_samples]
    weak, strong = (int(whole.index[whole.policy == policy][0]) for policy in ends.pop())
    return weak, strong


def _of_curve(
    points: Points, swept: np.ndarray, weak: int, strong: int, weights: np.ndarray
) -> dict[str, tuple[np.ndarray, int]]:
    """AIQ, APGR and CPT under every row of the weights, [1 + resamples, problems]."""
    singles = np.flatnonzero((points.labels.strategy == SINGLE) & points.labels.all_samples)
    kept = np.unique([*swept, *singles])
    total = weights.sum(axis=1, keepdims=True)
    cost, accuracy = (weights @ values[kept].T / total for values in (points.cost, points.accuracy))
    places = {int(point): place for place, point in enumerate(kept)}
    of_singles = [places[int(single)] for single in singles]
    curve = [places[int(point)] for point in (*swept, weak)]  # everything may go to the cheapest policy
    found: dict[str, list[float]] = {name: [] for name in (AIQ, APGR, *THRESHOLDS)}
    for costs, accuracies in zip(cost, accuracy, strict=True):
        each = along_curve(
            costs[curve],
            accuracies[curve],
            (costs[of_singles].min(), costs[of_singles].max()),
            (costs[places[weak]], accuracies[places[weak]]),
            (costs[places[strong]], accuracies[places[strong]]),
        )
        for name, value in each.items():
            found[name].append(value)
    return {name: (np.array(values), weights.shape[1]) for name, values in found.items()}


def along_curve(
    cost: np.ndarray,
    accuracy: np.ndarray,
    span: tuple[float, float],
    weak: tuple[float, float],
    strong: tuple[float, float],
) -> dict[str, float]:
    """AIQ, APGR and CPT of a curve.

    Args:
        cost, accuracy: [points] of the curve; what counts is its non-decreasing upper convex hull, which goes on level
            behind its last vertex and, before its first, with that one's accuracy.
        span: the cheapest and the dearest policy's cost, over which AIQ is the mean height of the hull.
        weak, strong: cost and accuracy of the policies that PGR is 0 and 1 of.
    """
    hull = upper_hull(cost, accuracy)
    ends, heights = cost[hull], accuracy[hull]
    found = {AIQ: _mean_height(ends, heights, *span), APGR: np.nan, **dict.fromkeys(THRESHOLDS, np.nan)}
    gap = strong[1] - weak[1]
    if gap <= 0 or strong[0] <= weak[0]:
        return found
    found[APGR] = (_mean_height(ends, heights, weak[0], strong[0]) - weak[1]) / gap
    for name, share in THRESHOLDS.items():
        wanted = weak[1] + share * gap
        if heights[-1] >= wanted:
            reached = ends[0] if heights[0] >= wanted else np.interp(wanted, heights, ends)
            found[name] = max(0.0, (reached - weak[0]) / (strong[0] - weak[0]))
    return found


def _mean_height(ends: np.ndarray, heights: np.ndarray, low: float, high: float) -> float:
    """Mean of a broken line, level beyond its ends, between two places."""
    if high <= low:
        return float(np.interp(low, ends, heights))
    inside = ends[(ends > low) & (ends < high)]
    places = np.array([low, *inside, high])
    return float(np.trapezoid(np.interp(places, ends, heights), places) / (high - low))


def _of_point(
    comparison: Comparison, row: int, points: Points, weak: int, strong: int, weights: np.ndarray
) -> dict[str, tuple[np.ndarray, int]]:
    """PGR, the share of the oracle's gap, accuracy where policies disagree and the win rate, at the chosen point."""
    routed = comparison.accuracy[row]
    oracle = points.accuracy[points.of(ORACLE)[0]]
    best, cheapest = points.accuracy[strong], points.accuracy[weak]
    whole = points.accuracy[(points.labels.strategy == SINGLE) & points.labels.all_samples]
    disagree = whole.min(axis=0) != whole.max(axis=0)
    wins, losses = np.maximum(routed - best, 0), np.maximum(best - routed, 0)
    n = weights.shape[1]
    return {
        PGR: (_ratio(weights, routed - cheapest, best - cheapest), n),
        ORACLE_GAP: (_ratio(weights, routed - best, oracle - best), n),
        DISAGREEING: (_ratio(weights, routed * disagree, disagree), int(disagree.sum())),
        WINS: (_ratio(weights, wins, wins + losses), int((wins + losses > 0).sum())),
    }


def _optimism(points: Points, swept: np.ndarray, strong: int, reported: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """What choosing on test adds to the saving: [1 + resamples], each of which chooses for itself.

    It chooses the cheapest point that is at least as accurate as the strong policy, else that policy. Both savings are
    shares of the strong policy's cost.

    Args:
        points, swept, strong: the points on test, and indices of the router's and of the strong policy's.
        reported: [problems], costs at the point that was chosen elsewhere.
        weights: [1 + resamples, problems].
    """
    total = weights.sum(axis=1)
    accuracy, cost = (weights @ values[swept].T / total[:, None] for values in (points.accuracy, points.cost))
    as_good = accuracy >= (weights @ points.accuracy[strong] / total)[:, None] - 1e-12
    strong_cost = weights @ points.cost[strong] / total
    cheapest = np.where(as_good, cost, np.inf).min(axis=1)
    chosen = np.where(as_good.any(axis=1), cheapest, strong_cost)
    return (weights @ reported / total - chosen) / strong_cost


def _ratio(weights: np.ndarray, above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """[1 + resamples] ratios of weighted sums; NaN where the lower one is not positive."""
    numerator, denominator = weights @ above, weights @ below
    return np.divide(numerator, denominator, out=np.full(len(weights), np.nan), where=denominator > 1e-12)
