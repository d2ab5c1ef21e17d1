"""Curves, shares and the summary of a pool from its tables on disk."""

from collections.abc import Iterator, Sequence
from typing import Annotated

import pandas as pd
from pydantic import Field, NonNegativeInt, PositiveInt, field_validator

from foretell.common.arguments import Settings
from foretell.routing.choice import MATCH, Chooser, Criteria
from foretell.routing.costs import ASSUMED
from foretell.routing.curves import count_shares, trace_curves
from foretell.routing.decisions import align_decisions
from foretell.routing.folds import decisions_of_fold, split_by_fold
from foretell.routing.pool import assemble_pool
from foretell.routing.routed import RoutedPool
from foretell.routing.sensitivity import replace_saving_intervals
from foretell.routing.summary import summarise_routing
from foretell.routing.tables import PoolTables


class EvaluationSettings(Settings):
    """How routers are evaluated.

    Attributes:
        resamples: how often the groups of problems are resampled.
        seed: of the resampling.
        choosers: who chooses operating points; the first counts where there is one choice for all.
        criteria: what they are chosen for; see `foretell.routing.choice.choose_point`.
        cost_sensitivity: share by which assumed costs are varied; None for bootstrap intervals in any case.
    """

    resamples: PositiveInt
    seed: NonNegativeInt
    choosers: list[Chooser] = Field(min_length=1)
    criteria: Criteria = Field(min_length=1)
    cost_sensitivity: Annotated[float, Field(gt=0, lt=1)] | None = None

    @field_validator("criteria")
    @classmethod
    def _have_values(cls, criteria: Criteria) -> Criteria:
        for criterion, value in criteria.items():
            if (value is None) != (criterion == MATCH):
                raise ValueError(f"{criterion!r} needs {'null' if criterion == MATCH else 'a number'}")
        return criteria


def evaluate_routing(
    pools: Sequence[tuple[PoolTables, pd.DataFrame]], settings: EvaluationSettings
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
    folds = [fold for tables, decisions in pools for fold in _folds(tables, decisions)]
    tables, routed = [each for each, _ in folds], [each for _, each in folds]
    summary = summarise_routing(routed, settings.choosers, settings.criteria, settings.resamples, settings.seed)
    if settings.cost_sensitivity and any(ASSUMED in basis for basis in routed[0].pool.cost_basis):
        points = routed[0].operating_points
        summary = replace_saving_intervals(
            summary, tables, points, settings.choosers, settings.criteria, settings.cost_sensitivity
        )
    return trace_curves(routed, settings.resamples, settings.seed), count_shares(routed), summary


def _folds(tables: PoolTables, decisions: pd.DataFrame) -> Iterator[tuple[PoolTables, RoutedPool]]:
    """The pool, or the folds of a cross-fitted one: what its decisions follow from, and the pool with them."""
    for fold, (costs, probabilities) in split_by_fold(tables.costs, tables.probabilities).items():
        pool = assemble_pool(costs)
        aligned = align_decisions(decisions_of_fold(decisions, fold), pool)
        yield (
            PoolTables(costs, tables.fewer_samples, probabilities),
            RoutedPool(pool, tables.fewer_samples, aligned),
        )
