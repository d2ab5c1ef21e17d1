"""A pool with what its routers decided: what is evaluated, alone or together with others."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from foretell.errors import UserError
from foretell.routing.decisions import Decisions
from foretell.routing.points import Points, all_points
from foretell.routing.pool import Pool


@dataclass(frozen=True)
class Routed:
    """A pool and the decisions on all of its problems.

    Attributes:
        pool: the pool.
        fewer_samples: the table of `foretell.routing.fewer_samples.price_fewer_samples`.
        decisions: every router's decisions.
    """

    pool: Pool
    fewer_samples: pd.DataFrame
    decisions: list[Decisions]

    @cached_property
    def points(self) -> Points:
        """Every strategy at every operating point, on all problems of the pool."""
        return all_points(self.pool, self.fewer_samples, self.decisions)


def points_on(parts: Sequence[Routed], split: str) -> Points:
    """Every strategy at every operating point on one split of all parts.

    Raises:
        UserError: the parts do not have the same strategies.
    """
    points = [part.points.on(part.pool.split == split) for part in parts]
    require_same_strategies([each.labels for each in points])
    values = (np.hstack([getattr(each, name) for each in points]) for name in ("accuracy", "cost", "probing"))
    return Points(points[0].labels, *values)


def groups_on(parts: Sequence[Routed], split: str) -> np.ndarray:
    """The group of every problem of one split of all parts, in the order of their points."""
    return np.concatenate([part.pool.group[part.pool.split == split] for part in parts])


def require_same_strategies(labels: Sequence[pd.DataFrame]) -> None:
    """Raise a UserError unless the parts of a pool have the same strategies, in the same order."""
    if not all(each.equals(labels[0]) for each in labels):
        raise UserError("the parts of a pool differ in their strategies: give them the same policies and samples")
