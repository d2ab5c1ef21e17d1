"""How far savings depend on costs that were assumed and not measured."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from foretell.routing.comparison import compare
from foretell.routing.costs import ASSUMED
from foretell.routing.decisions import decide
from foretell.routing.intervals import mean_over_problems
from foretell.routing.pool import align_probabilities, assemble_pool

SAVINGS = ["saving", "saving_with_probing"]
ROW = ["strategy", "policy", "samples", "chosen_on", "at_cost_of"]


def replace_saving_intervals(
    summary: pd.DataFrame,
    costs: pd.DataFrame,
    fewer_samples: pd.DataFrame,
    predictions: dict[str, pd.DataFrame],
    operating_points: dict[str, np.ndarray],
    choose_on: Sequence[str],
    sensitivity: float,
) -> pd.DataFrame:
    """Replace the bootstrap intervals of savings by their range over wrong assumptions.

    Each assumed cost is multiplied by 1 - sensitivity and by 1 + sensitivity, one policy at a time; tier costs,
    decisions and choices are made anew under it.

    Args:
        summary: the table of `foretell.routing.summary.summarise_routing`.
        costs: the table of `foretell.routing.costs.price_outcomes`.
        fewer_samples: the table of `foretell.routing.fewer_samples.price_fewer_samples`.
        predictions: per policy, problem_id and probability.
        operating_points: `lambdas` and `thresholds` of the routers.
        choose_on: splits that choose.
        sensitivity: in (0, 1).
    """
    savings = [
        _savings(scaled_costs, scaled_fewer, predictions, operating_points, choose_on)
        for scaled_costs, scaled_fewer in _scaled(costs, fewer_samples, sensitivity)
    ]
    by_row = pd.concat([summary[ROW + SAVINGS], *savings]).groupby(ROW, dropna=False, sort=False)[SAVINGS]
    low, high = by_row.min().add_suffix("_low"), by_row.max().add_suffix("_high")
    ranges = low.join(high).reset_index()
    replaced = summary.drop(columns=[name for name in ranges if name not in ROW]).merge(ranges, on=ROW, how="left")
    return replaced[summary.columns].assign(saving_interval=f"sensitivity ±{sensitivity * 100:g} %")


def _scaled(
    costs: pd.DataFrame, fewer_samples: pd.DataFrame, sensitivity: float
) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    for policy in costs.policy[costs.cost_basis == ASSUMED].unique():
        for factor in (1 - sensitivity, 1 + sensitivity):
            yield (
                costs.assign(cost=costs.cost.where(costs.policy != policy, costs.cost * factor)),
                fewer_samples.assign(
                    expected_cost=fewer_samples.expected_cost.where(
                        fewer_samples.policy != policy, fewer_samples.expected_cost * factor
                    )
                ),
            )


def _savings(
    costs: pd.DataFrame,
    fewer_samples: pd.DataFrame,
    predictions: dict[str, pd.DataFrame],
    operating_points: dict[str, np.ndarray],
    choose_on: Sequence[str],
) -> pd.DataFrame:
    pool = assemble_pool(costs)
    decisions = decide(pool, align_probabilities(predictions, pool), **operating_points)
    comparison = compare(pool, fewer_samples, decisions, choose_on)
    quantities = comparison.quantities(mean_over_problems)
    return comparison.labels[ROW].assign(**{name: quantities[name] for name in SAVINGS})
