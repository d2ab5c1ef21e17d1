"""Arms: policies at fewer of their samples, which a router may choose like any other policy.

What an arm is expected to get right, and to cost, is counted over all subsets of the samples
(`foretell.routing.fewer_samples`). How likely it is to be right follows from the probability of the policy at all of
its samples, by Platt scaling of its log odds.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.special import logit

from foretell.common.errors import UserError
from foretell.probes.calibration import Platt, fit_platt
from foretell.routing.pool import TRAIN, VALIDATION

SURE = 1e-6  # probabilities nearer to 0 or 1 are taken for this, since those of 0 and 1 have no finite log odds


def arm_of(policy: str, samples: int) -> str:
    """What a policy at fewer of its samples is called; no policy's own id has such a form."""
    return f"{policy}@{samples}"


def add_arms(costs: pd.DataFrame, fewer_samples: pd.DataFrame) -> pd.DataFrame:
    """Add every policy at fewer of its samples.

    Args:
        costs: the table of `foretell.routing.costs.price_outcomes`.
        fewer_samples: the table of `foretell.routing.fewer_samples.price_fewer_samples`.

    Returns:
        The costs, and below them such rows again for each number of samples below k: policy is what `arm_of` calls it
        and of_policy the policy, samples, correct (the expected correctness), cost and, where it is known, output_cost
        are those of fewer samples, and everything else is the policy's.

    Raises:
        UserError: no policy has several samples.
    """
    fewer = fewer_samples.rename(columns={"policy": "of_policy", "samples": "fewer"}).drop(columns="split")
    arms = costs.merge(fewer, on=["of_policy", "problem_id"])
    arms = arms[arms.fewer < arms.samples].sort_values(["of_policy", "fewer"], kind="stable")
    if arms.empty:
        raise UserError(
            "key 'fewer_samples': no policy of the pool has more than one sample of a problem, so that none could be "
            "fewer; leave it out"
        )
    arms = arms.assign(
        policy=[arm_of(policy, samples) for policy, samples in zip(arms.of_policy, arms.fewer, strict=True)],
        samples=arms.fewer.astype("Int64"),
        correct=arms.expected_correct,
        output_cost=arms.expected_cost - arms.input_cost,
        cost=arms.expected_cost,
    )
    return pd.concat([costs, arms[costs.columns]], ignore_index=True)


def add_probabilities_of_arms(probabilities: pd.DataFrame, costs: pd.DataFrame) -> pd.DataFrame:
    """Add the probability that every policy is right with fewer of its samples.

    It is scaled on the expected correctness of the problems on which the policy's own was calibrated: on train, where
    probabilities are out of fold, or on validation.

    Args:
        probabilities: the table of `foretell.routing.pool.tabulate_probabilities`.
        costs: the table of `add_arms`; without arms, nothing is added.

    Returns:
        The probabilities, and below them such rows again per arm. They are null where one of the policy's is.
    """
    arms = costs[costs.policy != costs.of_policy]
    if arms.empty:
        return probabilities
    by_policy = dict(list(arms.groupby("of_policy", sort=False)))
    keys = [*(name for name in ("fold",) if name in probabilities), "family", "policy", "calibrated_on"]
    tables = [
        scaled
        for (*_, policy, calibrated_on), rows in probabilities.groupby(keys, sort=False)
        if policy in by_policy
        for scaled in _scaled(rows, by_policy[policy], calibrated_on)
    ]
    return pd.concat([probabilities, *tables], ignore_index=True)


def _scaled(rows: pd.DataFrame, arms: pd.DataFrame, calibrated_on: str) -> Iterator[pd.DataFrame]:
    """One policy's probabilities at every lower number of samples."""
    probability = rows.probability.to_numpy(float)
    for arm, measured in arms.groupby("policy", sort=False):
        known = measured.set_index("problem_id").reindex(rows.problem_id)
        split = rows.split if "split" in rows else known.split
        fitted = split.to_numpy() == (VALIDATION if calibrated_on == VALIDATION else TRAIN)
        if np.isnan(probability).any() or not fitted.any():
            yield rows.assign(policy=arm, probability=np.nan)
            continue
        scaling = scaling_of_arm(probability[fitted], known.correct.to_numpy()[fitted])
        yield rows.assign(policy=arm, probability=scaling.probability(log_odds(probability)))


def log_odds(probability: np.ndarray) -> np.ndarray:
    """Log odds, in the shape of the probabilities; those that are all but sure are finite."""
    return logit(probability.clip(SURE, 1 - SURE))


def scaling_of_arm(probability: np.ndarray, correct: np.ndarray) -> Platt:
    """How the log odds at fewer samples follow from those at all samples.

    Args:
        probability: [n], of the policy at all of its samples, on problems to which it was not fitted.
        correct: [n], expected correctness at fewer.
    """
    return fit_platt(log_odds(probability), correct)
