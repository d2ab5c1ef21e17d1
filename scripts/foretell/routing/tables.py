"""The tables of a pool that its decisions follow from."""

from dataclasses import dataclass, replace

import pandas as pd

from foretell.routing.decisions import decide
from foretell.routing.pool import align_probabilities, assemble_pool
from foretell.routing.routed import RoutedPool
from foretell.routing.routers import Sweep


@dataclass(frozen=True)
class PoolTables:
    """What routers decide from.

    Attributes:
        costs: the table of `foretell.routing.costs.price_outcomes`.
        fewer_samples: the table of `foretell.routing.fewer_samples.price_fewer_samples`.
        probabilities: the table of `foretell.routing.pool.tabulate_probabilities`.
    """

    costs: pd.DataFrame
    fewer_samples: pd.DataFrame
    probabilities: pd.DataFrame

    def scaled(self, policy: str, factor: float) -> "PoolTables":
        """The same with one policy's costs multiplied."""
        costs, fewer = self.costs, self.fewer_samples
        return replace(
            self,
            costs=costs.assign(cost=costs.cost.where(costs.of_policy != policy, costs.cost * factor)),
            fewer_samples=fewer.assign(
                expected_cost=fewer.expected_cost.where(fewer.policy != policy, fewer.expected_cost * factor)
            ),
        )

    def routed(self, sweep: Sweep) -> RoutedPool:
        """The pool with the decisions of every router."""
        pool = assemble_pool(self.costs)
        decisions = decide(pool, align_probabilities(self.probabilities, pool), sweep)
        return RoutedPool(pool, self.fewer_samples, decisions)
