"""How long strategies let a query wait for its answer, with what is assumed of every policy."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from foretell.common.errors import UserError
from foretell.probes.families import FAMILIES
from foretell.routing.pool import TEST
from foretell.routing.routed import RoutedPool
from foretell.routing.routers import ROUTERS
from foretell.routing.settings import Investment


def timed(folds: Sequence[RoutedPool], investment: Investment) -> list[RoutedPool] | None:
    """The folds with the same decisions, in which a policy's cost is the seconds until its answer is there.

    None where the investment has no latency.

    Raises:
        UserError: it lacks a policy of the pool, or has another.
    """
    latency = investment.latency
    if latency is None:
        return None
    policies = folds[0].pool.whole_policies
    if unlike := sorted(set(policies) ^ set(latency)):
        raise UserError(
            f"key 'latency': it must name the pool's policies, {', '.join(policies)}; only one of both has "
            f"{', '.join(unlike)}"
        )
    return [_timed(fold, latency) for fold in folds]


def _timed(fold: RoutedPool, latency: dict[str, float]) -> RoutedPool:
    seconds = np.array([latency[policy] for policy in fold.pool.of_policies])
    pool = replace(fold.pool, cost=np.broadcast_to(seconds, fold.pool.cost.shape))
    fewer = fold.fewer_samples.assign(expected_cost=fold.fewer_samples.policy.map(latency))
    return RoutedPool(pool, fewer, fold.decisions)


def seconds_on_test(folds: Sequence[RoutedPool], points: np.ndarray, investment: Investment) -> np.ndarray:
    """Seconds until the answer is there, with those in which a model reads the prompt to route, where one does.

    Args:
        folds: as `timed` gives them.
        points: int [rows, folds], which of the fold's points a row is.
        investment: its routing_latency is what a reading takes.

    Returns:
        [rows, test problems of all folds].
    """
    seconds = []
    for fold, of_fold in zip(folds, points.T, strict=True):
        read = routing_seconds(fold.points.labels.iloc[of_fold], investment)
        seconds.append(fold.points.on(fold.pool.split == TEST).cost[of_fold] + read[:, None])
    return np.hstack(seconds)


def routing_seconds(labels: pd.DataFrame, investment: Investment) -> np.ndarray:
    """Seconds, [points], in which a model reads the prompt to route; 0 where none does.

    Args:
        labels: strategy and family of the points; a router that falls back on a policy is that policy's point.
        investment: its routing_latency is what a reading takes.
    """
    reads = {name for name, family in FAMILIES.items() if family.needs_prefill}
    routed = labels.strategy.isin(list(ROUTERS)) & labels.family.isin(reads)
    return np.where(routed, investment.routing_latency or 0.0, 0.0)
