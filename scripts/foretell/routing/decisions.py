"""Which policy every router chooses, at every operating point."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from foretell.common.errors import UserError
from foretell.routing.folds import split_by_fold
from foretell.routing.pool import Pool, align_probabilities, assemble_pool, require_different_costs
from foretell.routing.routers import ROUTERS, RoutingSettings, route_by_oracle, router_inputs, with_operating_points

ORACLE = "oracle"


@dataclass(frozen=True)
class Decisions:
    """One router over its operating points.

    Attributes:
        router: its name.
        calibrated_on: the split on which the probabilities that it reads were calibrated; None for the oracles.
        operating_points: [points]; NaN for the oracle, which has none.
        chosen: int [points, problems], column of the pool's policies.
    """

    router: str
    calibrated_on: str | None
    operating_points: np.ndarray
    chosen: np.ndarray


def decide(
    pool: Pool, probabilities: dict[str, np.ndarray], operating_points: dict[str, np.ndarray]
) -> list[Decisions]:
    """Let every router, and the oracles that bound them, decide on every problem.

    Args:
        pool: the pool.
        probabilities: by the split on which they were calibrated: [problems, policies], probability of success.
        operating_points: by router, [points].
    """
    decisions = []
    for split, success in probabilities.items():
        inputs = router_inputs(pool, success)
        decisions += [
            Decisions(router, split, points, ROUTERS[router].route(inputs, points))
            for router, points in operating_points.items()
        ]
    decisions.append(Decisions(ORACLE, None, np.array([np.nan]), route_by_oracle(pool.correct)[None]))
    truth = router_inputs(pool, pool.correct)
    for router, points in operating_points.items():
        reference = ROUTERS[router].oracle
        if reference is not None:
            decisions.append(Decisions(reference.name, None, points, reference.route(truth, points)))
    return decisions


def route_pool(costs: pd.DataFrame, probabilities: pd.DataFrame, settings: RoutingSettings) -> pd.DataFrame:
    """Let every router decide on every problem of a pool, within each fold of a cross-fitted one.

    Args:
        costs: the table of `foretell.routing.costs.price_outcomes`.
        probabilities: the table of `foretell.routing.pool.tabulate_probabilities`.
        settings: how finely routers are swept.

    Returns:
        The table of `tabulate_decisions`; of a cross-fitted pool it also has fold.

    Raises:
        UserError: the pool cannot be routed, or lacks probabilities.
    """
    operating_points = {router.name: router.operating_points(settings) for router in ROUTERS.values()}
    tables = []
    for fold, (fold_costs, fold_probabilities) in split_by_fold(costs, probabilities).items():
        pool = assemble_pool(fold_costs)
        require_different_costs(pool)
        decisions = decide(pool, align_probabilities(fold_probabilities, pool), operating_points)
        table = tabulate_decisions(decisions, pool)
        tables.append(table if fold is None else table.assign(fold=fold))
    return pd.concat(tables, ignore_index=True)


def tabulate_decisions(decisions: list[Decisions], pool: Pool) -> pd.DataFrame:
    """Lay decisions out as problem_id, split, router, calibrated_on, operating_point, policy; one row per decision."""
    problems = len(pool.problem_id)
    splits = pd.Categorical(pool.split)
    routers, calibrations = (
        sorted({getattr(d, name) for d in decisions} - {None}) for name in ("router", "calibrated_on")
    )
    tables = []
    for each in decisions:
        points = len(each.operating_points)
        problem = np.tile(np.arange(problems), points)
        columns = {
            "problem_id": pd.Categorical.from_codes(problem, pool.problem_id),
            "split": splits[problem],
            "router": _constant(each.router, routers, len(problem)),
            "calibrated_on": _constant(each.calibrated_on, calibrations, len(problem)),
            "operating_point": np.repeat(each.operating_points, problems),
            "policy": pd.Categorical.from_codes(each.chosen.ravel(), pool.policies),
        }
        tables.append(pd.DataFrame(columns))
    return pd.concat(tables, ignore_index=True)


def _constant(value: str | None, categories: list[str], n: int) -> pd.Categorical:
    code = -1 if value is None else categories.index(value)
    return pd.Categorical.from_codes(np.full(n, code), categories)


def align_decisions(table: pd.DataFrame, pool: Pool) -> list[Decisions]:
    """Read decisions back in the order of the pool.

    Raises:
        UserError: a policy or problem that the pool lacks, a router that is not known, or one that does not decide on
            every problem.
    """
    known = [*with_operating_points(), ORACLE]
    unknown = table.router[~table.router.isin(known)]
    if len(unknown):
        raise UserError(
            f"decisions: unknown router {unknown.iloc[0]!r}; known: {', '.join(known)}; route the pool again"
        )
    problem = _positions(table.problem_id, pool.problem_id, "problem")
    policy = _positions(table.policy, pool.policies, "policy")
    by_router = table.reset_index(drop=True).groupby(
        ["router", "calibrated_on"], sort=False, observed=True, dropna=False
    )
    return [
        _align(
            router,
            None if pd.isna(split) else split,
            rows.operating_point.to_numpy(),
            problem[rows.index],
            policy[rows.index],
            len(pool.problem_id),
        )
        for (router, split), rows in by_router
    ]


def _align(
    router: str,
    calibrated_on: str | None,
    operating_point: np.ndarray,
    problem: np.ndarray,
    policy: np.ndarray,
    n: int,
) -> Decisions:
    operating_points, point = np.unique(operating_point, return_inverse=True)
    chosen = np.full((len(operating_points), n), -1, dtype=np.int16)
    chosen[point, problem] = policy
    if (chosen < 0).any():
        raise UserError(f"decisions: router {router!r} lacks {(chosen < 0).sum()} decisions; route the pool again")
    return Decisions(router, calibrated_on, operating_points, chosen)


def _positions(values: pd.Series, known: np.ndarray | list[str], kind: str) -> np.ndarray:
    positions = pd.Index(known).get_indexer(values)
    if (positions < 0).any():
        stranger = values.to_numpy()[positions < 0][0]
        raise UserError(f"decisions name the {kind} {stranger!r}, which the pool's costs lack; route the pool again")
    return positions
