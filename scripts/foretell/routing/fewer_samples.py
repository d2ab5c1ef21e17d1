"""What a policy would get right, and cost, with fewer of its samples: no router needed to save that much.

The accuracy of a majority vote over k' of the k samples is the exact expectation over all subsets of that size, under
the vote's own rules: the most frequent answer wins, no answer never wins, a tie goes to the answer that was given
first, and a vote without answers is wrong. Counting by class sizes alone would share ties equally and so disagree with
the outcome at k' = k; enumerating subsets agrees but stops at about a dozen samples. Here the subsets are counted
by generating functions, which is exact and follows the order of the samples for any k.
"""

import numpy as np
import pandas as pd
from scipy.special import comb

from foretell.common.errors import UserError
from foretell.common.frames import require_same_problems
from foretell.completions.samples import GREEDY

DIGITS = 12  # beyond them, binomial coefficients of more than 30 samples are inexact
ROLLOUT_COLUMNS = ["problem_id", "sample", "answer_class", "correct"]


def price_fewer_samples(rollouts: dict[str, pd.DataFrame], costs: pd.DataFrame) -> pd.DataFrame:
    """Expected accuracy and cost of every policy at 1..k samples.

    Args:
        rollouts: per policy, one row per sample: problem_id, sample (GREEDY is left out), answer_class (null
            if there is no answer), correct. Problems without an outcome are left out.
        costs: the table of `foretell.routing.costs.price_outcomes`. Output cost falls in proportion to the samples,
            input cost stays; a cost that is assumed, or as charged, falls in proportion.

    Returns:
        problem_id, split, policy, samples, expected_correct in [0, 1], expected_cost in USD, for the policies that have
        rollouts.

    Raises:
        UserError: rollouts of a policy without costs, over other problems, with a number of samples that varies, or
            whose vote over all samples is not the outcome.
    """
    tables = [_fewer_samples(policy, frame, costs[costs.policy == policy]) for policy, frame in rollouts.items()]
    empty = pd.DataFrame(
        {"problem_id": [], "split": [], "policy": [], "samples": [], "expected_correct": [], "expected_cost": []}
    ).astype({"problem_id": "str", "split": "str", "policy": "str", "samples": "int64"})
    return pd.concat(tables, ignore_index=True) if tables else empty


def _fewer_samples(policy: str, rollouts: pd.DataFrame, costs: pd.DataFrame) -> pd.DataFrame:
    if costs.empty:
        raise UserError(f"policy {policy!r} has rollouts but no outcomes; give --outcomes {policy}=FILE")
    sampled = rollouts[(rollouts["sample"] != GREEDY) & rollouts.problem_id.isin(costs.problem_id)]
    sampled = sampled.sort_values(["problem_id", "sample"], ignore_index=True)
    problems = sampled.problem_id.drop_duplicates()
    require_same_problems({"its outcomes": costs.problem_id, f"rollouts of {policy!r}": problems})
    k, left_over = divmod(len(sampled), len(problems))
    if left_over or (sampled["sample"].to_numpy().reshape(-1, k) != np.arange(k)).any():
        raise UserError(f"rollouts of {policy!r} do not have the samples 0..k-1 exactly once for every problem")

    answers = pd.factorize(sampled.answer_class)[0].reshape(-1, k)
    expected = expected_majority(answers, sampled.correct.to_numpy(dtype=bool).reshape(-1, k))
    costs = costs.set_index("problem_id").loc[problems]
    wrong = costs.index[~np.isclose(expected[:, -1], costs.correct)]
    if len(wrong):
        raise UserError(
            f"the rollouts of {policy!r} do not vote as its outcomes say on {len(wrong)} problems, such as "
            f"{wrong[0]!r}; summarise the outcomes again from these rollouts"
        )
    share = np.arange(1, k + 1) / k
    fixed = costs.input_cost.fillna(0.0).to_numpy()[:, None]
    per_sample = costs.output_cost.fillna(costs.cost).to_numpy()[:, None]
    return pd.DataFrame(
        {
            "problem_id": np.repeat(costs.index, k),
            "split": np.repeat(costs.split.to_numpy(), k),
            "policy": policy,
            "samples": np.tile(np.arange(1, k + 1), len(costs)),
            "expected_correct": expected.ravel(),
            "expected_cost": (fixed + per_sample * share).ravel(),
        }
    )


def expected_majority(answers: np.ndarray, correct: np.ndarray) -> np.ndarray:
    """Probability that the majority of a random subset of the samples is right, for every size of subset.

    An answer whose first chosen sample is i wins with c votes if every other answer has fewer than c votes, or has
    exactly c, all of them after i. The subsets of that kind are counted by the coefficients of a product of
    polynomials, one per answer, in which the power of z counts votes.

    Args:
        answers: int [problems, k], equal within a row where two samples agree; negative where there is no answer.
        correct: bool [problems, k]; of samples that agree, the first one's counts.

    Returns:
        [problems, k]; column k' - 1 is for subsets of size k'.
    """
    problems, k = answers.shape
    given = answers >= 0
    agree = (answers[:, :, None] == answers[:, None, :]) & given[:, :, None]
    leader = np.where(given, agree.argmax(axis=2), -1)
    votes = np.where(leader == np.arange(k), agree.sum(axis=2), 0)  # class sizes, each at its first sample
    # following[p, i, j]: how many samples after i agree with sample j
    following = agree[:, ::-1].cumsum(axis=1, dtype=np.int32)[:, ::-1] - agree

    row, first = np.nonzero(given & np.take_along_axis(correct, np.maximum(leader, 0), axis=1))
    others = votes[row]
    others[np.arange(len(row)), leader[row, first]] = 0
    wins = _count_wins(following[row, first, first], others, following[row, first], (~given).sum(axis=1)[row])
    counts = np.zeros((problems, k + 1))
    np.add.at(counts, row, wins)
    return np.round(counts[:, 1:] / comb(k, np.arange(1, k + 1)), DIGITS)


def _count_wins(own_later: np.ndarray, others: np.ndarray, others_later: np.ndarray, silent: np.ndarray) -> np.ndarray:
    """Count the subsets that an answer wins if a given sample is the first of it that was chosen.

    Args:
        own_later: int [rows], samples after the given one with the same answer.
        others: int [rows, k], how many samples every other answer has.
        others_later: int [rows, k], how many of them come after the given one.
        silent: int [rows], samples without an answer.

    Returns:
        [rows, k + 1]; column k' counts subsets of size k'.
    """
    rows, k = others.shape
    largest_first = np.argsort(-others, axis=1, kind="stable")  # so that few rows are left for the last rivals
    others = np.take_along_axis(others, largest_first, axis=1)
    others_later = np.take_along_axis(others_later, largest_first, axis=1)
    wins = np.zeros((rows, k + 1))
    for votes in range(1, int(own_later.max(initial=-1)) + 2):
        able = np.flatnonzero(own_later >= votes - 1)
        ways = comb(own_later[able, None], votes - 1) * comb(silent[able, None], np.arange(k + 1))
        for other in range(k):
            rival = np.flatnonzero(others[able, other])
            if not len(rival):
                break
            fewer = comb(others[able[rival], other, None], np.arange(votes))
            as_many = comb(others_later[able[rival], other, None], [votes])
            ways[rival] = _multiply(ways[rival], np.hstack([fewer, as_many]))
        wins[able, votes:] += ways[:, : k + 1 - votes]
    return wins


def _multiply(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Multiply polynomials row by row, up to the degree of `left`."""
    product = np.zeros_like(left)
    for power in range(min(right.shape[1], left.shape[1])):
        product[:, power:] += right[:, power, None] * left[:, : left.shape[1] - power]
    return product
