"""A cascade whose steps have thresholds of their own, fitted to labels."""

import numpy as np

LEAST = 1e-12  # of mean utility, for which a threshold moves


def choose_stepwise(success: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """Keep the first policy whose probability reaches its own threshold, else the last.

    Args:
        success: [problems, policies], probability of success, from cheap to dear.
        thresholds: [policies - 1].

    Returns:
        [problems], column of the chosen policy.
    """
    kept = np.column_stack([success[:, :-1] >= thresholds, np.ones(len(success), dtype=bool)])
    return kept.argmax(axis=1)


def fit_thresholds(success: np.ndarray, utility: np.ndarray) -> np.ndarray:
    """The thresholds of the largest mean utility that coordinate ascent finds.

    Each is fitted exactly, given the others, to the problems that reach its step: at first from the last step to the
    first, as if all did, then one after the other until none moves. With two policies that is the best there is; with
    more it may be a local optimum.

    Args:
        success: [problems, policies], probability of success, from cheap to dear.
        utility: [problems, policies], of each policy's answer, such as correctness - lambda x cost.

    Returns:
        [policies - 1]; infinite where a step keeps nothing.
    """
    thresholds = np.full(success.shape[1] - 1, np.inf)
    everyone = np.ones(len(success), dtype=bool)
    for step in reversed(range(len(thresholds))):
        thresholds[step] = _fitted(success, utility, thresholds, step, everyone)
    while True:
        before, reached = thresholds.copy(), everyone
        for step in range(len(thresholds)):
            thresholds[step] = _fitted(success, utility, thresholds, step, reached)
            reached = reached & (success[:, step] < thresholds[step])
        if (thresholds == before).all():
            return thresholds


def _fitted(success: np.ndarray, utility: np.ndarray, thresholds: np.ndarray, step: int, reached: np.ndarray) -> float:
    """One step's threshold, given the others, on the problems that reach it; the present one if none is better."""
    later = step + 1 + choose_stepwise(success[reached, step + 1 :], thresholds[step + 1 :])
    own = success[reached, step]
    gain = utility[reached, step] - utility[reached][np.arange(len(later)), later]
    order = np.argsort(-own, kind="stable")
    total = np.cumsum(gain[order])
    last_of_equals = np.append(np.diff(own[order]) != 0, True)[: len(own)]
    cuts, totals = own[order][last_of_equals], total[last_of_equals]
    present = gain[own >= thresholds[step]].sum()
    if not len(totals) or max(totals.max(), 0.0) <= present + LEAST * len(success):
        return float(thresholds[step])
    return float(cuts[totals.argmax()]) if totals.max() > 0 else np.inf
