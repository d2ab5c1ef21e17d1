"""Strategies as points: what each of them does on every problem."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from foretell.probes.families import FAMILIES
from foretell.routing.decisions import ORACLE, Decisions
from foretell.routing.pool import Pool, Source
from foretell.routing.probing import charge_nothing
from foretell.routing.routers import with_operating_points

SINGLE, RANDOM, HULL = "single", "random", "hull"


@dataclass(frozen=True)
class Points:
    """Strategies at their operating points, over the same problems.

    Attributes:
        labels: one row per point: strategy, family and calibrated_on (null but for routers that read probabilities),
            policy and samples (null but for single policies), all_samples (whether a single policy draws all of its k),
            routable (whether routers may choose it), operating_point (null where there is none), cost_basis.
        accuracy: [points, problems], expected correctness.
        cost, probing: [points, problems], expected USD; probing is not part of cost.
    """

    labels: pd.DataFrame
    accuracy: np.ndarray
    cost: np.ndarray
    probing: np.ndarray

    def on(self, problems: np.ndarray) -> "Points":
        """The same points on some of the problems (a mask)."""
        return Points(self.labels, self.accuracy[:, problems], self.cost[:, problems], self.probing[:, problems])

    def of(self, strategy: str, source: Source | None = None) -> np.ndarray:
        """Indices of a strategy's points, with the probabilities of one source if it is named."""
        chosen = self.labels.strategy == strategy
        if source is not None:
            chosen &= (self.labels.family == source.family) & (self.labels.calibrated_on == source.calibrated_on)
        return np.flatnonzero(chosen)


def all_points(pool: Pool, fewer_samples: pd.DataFrame, decisions: list[Decisions]) -> Points:
    """Every router, every single policy at 1..k samples and a uniform random choice, on all problems of the pool."""
    groups = [_routed(pool, each) for each in decisions]
    groups += [_single(pool), *(_fewer(pool, fewer_samples) if pool.whole.all() else []), _random(pool)]
    return concatenate(groups)


def concatenate(groups: Sequence[Points]) -> Points:
    """Stack points over the same problems."""
    return Points(
        pd.concat([group.labels for group in groups], ignore_index=True),
        np.vstack([group.accuracy for group in groups]),
        np.vstack([group.cost for group in groups]),
        np.vstack([group.probing for group in groups]),
    )


def _labels(points: int, **columns: object) -> pd.DataFrame:
    absent = {"family": None, "policy": None, "samples": pd.NA, "all_samples": False, "routable": False}
    absent |= {"calibrated_on": None, "operating_point": np.nan}
    types = dict.fromkeys(["strategy", "family", "policy", "calibrated_on", "cost_basis"], "str")
    types |= {"samples": "Int64", "operating_point": "float64"}
    labels = pd.DataFrame(absent | columns, index=range(points)).astype(types)
    return labels[["strategy", *absent, "cost_basis"]]


def _pooled_basis(pool: Pool) -> str:
    return ", ".join(sorted(set(pool.cost_basis)))


def _routed(pool: Pool, decisions: Decisions) -> Points:
    problems = np.arange(len(pool.problem_id))
    labels = _labels(
        len(decisions.chosen),
        strategy=decisions.router,
        family=decisions.family,
        calibrated_on=decisions.calibrated_on,
        operating_point=decisions.operating_points,
        cost_basis=_pooled_basis(pool),
    )
    cost = pool.cost[problems, decisions.chosen]
    probing = _charge(decisions)(pool)[problems, decisions.chosen]
    return Points(labels, pool.correct[problems, decisions.chosen], cost, probing)


def _charge(decisions: Decisions) -> Callable[[Pool], np.ndarray]:
    """What consulting the probabilities costs: nothing without a model that reads the prompt."""
    family = decisions.family
    if decisions.router == ORACLE or (family is not None and not FAMILIES[family].needs_prefill):
        return charge_nothing
    return with_operating_points()[decisions.router].probing


def _single(pool: Pool) -> Points:
    labels = _labels(
        len(pool.policies),
        strategy=SINGLE,
        policy=pool.of_policies,
        samples=pool.samples,
        all_samples=pool.whole,
        routable=True,
        cost_basis=pool.cost_basis,
    )
    return Points(labels, pool.correct.T, pool.cost.T, np.zeros_like(pool.cost.T))


def _fewer(pool: Pool, fewer_samples: pd.DataFrame) -> list[Points]:
    """Single policies at fewer samples than k; policies without rollouts have none."""
    groups = []
    for column, policy in enumerate(pool.policies):
        rows = fewer_samples[fewer_samples.policy == policy]
        rows = rows[rows.samples < rows.samples.max()]
        if rows.empty:
            continue
        table = rows.pivot(index="samples", columns="problem_id", values=["expected_correct", "expected_cost"])
        accuracy = table.expected_correct[pool.problem_id].to_numpy()
        cost = table.expected_cost[pool.problem_id].to_numpy()
        labels = _labels(
            len(table), strategy=SINGLE, policy=policy, samples=table.index, cost_basis=pool.cost_basis[column]
        )
        groups.append(Points(labels, accuracy, cost, np.zeros_like(cost)))
    return groups


def _random(pool: Pool) -> Points:
    labels = _labels(1, strategy=RANDOM, cost_basis=_pooled_basis(pool))
    accuracy, cost = (values[:, pool.whole].mean(axis=1)[None] for values in (pool.correct, pool.cost))
    return Points(labels, accuracy, cost, np.zeros_like(cost))
