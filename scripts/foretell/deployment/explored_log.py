"""Which requests of a log tell of every policy, and whether they do without bias."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy import stats

from foretell.common.errors import UserError
from foretell.deployment.logged import Log
from foretell.deployment.pilot import BY_CHANCE
from foretell.deployment.realised import LEAST, effective_number, explored

FEWEST_EXPECTED = 5  # of a cell, for which the limiting distribution does (Cochran, 1954)
SURELY = -np.log(BY_CHANCE)  # requests expected, of which none comes with a probability of BY_CHANCE


def telling(log: Log, policies: Sequence[str], file: Path) -> Log:
    """The requests that were answered, could have gone to any policy, and whose outcome is known, in their order.

    Args:
        log: of a service with the key `exploration`.
        policies: of the columns.
        file: of the log.

    Raises:
        UserError: there are none, policies were never explored, as in a pilot, or outcomes are known of some policies'
            answers more often than chance explains.
    """
    asked = log.at(log.forwarded)
    free = explored(asked)
    if not free.any():
        raise UserError(
            f"{file}: no request was explored, so that nothing is known of what other policies would have done: give "
            "the log of a service with key 'exploration'"
        )
    known = ~np.isnan(asked.correct)
    if not (known & free).any():
        raise UserError(
            f"{file}: no outcome is of a request of the log that could have gone elsewhere, {log.unmatched} are of no "
            "request: give outcomes with the log's ids"
        )
    _check_explored(asked, free, policies, file)
    counts = np.array([[(known & free & (asked.sent == each)).sum() for each in range(len(policies))]])
    sent = np.array([[(free & (asked.sent == each)).sum() for each in range(len(policies))]])
    if differ_by_more_than_chance(np.concatenate([counts, sent - counts])):
        shares = ", ".join(f"{name} {a} of {b}" for name, a, b in zip(policies, counts[0], sent[0], strict=True))
        raise UserError(
            f"{file}: outcomes are known for these requests: {shares}; these shares differ by more than chance, so "
            "that estimates could be wrong: grade answers drawn without looking at who gave them"
        )
    return asked.at(free & known)


def _check_explored(log: Log, free: np.ndarray, policies: Sequence[str], file: Path) -> None:
    """Whether each policy got some of the requests on which another one was chosen, and was itself up for chance."""
    off = free & (log.sent != log.chosen)
    share = float(log.propensity[off].min()) if off.any() else 0.0
    for column, policy in enumerate(policies):
        chosen = log.chosen == column
        never_left = chosen.sum() > SURELY and not (chosen & free).any()
        never_drawn = share * (free & ~chosen).sum() > SURELY and not (off & (log.sent == column)).any()
        if never_left or never_drawn:
            raise UserError(
                f"{file}: {policy!r} was never "
                + ("left for another policy where it was chosen" if never_left else "drawn where another was chosen")
                + ", as in a pilot, which tells of router and incumbent alone: give the log of a service with key "
                "'exploration'"
            )


def differ_by_more_than_chance(counts: np.ndarray) -> bool:
    """Whether shares do, from counts [2, groups] (chi-squared test; groups without a request play no part).

    Where fewer than five are expected somewhere, its distribution is that of tables with the same margins (Monte
    Carlo): by the limiting one, a single miss among many small groups is a bias.
    """
    counts = counts[:, counts.sum(axis=0) > 0]
    if counts.shape[1] < 2 or not counts.sum(axis=1).all():
        return False
    sparse = stats.contingency.expected_freq(counts).min() < FEWEST_EXPECTED
    tables = stats.MonteCarloMethod(n_resamples=9999, rng=np.random.default_rng(0)) if sparse else None
    return bool(stats.chi2_contingency(counts, correction=False, method=tables).pvalue < BY_CHANCE)


def effective_answers(log: Log, policies: Sequence[str], file: Path) -> np.ndarray:
    """[policies] number of a policy's own answers, as many as would tell as much if all requests were drawn alike.

    Raises:
        UserError: they are too few of some.
    """
    own = [answers_of(log, column) for column in range(len(policies))]
    effective = np.array([effective_number(1 / log.propensity[rows]) for rows in own])
    if (effective < LEAST).any():
        had = ", ".join(f"{name} {number:.0f}" for name, number in zip(policies, effective, strict=True))
        raise UserError(
            f"{file}: the first half of the requests that tell has too few outcomes: effective numbers are {had}, and "
            f"each needs {LEAST}: give more outcomes, or a log with more exploration"
        )
    return effective


def answers_of(log: Log, column: int) -> np.ndarray:
    """Bool [requests], sent to a policy and answered by it: where it failed, the answer is another's."""
    return (log.sent == column) & (log.answered == column)


def reordered(log: Log, order: np.ndarray) -> Log:
    """The same log with its columns, old ones by their new places, in another order."""
    place = np.argsort(order)
    moved = {name: place[getattr(log, name)] for name in ("chosen", "sent", "answered")}
    return Log(**{**vars(log), **moved, "probability": log.probability[:, order]})
