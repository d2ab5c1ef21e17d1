"""Which policy every router chooses, at every operating point."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from foretell.errors import UserError
from foretell.routing.pool import Pool
from foretell.routing.routers import route_by_cascade, route_by_oracle, route_by_utility

UTILITY, CASCADE = "utility", "cascade"
ORACLE, ORACLE_UTILITY = "oracle", "oracle_utility"


@dataclass(frozen=True)
class Decisions:
    """One router over its operating points.

    Attributes:
        router: its name.
        operating_points: [points], lambda or threshold; NaN for a router that has none.
        chosen: int [points, problems], column of the pool's policies.
    """

    router: str
    operating_points: np.ndarray
    chosen: np.ndarray


def decide(pool: Pool, probabilities: np.ndarray, lambdas: np.ndarray, thresholds: np.ndarray) -> list[Decisions]:
    """Let every router, and the oracles that bound them, decide on every problem.

    Args:
        pool: the pool.
        probabilities: [problems, policies], probability of success.
        lambdas: operating points of the utility router and of its oracle.
        thresholds: operating points of the cascade.
    """
    tier_costs = pool.tier_costs
    return [
        Decisions(UTILITY, lambdas, route_by_utility(probabilities, tier_costs, lambdas)),
        Decisions(CASCADE, thresholds, route_by_cascade(probabilities, thresholds)),
        Decisions(ORACLE, np.array([np.nan]), route_by_oracle(pool.correct)[None]),
        Decisions(ORACLE_UTILITY, lambdas, route_by_utility(pool.correct, tier_costs, lambdas)),
    ]


def tabulate_decisions(decisions: list[Decisions], pool: Pool) -> pd.DataFrame:
    """Lay decisions out as problem_id, split, router, operating_point, policy; one row per decision."""
    problems, routers = len(pool.problem_id), [each.router for each in decisions]
    splits = pd.Categorical(pool.split)
    tables = []
    for router, each in enumerate(decisions):
        points = len(each.operating_points)
        problem = np.tile(np.arange(problems), points)
        columns = {
            "problem_id": pd.Categorical.from_codes(problem, pool.problem_id),
            "split": splits[problem],
            "router": pd.Categorical.from_codes(np.full(len(problem), router), routers),
            "operating_point": np.repeat(each.operating_points, problems),
            "policy": pd.Categorical.from_codes(each.chosen.ravel(), pool.policies),
        }
        tables.append(pd.DataFrame(columns))
    return pd.concat(tables, ignore_index=True)


def align_decisions(table: pd.DataFrame, pool: Pool) -> list[Decisions]:
    """Read decisions back in the order of the pool.

    Raises:
        UserError: a policy or problem that the pool lacks, or a router that does not decide on every problem.
    """
    problem = _positions(table.problem_id, pool.problem_id, "problem")
    policy = _positions(table.policy, pool.policies, "policy")
    return [
        _align(router, rows.operating_point.to_numpy(), problem[rows.index], policy[rows.index], len(pool.problem_id))
        for router, rows in table.reset_index(drop=True).groupby("router", sort=False, observed=True)
    ]


def _align(router: str, operating_point: np.ndarray, problem: np.ndarray, policy: np.ndarray, n: int) -> Decisions:
    operating_points, point = np.unique(operating_point, return_inverse=True)
    chosen = np.full((len(operating_points), n), -1, dtype=np.int16)
    chosen[point, problem] = policy
    if (chosen < 0).any():
        raise UserError(f"decisions: router {router!r} lacks {(chosen < 0).sum()} decisions; route the pool again")
    return Decisions(router, operating_points, chosen)


def _positions(values: pd.Series, known: np.ndarray | list[str], kind: str) -> np.ndarray:
    positions = pd.Index(known).get_indexer(values)
    if (positions < 0).any():
        stranger = values.to_numpy()[positions < 0][0]
        raise UserError(f"decisions name the {kind} {stranger!r}, which the pool's costs lack; route the pool again")
    return positions
