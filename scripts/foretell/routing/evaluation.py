"""Curves, shares and the summary of a pool from its tables on disk."""

from collections.abc import Iterator, Sequence

import pandas as pd

from foretell.routing.costs import ASSUMED
from foretell.routing.curves import count_shares, trace_curves
from foretell.routing.decisions import align_decisions
from foretell.routing.folds import decisions_of_fold, split_by_fold
from foretell.routing.pool import assemble_pool
from foretell.routing.routed import RoutedPool
from foretell.routing.sensitivity import replace_saving_intervals
from foretell.routing.settings import RoutingEvaluationSettings
from foretell.routing.summary import summarise_routing
from foretell.routing.tables import PoolTables


def evaluate_routing(
    pools: Sequence[tuple[PoolTables, pd.DataFrame]], settings: RoutingEvaluationSettings
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Evaluate the routers of one pool, or of several that are the folds of one.

    A cross-fitted pool is its folds. Each fold chooses on its own, and their test problems are reported together.

    Args:
        pools: tables, and the table of `foretell.routing.decisions.tabulate_decisions`.
        settings: how.

    Returns:
        Curves, shares and the summary: see `trace_curves`, `count_shares` and `summarise_routing`.

    Raises:
        UserError: the tables do not belong together, or a split that is needed is empty.
    """
    folds = routed_folds(pools)
    tables, routed = [each for each, _ in folds], [each for _, each in folds]
    summary = summarise_routing(routed, settings)
    if settings.cost_sensitivity and any(ASSUMED in basis for basis in routed[0].pool.cost_basis):
        summary = replace_saving_intervals(summary, tables, settings, settings.cost_sensitivity)
    return trace_curves(routed, settings.resamples, settings.seed), count_shares(routed), summary


def routed_folds(pools: Sequence[tuple[PoolTables, pd.DataFrame]]) -> list[tuple[PoolTables, RoutedPool]]:
    """What each fold of the pools decides from, and the fold with its decisions; see `evaluate_routing`."""
    return [fold for tables, decisions in pools for fold in _of_pool(tables, decisions)]


def _of_pool(tables: PoolTables, decisions: pd.DataFrame) -> Iterator[tuple[PoolTables, RoutedPool]]:
    """The pool, or the folds of a cross-fitted one: what its decisions follow from, and the pool with them."""
    for fold, (costs, probabilities) in split_by_fold(tables.costs, tables.probabilities).items():
        pool = assemble_pool(costs)
        aligned = align_decisions(decisions_of_fold(decisions, fold), pool)
        yield (
            PoolTables(costs, tables.fewer_samples, probabilities),
            RoutedPool(pool, tables.fewer_samples, aligned),
        )
