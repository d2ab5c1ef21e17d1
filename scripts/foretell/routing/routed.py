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
class RoutedPool:
    """A pool and the decisions on all of its problems.

    Attributes:
        pool: the pool.
        fewer_samples: the table of `foretell.routing.fewer_samples.price_fewer_samples`.
        decisions: every router's decisions.
    """

    pool: Pool
    fewer_samples: pd.DataFrame
    decisions: list[Decisions]

    def chosen_among(self, policies: list[str], decisions: Decisions) -> np.ndarray:
        """What a router chooses: [points, problems], places in `policies`, which other folds may order otherwise."""
        places = np.array([policies.index(policy) for policy in self.pool.policies])
        return places[decisions.chosen]

    @cached_property
    def points(self) -> Points:
        """Every strategy at every operating point, on all problems of the pool."""
        return all_points(self.pool, self.fewer_samples, self.decisions)


def points_on(folds: Sequence[RoutedPool], split: str) -> Points:
    """Every strategy at every operating point on one split of all folds.

    Raises:
        UserError: the folds do not have the same strategies.
    """
    points = [fold.points.on(fold.pool.split == split) for fold in folds]
    labels = points[0].labels
    places = places_of_strategies([each.labels for each in points], [*labels.columns.drop(["all_samples", "routable"])])
    values = (
        np.hstack([getattr(each, name)[place] for each, place in zip(points, places, strict=True)])
        for name in ("accuracy", "cost", "probing")
    )
    return Points(labels, *values)


def groups_on(folds: Sequence[RoutedPool], split: str) -> np.ndarray:
    """The group of every problem of one split of all folds, in the order of their points."""
    return np.concatenate([fold.pool.group[fold.pool.split == split] for fold in folds])


def places_of_strategies(labels: Sequence[pd.DataFrame], names: list[str]) -> list[np.ndarray]:
    """Where each fold of a pool has the first fold's strategies; folds may order policies by different costs.

    Args:
        labels: one row per strategy, by fold.
        names: the columns that together name a strategy.

    Raises:
        UserError: the folds do not have the same strategies.
    """
    keys = [_keys(each[names]) for each in labels]
    if not all(len(each) == len(keys[0]) and set(each) == set(keys[0]) for each in keys):
        raise UserError("the folds of a pool differ in their strategies: give them the same policies and samples")
    return [each.get_indexer(keys[0]) for each in keys]


def _keys(labels: pd.DataFrame) -> pd.MultiIndex:
    """Strategies by name; of several with one name, which of them it is."""
    text = labels.astype("string").fillna("").agg("\x1f".join, axis=1)
    return pd.MultiIndex.from_arrays([text, text.groupby(text).cumcount()])
