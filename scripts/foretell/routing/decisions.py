"""Which policy every router chooses, at every operating point."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from foretell.common.errors import UserError
from foretell.routing.folds import split_by_fold
from foretell.routing.pool import Pool, Source, align_probabilities, assemble_pool, require_different_costs
from foretell.routing.routers import (
    Sweep,
    named,
    oracle_references,
    route_by_oracle,
    router_inputs,
    with_operating_points,
)

ORACLE = "oracle"
LABELS = ["family", "router", "calibrated_on"]


@dataclass(frozen=True)
class Decisions:
    """One router, which reads one family's probabilities, over its operating points.

    Attributes:
        family: whose probabilities it reads; None for the oracles.
        router: its name.
        calibrated_on: the split on which the probabilities were calibrated; None for the oracles.
        operating_points: [points]; NaN for the oracle, which has none.
        chosen: int [points, problems], column of the pool's policies.
    """

    family: str | None
    router: str
    calibrated_on: str | None
    operating_points: np.ndarray
    chosen: np.ndarray


def decide(pool: Pool, probabilities: Mapping[Source, np.ndarray], sweep: Sweep) -> list[Decisions]:
    """Let each of the sweep's routers, and the oracles that bound them, decide on every problem.

    Args:
        pool: the pool.
        probabilities: by family and the split on which they were calibrated: [problems, policies], probability of
            success.
        sweep: which routers, and how finely they are swept.
    """
    decisions, routers = [], named(sweep)
    for source, success in probabilities.items():
        inputs = router_inputs(pool, success, sweep)
        for name, router in routers.items():
            points = router.operating_points(inputs)
            decisions.append(Decisions(source.family, name, source.calibrated_on, points, router.route(inputs, points)))
    decisions.append(Decisions(None, ORACLE, None, np.array([np.nan]), route_by_oracle(pool.correct)[None]))
    truth = router_inputs(pool, pool.correct, sweep)
    for name, reference in oracle_references(routers).items():
        points = reference.operating_points(truth)
        decisions.append(Decisions(None, name, None, points, reference.route(truth, points)))
    return decisions


def route_pool(costs: pd.DataFrame, probabilities: pd.DataFrame, sweep: Sweep) -> pd.DataFrame:
    """Let the sweep's routers decide on every problem of a pool, within each fold of a cross-fitted one.

    Args:
        costs: the table of `foretell.routing.costs.price_outcomes`.
        probabilities: the table of `foretell.routing.pool.tabulate_probabilities`.
        sweep: which routers, and how finely they are swept.

    Returns:
        The table of `tabulate_decisions`; of a cross-fitted pool it also has fold.

    Raises:
        UserError: the pool cannot be routed, or lacks probabilities.
    """
    tables = []
    for fold, (fold_costs, fold_probabilities) in split_by_fold(costs, probabilities).items():
        pool = assemble_pool(fold_costs)
        require_different_costs(pool)
        decisions = decide(pool, align_probabilities(fold_probabilities, pool), sweep)
        table = tabulate_decisions(decisions, pool)
        tables.append(table if fold is None else table.assign(fold=fold))
    return pd.concat(tables, ignore_index=True)


def tabulate_decisions(decisions: list[Decisions], pool: Pool) -> pd.DataFrame:
    """Lay decisions out as problem_id, split, LABELS, operating_point, policy; one row per decision."""
    problems = len(pool.problem_id)
    splits = pd.Categorical(pool.split)
    known = {name: list(dict.fromkeys(getattr(each, name) for each in decisions)) for name in LABELS}
    tables = []
    for each in decisions:
        points = len(each.operating_points)
        problem = np.tile(np.arange(problems), points)
        columns = {
            "problem_id": pd.Categorical.from_codes(problem, pool.problem_id),
            "split": splits[problem],
            **{name: _constant(getattr(each, name), known[name], len(problem)) for name in LABELS},
            "operating_point": np.repeat(each.operating_points, problems),
            "policy": pd.Categorical.from_codes(each.chosen.ravel(), pool.policies),
        }
        tables.append(pd.DataFrame(columns))
    return pd.concat(tables, ignore_index=True)


def _constant(value: str | None, known: list[str | None], n: int) -> pd.Categorical:
    categories = [each for each in known if each is not None]
    code = -1 if value is None else categories.index(value)
    return pd.Categorical.from_codes(np.full(n, code), categories)


def align_decisions(table: pd.DataFrame, pool: Pool) -> list[Decisions]:
    """Read decisions back in the order of the pool.

    Raises:
        UserError: a policy or problem that the pool lacks, a router that is not known, or one that does not decide on
            every problem.
    """
    known = [*with_operating_points(), ORACLE]
    unknown = [name for name in table.router.unique() if name not in known]
    if unknown:
        raise UserError(f"decisions: unknown router {unknown[0]!r}; known: {', '.join(known)}; route the pool again")
    problem = _positions(table.problem_id, pool.problem_id, "problem")
    policy = _positions(table.policy, pool.policies, "policy")
    point = table.operating_point.to_numpy()
    which = table.groupby(LABELS, sort=False, observed=True, dropna=False).ngroup().to_numpy()
    decisions = []
    for number in range(which.max() + 1):
        rows = np.flatnonzero(which == number)
        labels = [None if pd.isna(each) else each for each in table[LABELS].iloc[rows[0]]]
        decisions.append(_align(labels, point[rows], problem[rows], policy[rows], pool))
    return decisions


def _align(
    labels: list[str | None], operating_point: np.ndarray, problem: np.ndarray, policy: np.ndarray, pool: Pool
) -> Decisions:
    operating_points, point = np.unique(operating_point, return_inverse=True)
    chosen = np.full((len(operating_points), len(pool.problem_id)), -1, dtype=np.int16)
    chosen[point, problem] = policy
    family, router, calibrated_on = labels
    assert router is not None
    if (chosen < 0).any():
        raise UserError(f"decisions: router {router!r} lacks {(chosen < 0).sum()} decisions; route the pool again")
    return Decisions(family, router, calibrated_on, operating_points, chosen)


def _positions(values: pd.Series, known: np.ndarray | list[str], kind: str) -> np.ndarray:
    values = values.astype("category")
    codes = values.cat.codes.to_numpy()
    positions = np.append(pd.Index(known).get_indexer(values.cat.categories), -1)[codes]  # null is code -1
    if (positions < 0).any():
        stranger = values.to_numpy()[positions < 0][0]
        raise UserError(f"decisions name the {kind} {stranger!r}, which the pool's costs lack; route the pool again")
    return positions
