"""How far savings depend on costs that were assumed and not measured."""

from collections.abc import Iterator, Sequence

import pandas as pd

from foretell.routing.comparison import ROW, compare_folds
from foretell.routing.costs import ASSUMED
from foretell.routing.intervals import mean_over_problems
from foretell.routing.settings import RoutingEvaluationSettings
from foretell.routing.tables import PoolTables

SAVINGS = ["saving", "saving_with_probing"]


def replace_saving_intervals(
    summary: pd.DataFrame,
    folds: Sequence[PoolTables],
    settings: RoutingEvaluationSettings,
    sensitivity: float,
) -> pd.DataFrame:
    """Replace the bootstrap intervals of savings by their range over wrong assumptions.

    Each assumed cost is multiplied by 1 - sensitivity and by 1 + sensitivity, one policy at a time; tier costs,
    decisions and choices are made anew under it.

    Args:
        summary: the table of `foretell.routing.summary.summarise_routing`.
        folds: what its pools were decided from, in the same order.
        settings: those of the summary.
        sensitivity: in (0, 1).
    """
    savings = []
    for varied in _varied(folds, sensitivity):
        comparison = compare_folds([fold.routed(settings.sweep) for fold in varied], settings)
        quantities = comparison.quantities(mean_over_problems)
        savings.append(comparison.labels[ROW].assign(**{name: quantities[name] for name in SAVINGS}))
    by_row = pd.concat([summary[ROW + SAVINGS], *savings]).groupby(ROW, dropna=False, sort=False)[SAVINGS]
    low, high = by_row.min().add_suffix("_low"), by_row.max().add_suffix("_high")
    ranges = low.join(high).reset_index()
    replaced = summary.drop(columns=[name for name in ranges if name not in ROW]).merge(ranges, on=ROW, how="left")
    return replaced[summary.columns].assign(saving_interval=f"sensitivity ±{sensitivity * 100:g} %")


def _varied(folds: Sequence[PoolTables], sensitivity: float) -> Iterator[list[PoolTables]]:
    costs = folds[0].costs
    for policy in costs.of_policy[costs.cost_basis.str.contains(ASSUMED)].unique():
        for factor in (1 - sensitivity, 1 + sensitivity):
            yield [fold.scaled(policy, factor) for fold in folds]
