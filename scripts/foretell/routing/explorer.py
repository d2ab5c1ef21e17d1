"""What stands behind the page on which a person moves a router's operating point and the fields of an investment."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from foretell.routing.intervals import resampled_means, with_interval
from foretell.routing.investment import OneOffCosts, one_off_costs, strategies_on_test, with_known_probing
from foretell.routing.latency import routing_seconds, timed
from foretell.routing.points import Points
from foretell.routing.pool import TEST, Source
from foretell.routing.routed import RoutedPool, points_on
from foretell.routing.routers import named
from foretell.routing.settings import ReturnSettings

RESAMPLES = 200  # that the page holds at most: its size grows with them


@dataclass(frozen=True)
class Explored:
    """Strategies that are reported, and all operating points of the routers, with the first family's probabilities.

    Attributes:
        strategies: one row per strategy, as `foretell.routing.investment.estimate_return` has them.
        points: one row per operating point: strategy, operating_point, choosing_accuracy and choosing_cost (means on
            `chosen_on`; USD, with probing where known).
        shares: one row per operating point, policy and number of samples that routers may choose: point (row of
            `points`), policy, samples, share (with _low and _high).
        accuracy, cost: [1 + resamples, strategies + points], means on test and on its resamples; cost in USD, with
            probing where known.
        known: [strategies + points], whether cost has probing.
        seconds: [1 + resamples, strategies + points], means until the answer is there; None where that is not assumed.
        incumbent: row of the incumbent in `strategies`.
        chosen_on: the split on which choosing_accuracy and choosing_cost are means. Of several folds it is test: what
            one does not hold out, another reports.
        once: what is paid once, in the study.
        n: test problems.
        resamples: of them.
    """

    strategies: pd.DataFrame
    points: pd.DataFrame
    shares: pd.DataFrame
    accuracy: np.ndarray
    cost: np.ndarray
    known: np.ndarray
    seconds: np.ndarray | None
    incumbent: int
    chosen_on: str
    once: OneOffCosts
    n: int
    resamples: int


def explore(folds: Sequence[RoutedPool], settings: ReturnSettings) -> Explored:
    """Means on test of what is reported and of every operating point, on the same resamples.

    A year's costs, savings and payback of other investments follow from them as `estimate_return` has them.

    Args:
        folds, settings: as `estimate_return` takes them; of the resamples, the first RESAMPLES.

    Raises:
        UserError: as `estimate_return`.
    """
    settings = settings.model_copy(update={"resamples": min(settings.resamples, RESAMPLES)})
    found = strategies_on_test(folds, settings)
    source = Source(settings.families[0], settings.choosers[0].calibrated_on)
    test, routers = points_on(folds, TEST), named(settings.sweep)
    rows = np.concatenate([test.of(router, source) for router in routers])
    cost, known = with_known_probing(test.cost[rows], test.probing[rows])
    timed_folds, seconds = timed(folds, settings.investment), None
    if timed_folds is not None:
        assert found.seconds is not None
        read = routing_seconds(test.labels.iloc[rows], settings.investment)[:, None]
        seconds = np.vstack([found.seconds, points_on(timed_folds, TEST).cost[rows] + read])
    chosen_on = settings.choosers[0].chosen_on if len(folds) == 1 else TEST
    labels = test.labels.iloc[rows][["strategy", "operating_point"]].reset_index(drop=True)
    return Explored(
        strategies=found.labels,
        points=labels.assign(**_choosing(points_on(folds, chosen_on), rows)),
        shares=_shares(folds, source, labels, routers, found.weights),
        accuracy=resampled_means(np.vstack([found.accuracy, test.accuracy[rows]]), found.weights),
        cost=resampled_means(np.vstack([found.cost, cost]), found.weights),
        known=np.concatenate([found.known, known]),
        seconds=None if seconds is None else resampled_means(seconds, found.weights),
        incumbent=found.incumbent,
        chosen_on=chosen_on,
        once=one_off_costs(folds, settings.investment),
        n=found.weights.shape[1],
        resamples=settings.resamples,
    )


def _choosing(points: Points, rows: np.ndarray) -> dict[str, np.ndarray]:
    cost, _ = with_known_probing(points.cost[rows], points.probing[rows])
    return {"choosing_accuracy": points.accuracy[rows].mean(axis=1), "choosing_cost": cost.mean(axis=1)}


def _shares(
    folds: Sequence[RoutedPool], source: Source, labels: pd.DataFrame, routers: Iterable[str], weights: np.ndarray
) -> pd.DataFrame:
    """Share of the test problems that each policy gets at every operating point, in the order of `labels`."""
    pool = folds[0].pool
    policies = [pool.policies[column] for column in pool.reading_order]
    chosen = np.vstack([np.hstack([_chosen(fold, router, source, policies) for fold in folds]) for router in routers])
    assert len(chosen) == len(labels)
    tables = []
    for place, column in enumerate(pool.reading_order):
        means = resampled_means((chosen == place).astype(float), weights)
        table = with_interval("share", means[0], means[1:])
        samples = pd.array([pool.samples[column]] * len(labels), dtype="Int64")
        tables.append(table.assign(point=np.arange(len(labels)), policy=pool.of_policies[column], samples=samples))
    return pd.concat(tables, ignore_index=True)[["point", "policy", "samples", "share", "share_low", "share_high"]]


def _chosen(fold: RoutedPool, router: str, source: Source, policies: list[str]) -> np.ndarray:
    """[points, test problems], the place in `policies` of the policy that a router chooses."""
    decided = next(
        each
        for each in fold.decisions
        if (each.router, each.family, each.calibrated_on) == (router, source.family, source.calibrated_on)
    )
    return fold.chosen_among(policies, decided)[:, fold.pool.split == TEST]
