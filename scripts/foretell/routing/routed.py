"""A pool with what its routers decided: what is evaluated, alone or together with others."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from foretell.common.errors import UserError
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
    labels = points[0].labels
    places = places_of_strategies([each.labels for each in points], [*labels.columns.drop("all_samples")])
    values = (
        np.hstack([getattr(each, name)[place] for each, place in zip(points, places, strict=True)])
        for name in ("accuracy", "cost", "probing")
    )
    return Points(labels, *values)


def groups_on(parts: Sequence[Routed], split: str) -> np.ndarray:
    """The group of every problem of one split of all parts, in the order of their points."""
    return np.concatenate([part.pool.group[part.pool.split == split] for part in parts])


def places_of_strategies(labels: Sequence[pd.DataFrame], names: list[str]) -> list[np.ndarray]:
    """Where each part of a pool has the first part's strategies; parts may order policies by different costs.

    Args:
        labels: one row per strategy, by part.
        names: the columns that together name a strategy.

    Raises:
        UserError: the parts do not have the same strategies.
    """
    keys = [_keys(each[names]) for each in labels]
    if not all(len(each) == len(keys[0]) and set(each) == set(keys[0]) for each in keys):
        raise UserError("the parts of a pool differ in their strategies: give them the same policies and samples")
    return [each.get_indexer(keys[0]) for each in keys]


def _keys(labels: pd.DataFrame) -> pd.MultiIndex:
    """Strategies by name; of several with one name, which of them it is."""
    text = labels.astype("string").fillna("").agg("\x1f".join, axis=1)
    return pd.MultiIndex.from_arrays([text, text.groupby(text).cumcount()])
