"""Which policy every router chooses, at every operating point."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from foretell.common.errors import UserError
from foretell.routing.pool import Pool
from foretell.routing.routers import route_by_cascade, route_by_oracle, route_by_utility

UTILITY, CASCADE = "utility", "cascade"
ORACLE, ORACLE_UTILITY = "oracle", "oracle_utility"


@dataclass(frozen=True)
class Decisions:
    """One router over its operating points.

    Attributes:
        router: its name.
        calibrated_on: the split on which the probabilities that it reads were calibrated; None for the oracles.
        operating_points: [points], lambda or threshold; NaN for a router that has none.
        chosen: int [points, problems], column of the pool's policies.
    """

    router: str
    calibrated_on: str | None
    operating_points: np.ndarray
    chosen: np.ndarray


def decide(
    pool: Pool, probabilities: dict[str, np.ndarray], lambdas: np.ndarray, thresholds: np.ndarray
) -> list[Decisions]:
    """Let every router, and the oracles that bound them, decide on every problem.

    Args:
        pool: the pool.
        probabilities: by the split on which they were calibrated: [problems, policies], probability of success.
        lambdas: operating points of the utility router and of its oracle.
        thresholds: operating points of the cascade.
    """
    tier_costs = pool.tier_costs
    decisions = []
    for split, success in probabilities.items():
        decisions.append(Decisions(UTILITY, split, lambdas, route_by_utility(success, tier_costs, lambdas)))
        decisions.append(Decisions(CASCADE, split, thresholds, route_by_cascade(success, thresholds)))
    oracle = Decisions(ORACLE, None, np.array([np.nan]), route_by_oracle(pool.correct)[None])
    utility = Decisions(ORACLE_UTILITY, None, lambdas, route_by_utility(pool.correct, tier_costs, lambdas))
    return [*decisions, oracle, utility]


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
        UserError: a policy or problem that the pool lacks, or a router that does not decide on every problem.
    """
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
