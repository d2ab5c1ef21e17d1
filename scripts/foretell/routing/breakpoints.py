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


def tolerance_breakpoints(success: np.ndarray, tier_costs: np.ndarray) -> np.ndarray:
    """Every tolerance at which the cheapest policy within it of the most probable one changes on some problem.

    That is each shortfall which is smaller than those of all cheaper policies, but for that of the policy which is
    taken without any tolerance.

    Args:
        success: [problems, policies], probability of success.
        tier_costs: [policies], from cheap to dear.

    Returns:
        [breakpoints] > 0, in no order.
    """
    missing = shortfall(success, tier_costs)
    least = np.minimum.accumulate(missing, axis=1)
    below = missing > 0
    below[:, 1:] &= missing[:, 1:] < least[:, :-1]
    return missing[below & np.isfinite(missing)]


def shortfall(success: np.ndarray, tier_costs: np.ndarray) -> np.ndarray:
    """How far each policy's probability of success lies below the highest: [problems, policies].

    Infinite where an equally dear policy is more probable, so that the first policy within a tolerance is the cheapest,
    and of equally dear ones the most probable.

    Args:
        success: [problems, policies], probability of success.
        tier_costs: [policies], from cheap to dear.
    """
    best_of_tier = np.stack([success[:, tier_costs == tier].max(axis=1) for tier in tier_costs], axis=1)
    return np.where(success < best_of_tier, np.inf, success.max(axis=1, keepdims=True) - success)


def spread_among(values: np.ndarray, count: int) -> np.ndarray:
    """So many points, evenly by rank among the different ones of at least two values, and between them: ascending.

    Values that differ by rounding alone count once, so that all points differ.
    """
    return np.quantile(np.unique(np.round(values, DIGITS)), np.linspace(0, 1, count))
