"""Operating points where decisions change, in place of a grid that may miss them all."""

import numpy as np

DIGITS = 12


def utility_breakpoints(success: np.ndarray, tier_costs: np.ndarray) -> np.ndarray:
    """Every lambda at which the policy with the highest success - lambda x tier cost changes on some problem.

    From lambda = 0 on, the next policy of a problem is the one whose line crosses that of the present one first; of
    several the cheapest.

    Args:
        success: [problems, policies], probability of success.
        tier_costs: [policies], from cheap to dear.

    Returns:
        [breakpoints] >= 0, in no order, one per problem and change.
    """
    problems = np.arange(len(success))
    present = success.argmax(axis=1)
    crossings: list[np.ndarray] = []
    while True:
        loss = success[problems, present][:, None] - success
        saving = tier_costs[present][:, None] - tier_costs
        crossing = np.full(success.shape, np.inf)
        np.divide(loss, saving, out=crossing, where=saving > 0)
        following = crossing.argmin(axis=1)
        first = crossing[problems, following]
        changes = np.isfinite(first)
        if not changes.any():
            return np.concatenate(crossings) if crossings else np.empty(0)
        crossings.append(first[changes])
        present = np.where(changes, following, present)


def cascade_breakpoints(success: np.ndarray) -> np.ndarray:
    """Every threshold at which a cascade keeps another policy on some problem: [breakpoints], in no order.

    That is each probability which is higher than those of all cheaper policies; the last policy is kept whatever its
    own.

    Args:
        success: [problems, policies], from cheap to dear.
    """
    compared = success[:, :-1]
    highest = np.maximum.accumulate(compared, axis=1)
    above = np.ones(compared.shape, dtype=bool)
    above[:, 1:] = compared[:, 1:] > highest[:, :-1]
    return compared[above]


def spread_among(values: np.ndarray, count: int) -> np.ndarray:
    """So many points, evenly by rank among the different ones of at least two values, and between them: ascending.

    Values that differ by rounding alone count once, so that all points differ.
    """
    return np.quantile(np.unique(np.round(values, DIGITS)), np.linspace(0, 1, count))
