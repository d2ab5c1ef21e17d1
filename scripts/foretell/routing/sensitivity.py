"""How far savings depend on costs that were assumed and not measured."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from foretell.routing.choice import Chooser
from foretell.routing.comparison import ROW, compare_parts
from foretell.routing.costs import ASSUMED
from foretell.routing.decisions import decide
from foretell.routing.intervals import mean_over_problems
from foretell.routing.pool import align_probabilities, assemble_pool
from foretell.routing.routed import Routed

SAVINGS = ["saving", "saving_with_probing"]


@dataclass(frozen=True)
class Undecided:
    """What the decisions on one pool follow from.

    Attributes:
        costs: the table of `foretell.routing.costs.price_outcomes`.
        fewer_samples: the table of `foretell.routing.fewer_samples.price_fewer_samples`.
        probabilities: the table of `foretell.routing.pool.tabulate_probabilities`.
    """

    costs: pd.DataFrame
    fewer_samples: pd.DataFrame
    probabilities: pd.DataFrame

    def scaled(self, policy: str, factor: float) -> "Undecided":
        """The same with one policy's costs multiplied."""
        costs, fewer = self.costs, self.fewer_samples
        return Undecided(
            costs.assign(cost=costs.cost.where(costs.policy != policy, costs.cost * factor)),
            fewer.assign(expected_cost=fewer.expected_cost.where(fewer.policy != policy, fewer.expected_cost * factor)),
            self.probabilities,
        )

    def decided(self, operating_points: dict[str, np.ndarray]) -> Routed:
        """The pool with every router's decisions at `lambdas` and `thresholds`."""
        pool = assemble_pool(self.costs)
        decisions = decide(pool, align_probabilities(self.probabilities, pool), **operating_points)
        return Routed(pool, self.fewer_samples, decisions)


def replace_saving_intervals(
    summary: pd.DataFrame,
    parts: Sequence[Undecided],
    operating_points: dict[str, np.ndarray],
    choosers: Sequence[Chooser],
    criteria: dict[str, float | None],
    sensitivity: float,
) -> pd.DataFrame:
    """Replace the bootstrap intervals of savings by their range over wrong assumptions.

    Each assumed cost is multiplied by 1 - sensitivity and by 1 + sensitivity, one policy at a time; tier costs,
    decisions and choices are made anew under it.

    Args:
        summary: the table of `foretell.routing.summary.summarise_routing`.
        parts: what its pools were decided from, in the same order.
        operating_points: `lambdas` and `thresholds` of the routers.
        choosers, criteria: those of the summary.
        sensitivity: in (0, 1).
    """
    savings = []
    for varied in _varied(parts, sensitivity):
        comparison = compare_parts([part.decided(operating_points) for part in varied], choosers, criteria)
        quantities = comparison.quantities(mean_over_problems)
        savings.append(comparison.labels[ROW].assign(**{name: quantities[name] for name in SAVINGS}))
    by_row = pd.concat([summary[ROW + SAVINGS], *savings]).groupby(ROW, dropna=False, sort=False)[SAVINGS]
    low, high = by_row.min().add_suffix("_low"), by_row.max().add_suffix("_high")
    ranges = low.join(high).reset_index()
    replaced = summary.drop(columns=[name for name in ranges if name not in ROW]).merge(ranges, on=ROW, how="left")
    return replaced[summary.columns].assign(saving_interval=f"sensitivity ±{sensitivity * 100:g} %")


def _varied(parts: Sequence[Undecided], sensitivity: float) -> Iterator[list[Undecided]]:
    costs = parts[0].costs
    for policy in costs.policy[costs.cost_basis.str.contains(ASSUMED)].unique():
        for factor in (1 - sensitivity, 1 + sensitivity):
            yield [part.scaled(policy, factor) for part in parts]
