"""Accuracy and cost of every strategy at every operating point, and where a router sends the problems."""

import numpy as np
import pandas as pd

from foretell.routing.decisions import Decisions
from foretell.routing.hull import upper_hull
from foretell.routing.intervals import mean_over_problems, resampled_means, with_interval
from foretell.routing.points import HULL, SINGLE, Points, all_points
from foretell.routing.pool import TEST, TRAIN, VALIDATION, Pool
from foretell.statistics import bootstrap_weights

SPLITS = (TRAIN, VALIDATION, TEST)


def trace_curves(
    pool: Pool, fewer_samples: pd.DataFrame, decisions: list[Decisions], resamples: int, seed: int
) -> pd.DataFrame:
    """Estimate every point on every split; nothing is chosen and nothing smoothed.

    Args:
        pool: the pool.
        fewer_samples: the table of `foretell.routing.fewer_samples.price_fewer_samples`.
        decisions: every router's decisions.
        resamples: how often the groups are resampled.
        seed: of the resampling.

    Returns:
        split, strategy, policy, samples, operating_point, accuracy (with _low and _high), cost (likewise; mean USD per
        problem), probing_cost (mean USD that probing adds), n, resamples. Strategy `hull` repeats the single policies
        that are vertices of the upper convex hull on that split.
    """
    points = all_points(pool, fewer_samples, decisions)
    tables = []
    for split in SPLITS:
        problems = pool.split == split
        if problems.any():
            weights = bootstrap_weights(pool.group[problems], resamples, seed)
            table = _estimate(points.on(problems), weights).assign(n=int(problems.sum()), resamples=resamples)
            table.insert(0, "split", split)
            tables.append(table)
    return pd.concat(tables, ignore_index=True)


def _estimate(points: Points, weights: np.ndarray) -> pd.DataFrame:
    labels = points.labels[["strategy", "policy", "samples", "operating_point"]]
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


def count_shares(pool: Pool, decisions: list[Decisions]) -> pd.DataFrame:
    """Share of the problems that every policy gets: split, router, operating_point, policy, share."""
    tables = []
    for split in SPLITS:
        problems = pool.split == split
        if not problems.any():
            continue
        for each in decisions:
            shares = [(each.chosen[:, problems] == column).mean(axis=1) for column in range(len(pool.policies))]
            table = pd.DataFrame(np.column_stack(shares), columns=pool.policies)
            table = table.assign(split=split, router=each.router, operating_point=each.operating_points)
            tables.append(table.melt(["split", "router", "operating_point"], var_name="policy", value_name="share"))
    return pd.concat(tables, ignore_index=True)
