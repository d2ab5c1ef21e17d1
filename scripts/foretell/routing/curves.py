"""Accuracy and cost of every strategy at every operating point, and where a router sends the problems."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from foretell.common.statistics import bootstrap_weights
from foretell.routing.decisions import LABELS
from foretell.routing.hull import upper_hull
from foretell.routing.intervals import mean_over_problems, resampled_means, with_interval
from foretell.routing.points import HULL, SINGLE, Points
from foretell.routing.pool import TEST, TRAIN, VALIDATION
from foretell.routing.routed import RoutedPool, groups_on, points_on


def trace_curves(folds: Sequence[RoutedPool], resamples: int, seed: int) -> pd.DataFrame:
    """Estimate every point on every split; nothing is chosen and nothing smoothed.

    Args:
        folds: one pool, or several whose test problems are reported together; of several, only test is traced, since
            one fold's validation is another's test.
        resamples: how often the groups are resampled.
        seed: of the resampling.

    Returns:
        split, strategy, family, policy, samples, calibrated_on, operating_point, accuracy (with _low and _high), cost
        (likewise; mean USD per problem), probing_cost (mean USD that probing adds), n, resamples. Strategy `hull`
        repeats the single policies that are vertices of the upper convex hull on that split.
    """
    tables = []
    for split in _splits(folds):
        groups = groups_on(folds, split)
        if len(groups):
            weights = bootstrap_weights(groups, resamples, seed)
            table = _estimate(points_on(folds, split), weights).assign(n=len(groups), resamples=resamples)
            table.insert(0, "split", split)
            tables.append(table)
    return pd.concat(tables, ignore_index=True)


def _splits(folds: Sequence[RoutedPool]) -> Sequence[str]:
    return (TRAIN, VALIDATION, TEST) if len(folds) == 1 else (TEST,)


def _estimate(points: Points, weights: np.ndarray) -> pd.DataFrame:
    labels = points.labels[["strategy", "family", "policy", "samples", "calibrated_on", "operating_point"]]
    accuracy, cost = mean_over_problems(points.accuracy), mean_over_problems(points.cost)
    table = pd.concat(
        [
            labels,
            with_interval("accuracy", accuracy, resampled_means(points.accuracy, weights)),
            with_interval("cost", cost, resampled_means(points.cost, weights)),
        ],
        axis=1,
    ).assign(probing_cost=mean_over_problems(points.probing))
    singles = points.of(SINGLE)
    vertices = singles[upper_hull(cost[singles], accuracy[singles])]
    return pd.concat([table, table.iloc[vertices].assign(strategy=HULL)], ignore_index=True)


def count_shares(folds: Sequence[RoutedPool]) -> pd.DataFrame:
    """Share of the problems of all folds that every policy gets, at each number of samples that routers may choose.

    Returns:
        split, family, router, calibrated_on, operating_point, policy (from cheap to dear), samples (ascending; null
        where unknown), share.
    """
    pool = folds[0].pool
    policies = [pool.policies[column] for column in pool.reading_order]
    tables = []
    for split in _splits(folds):
        masks = [fold.pool.split == split for fold in folds]
        if not any(mask.any() for mask in masks):
            continue
        for router, first in enumerate(folds[0].decisions):
            by_fold = [
                fold.chosen_among(policies, fold.decisions[router])[:, mask]
                for fold, mask in zip(folds, masks, strict=True)
            ]
            chosen = np.hstack(by_fold)
            shares = [(chosen == place).mean(axis=1) for place in range(len(policies))]
            table = pd.DataFrame(np.column_stack(shares), columns=policies).assign(
                split=split,
                **{name: getattr(first, name) for name in LABELS},
                operating_point=first.operating_points,
            )
            labels = ["split", *LABELS, "operating_point"]
            tables.append(table.melt(labels, var_name="policy", value_name="share"))
    table = pd.concat(tables, ignore_index=True).astype({"family": "str", "calibrated_on": "str"})
    of_policies = dict(zip(pool.policies, pool.of_policies, strict=True))
    samples = dict(zip(pool.policies, pool.samples, strict=True))
    table.insert(len(labels) + 1, "samples", pd.array([samples[each] for each in table.policy], dtype="Int64"))
    return table.assign(policy=table.policy.map(of_policies))
