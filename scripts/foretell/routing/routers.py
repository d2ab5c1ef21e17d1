"""Routers: from probabilities of success to one policy per problem, at every operating point.

Columns are policies from cheap to dear, so that ties go to the cheaper one.
"""

import numpy as np


def route_by_utility(success: np.ndarray, tier_costs: np.ndarray, lambdas: np.ndarray) -> np.ndarray:
    """Choose the policy with the highest utility, success - lambda x tier cost.

    Args:
        success: [problems, policies], probability of success; the true label gives the oracle-utility reference.
        tier_costs: [policies], in [0, 1].
        lambdas: [points], the price of a unit of tier cost in probability.

    Returns:
        [points, problems], column of the chosen policy.
    """
    chosen = np.empty((len(lambdas), len(success)), dtype=np.int16)
    utility = np.empty_like(success, dtype=float)
    for point, price in enumerate(lambdas):
        np.subtract(success, price * tier_costs, out=utility)
        chosen[point] = utility.argmax(axis=1)
    return chosen


def route_by_cascade(success: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """Go from cheap to dear and keep the first policy whose probability reaches the threshold, else the last.

    Args:
        success: [problems, policies], probability of success.
        thresholds: [points].

    Returns:
        [points, problems], column of the chosen policy.
    """
    chosen = np.empty((len(thresholds), len(success)), dtype=np.int16)
    for point, threshold in enumerate(thresholds):
        kept = success >= threshold
        kept[:, -1] = True
        chosen[point] = kept.argmax(axis=1)
    return chosen


def route_by_oracle(correct: np.ndarray) -> np.ndarray:
    """Choose the cheapest policy that is right, else the cheapest: [problems]. Cheap is by tier, as for the routers."""
    return (correct > 0).argmax(axis=1).astype(np.int16)
