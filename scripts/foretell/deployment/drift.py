"""Whether a log's requests are like the study's test split: three kinds of tests, and what holds their errors."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from foretell.deployment.logged import Log
from foretell.deployment.realised import effective_number
from foretell.deployment.reference import Reference

SCORES, FOREIGN, CALIBRATION = "scores", "foreign prompts", "calibration"
LEAST = 20  # requests and test problems that a group needs to count for calibration


@dataclass(frozen=True)
class Comparison:
    """A test of the hypothesis that nothing has drifted.

    Attributes:
        kind: SCORES, FOREIGN or CALIBRATION.
        policy: whose probabilities; None of foreign prompts.
        n, n_test: requests and test problems that were compared.
        seen, expected: mean probability, share of foreign prompts, or share of right answers, in the log and by the
            test split.
        statistic: Kolmogorov-Smirnov's distance, the odds ratio, or z.
        p: of the test alone.
    """

    kind: str
    policy: str | None
    n: int
    n_test: int
    seen: float
    expected: float
    statistic: float
    p: float


def compare_scores(policy: str, logged: np.ndarray, reference: np.ndarray) -> Comparison:
    """Whether a policy's probabilities have another distribution (two-sample Kolmogorov-Smirnov; Hodges, 1958).

    What it says does not change with the scale: of scores it says the same. Ties make it conservative.

    Args:
        policy: whose.
        logged: [requests].
        reference: [problems].
    """
    found = stats.ks_2samp(reference, logged)
    means = float(logged.mean()), float(reference.mean())
    return Comparison(SCORES, policy, len(logged), len(reference), *means, float(found.statistic), float(found.pvalue))


def compare_foreign(logged: np.ndarray, reference: np.ndarray) -> Comparison:
    """Whether more prompts are unlike those of training (Fisher's exact test, one-sided).

    Args:
        logged: bool [requests].
        reference: bool [problems].
    """
    table = [[flagged.sum(), (~flagged).sum()] for flagged in (logged, reference)]
    found = stats.fisher_exact(table, alternative="greater")
    shares = float(logged.mean()), float(reference.mean())
    return Comparison(FOREIGN, None, len(logged), len(reference), *shares, float(found.statistic), float(found.pvalue))


def compare_calibration(
    policy: str,
    groups: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]],
) -> Comparison | None:
    """Whether a policy's answers are right more or less often than its probabilities led to expect on the test split.

    The mean residual of each group, label minus probability, is compared with that of the group's test problems:
    z = sum n_g (m_g - t_g) / sqrt(sum n_g^2 (v_g / n_g + u_g / k_g)), with n_g requests and k_g problems, m and t the
    mean residuals, v and u their variances. It is the z of calibration in the large (Cox, 1958; Spiegelhalter, 1986)
    with the test split in place of perfect calibration. A variance is the larger one of the sample's and of the mean
    of p (1 - p), which is what probabilities imply: a few answers that are all right have none. Where problems have
    weights, t and u are weighted, and k is the effective number (Kish, 1965).

    Args:
        policy: whose.
        groups: labels and probabilities of requests [n_g], and of test problems [k_g], with the weights of these; those
            with fewer than LEAST requests or effective problems do not count.

    Returns:
        None where no group counts.
    """
    n, n_test, right, expected, difference, variance = 0, 0, 0.0, 0.0, 0.0, 0.0
    for labels, probabilities, test_labels, test_probabilities, weights in groups:
        size, problems = len(labels), effective_number(weights)
        if min(size, problems) < LEAST:
            continue
        residual = float((labels - probabilities).mean())
        shift = float(np.average(test_labels - test_probabilities, weights=weights))
        n, n_test = n + size, n_test + len(test_labels)
        right += float(labels.sum())
        expected += float(probabilities.sum()) + size * shift
        difference += size * (residual - shift)
        spread = _variance(labels, probabilities, np.ones(size)) / size
        spread += _variance(test_labels, test_probabilities, weights) / problems
        variance += size**2 * spread
    if not n:
        return None
    z = difference / np.sqrt(variance) if variance else 0.0
    return Comparison(CALIBRATION, policy, n, n_test, right / n, expected / n, z, float(2 * stats.norm.sf(abs(z))))


def _variance(labels: np.ndarray, probabilities: np.ndarray, weights: np.ndarray) -> float:
    """Of residuals, weighted: the larger one of the sample's and of what probabilities imply.

    A few answers that are all right, or all wrong, have next to none of their own, and would make any difference
    significant; where probabilities are off, residuals vary more than these imply.
    """
    residuals, n = labels - probabilities, effective_number(weights)
    sampled = np.average((residuals - np.average(residuals, weights=weights)) ** 2, weights=weights) * n / (n - 1)
    return max(float(sampled), float(np.average(probabilities * (1 - probabilities), weights=weights)))


def holm(p: Sequence[float]) -> np.ndarray:
    """P values adjusted by Holm's procedure (1979): those up to a level, all together, err no more often than that."""
    values = np.asarray(p, dtype=float)
    order = np.argsort(values, kind="stable")
    stepped = np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1))
    adjusted = np.empty(len(values))
    adjusted[order] = np.minimum(stepped, 1)
    return adjusted


def find_drift(
    log: Log,
    reference: Reference,
    test_chosen: np.ndarray,
    policies: Sequence[str],
    constant: Sequence[bool],
    unlike_above: float,
) -> list[Comparison]:
    """All tests that a log allows.

    Answers are compared within what the router chose. It takes a policy where its probability is high among those of
    all, and some of these are high by error: calibration among them is not what it is over all prompts, without any
    drift. Within a choice, exploration draws at random, and shadow mode and failures do not ask how hard a prompt is.

    Args:
        log: of requests.
        reference: the test split.
        test_chosen: [problems] column that the router chooses on it.
        policies: of the columns.
        constant: [policies] whether a policy has the same probability for every prompt.
        unlike_above: unlikeness above which a prompt is foreign.
    """
    tests = [
        compare_scores(policy, log.probability[:, column], reference.probability[:, column])
        for column, policy in enumerate(policies)
        if not constant[column]
    ]
    tests.append(compare_foreign(log.unlikeness > unlike_above, reference.unlikeness > unlike_above))
    known = ~np.isnan(log.correct)
    for column, policy in enumerate(policies):
        groups = []
        for choice in range(len(policies)):
            rows = known & (log.answered == column) & (log.chosen == choice)
            problems = (test_chosen == choice) & ~np.isnan(reference.correct[:, column])
            groups.append(
                (
                    log.correct[rows],
                    log.probability[rows, column],
                    reference.correct[problems, column],
                    reference.probability[problems, column],
                    reference.weights[problems],
                )
            )
        found = compare_calibration(policy, groups)
        tests += [] if found is None else [found]
    return tests
