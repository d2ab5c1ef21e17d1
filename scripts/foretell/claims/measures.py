"""How the paper's claims are measured on a study's own test problems."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from foretell.claims.findings import (
    Finding,
    direction_of_difference,
    direction_of_excess,
    direction_of_match,
    mean_difference,
    not_testable,
)
from foretell.common.metrics import ENOUGH, auroc, enough_of_both, spearman, weighted_mean
from foretell.common.statistics import sample_and_resamples
from foretell.probes.cross_fit import judge_ranking
from foretell.routing.choice import MATCH

TOO_FEW = f"no policy has both {ENOUGH} failures and {ENOUGH} successes on test, which an AUROC needs"
NO_EFFORTS = "no model is run at both low and high effort"


@dataclass(frozen=True)
class Subject:
    """The test problems of one problem set, and what was predicted and measured on them.

    Attributes:
        answers: what the answers are: math, integer, choice or code.
        outcomes: per policy, a row per test problem, all in the same order; see the outcomes stage.
        scores: per (policy, target, family), the probe's scores in that order; what was not trained is absent.
        cross_fitted: likewise the held-out scores of several partitions, where problems are cross-fitted.
        efforts: per policy, its (model, effort).
        routing: per pool on this problem set, the summary of the routing stage.
        resamples, seed: of the bootstrap.
    """

    answers: str
    outcomes: dict[str, pd.DataFrame]
    scores: dict[tuple[str, str, str], np.ndarray]
    cross_fitted: dict[tuple[str, str, str], pd.DataFrame]
    efforts: dict[str, tuple[str, str | None]]
    routing: dict[str, pd.DataFrame]
    resamples: int
    seed: int

    @cached_property
    def weights(self) -> np.ndarray:
        """[1 + resamples, n]: the sample itself, then its bootstrap resamples."""
        groups = next(iter(self.outcomes.values())).group
        return sample_and_resamples(groups, self.resamples, self.seed)

    @property
    def n(self) -> int:
        """Test problems."""
        return len(next(iter(self.outcomes.values())))

    def labels(self, policy: str, target: str) -> np.ndarray | None:
        """Labels of a target as floats; None where they were not recorded."""
        labels = self.outcomes[policy][target]
        return None if labels.isna().any() else labels.to_numpy(dtype=float)

    def effort_pairs(self) -> list[tuple[str, str]]:
        """(policy at low effort, policy at high effort) of each model that has both."""
        policy_of = {effort: policy for policy, effort in self.efforts.items()}
        models = dict.fromkeys(model for model, effort in policy_of if effort == "low")
        return [(policy_of[model, "low"], policy_of[model, "high"]) for model in models if (model, "high") in policy_of]


def probe_beats(subject: Subject, target: str, family: str) -> Finding:
    """AUROC of the linear probe minus that of another family, averaged over the policies where both are defined."""
    if not any((policy, target, family) in subject.scores for policy in subject.outcomes):
        return not_testable(f"there are no {family} predictions of {target}")
    probe, other, used = [], [], []
    for policy in subject.outcomes:
        labels = subject.labels(policy, target)
        scores = [subject.scores.get((policy, target, name)) for name in ("linear", family)]
        if labels is None or any(score is None for score in scores) or not enough_of_both(labels):
            continue
        used.append(policy)
        probe.append(auroc(labels, scores[0], subject.weights))
        other.append(auroc(labels, scores[1], subject.weights))
    if not used:
        return not_testable(TOO_FEW)
    difference, low, high = mean_difference(probe, other)
    ours = f"AUROC {np.mean(probe, axis=0)[0]:.3f} against {np.mean(other, axis=0)[0]:.3f}"
    direction = direction_of_difference(low, high)
    return Finding(f"{ours}, difference {difference:+.3f}", low, high, subject.n, direction, _mean_over(used))


def probe_beats_chance(subject: Subject, target: str) -> Finding:
    """AUROC of the linear probe minus that of chance, .5, averaged over the policies where it is defined."""
    used = [
        policy
        for policy in subject.outcomes
        if (policy, target, "linear") in subject.scores and enough_of_both(subject.labels(policy, target))
    ]
    if not used:
        return not_testable(TOO_FEW)
    probe = [
        auroc(subject.labels(policy, target), subject.scores[policy, target, "linear"], subject.weights)
        for policy in used
    ]
    chance = np.full(len(subject.weights), 0.5)
    difference, low, high = mean_difference(probe, [chance] * len(probe))
    ours = f"AUROC {0.5 + difference:.3f}, above chance by {difference:+.3f}"
    return Finding(ours, low, high, subject.n, direction_of_difference(low, high), _mean_over(used))


def effort_raises_accuracy(subject: Subject) -> Finding:
    """Accuracy of the majority vote at high effort minus low effort, averaged over the models."""

    def accuracy(policy: str) -> np.ndarray:
        return weighted_mean(subject.labels(policy, "majority_correct"), subject.weights)

    return _by_effort(subject, subject.effort_pairs(), accuracy, "accuracy", rises=True)


def effort_lowers_auroc(subject: Subject) -> Finding:
    """AUROC of the probe for the majority vote at low effort minus high effort, averaged over the models."""

    def measured(policy: str) -> bool:
        labels = subject.labels(policy, "majority_correct")
        return (policy, "majority_correct", "linear") in subject.scores and enough_of_both(labels)

    def probe_auroc(policy: str) -> np.ndarray:
        labels = subject.labels(policy, "majority_correct")
        return auroc(labels, subject.scores[policy, "majority_correct", "linear"], subject.weights)

    pairs = [pair for pair in subject.effort_pairs() if all(map(measured, pair))]
    if subject.effort_pairs() and not pairs:
        return not_testable(
            f"no model has {ENOUGH} failures and {ENOUGH} successes on test at both efforts, which an AUROC needs"
        )
    return _by_effort(subject, pairs, probe_auroc, "AUROC", rises=False)


def effort_lowers_spearman(subject: Subject) -> Finding:
    """Spearman correlation of the success-rate probe at low effort minus high effort, averaged over the models."""

    def measured(policy: str) -> bool:
        return (policy, "success_rate", "linear") in subject.scores

    def correlation(policy: str) -> np.ndarray:
        rates = subject.labels(policy, "success_rate")
        return spearman(rates, subject.scores[policy, "success_rate", "linear"], subject.weights)

    pairs = [pair for pair in subject.effort_pairs() if all(map(measured, pair))]
    return _by_effort(subject, pairs, correlation, "Spearman", rises=False)


def human_difficulty_decoded_better(subject: Subject) -> Finding:
    """Spearman correlation of the linear probe's scores with human difficulty minus that with own success rates.

    Both by the same folds from the same activations, averaged over the policies.
    """
    targets = ("reference_difficulty", "success_rate")
    policies = [
        policy
        for policy in subject.outcomes
        if all((policy, target, "linear") in subject.cross_fitted for target in targets)
    ]
    if not policies:
        return not_testable("the problems have no human difficulty")

    def correlation(policy: str, target: str) -> np.ndarray:
        problem_ids, labels = subject.outcomes[policy].problem_id, subject.labels(policy, target)
        return judge_ranking(subject.cross_fitted[policy, target, "linear"], problem_ids, labels, subject.weights)

    human, own = ([correlation(policy, target) for policy in policies] for target in targets)
    difference, low, high = mean_difference(human, own)
    if np.isnan(difference):
        return not_testable("a correlation is undefined for a policy, whose outcomes are all the same")
    ours = f"Spearman {np.mean(human, axis=0)[0]:.3f} against {np.mean(own, axis=0)[0]:.3f}"
    note = f"{_mean_over(policies)}; own success rates are noisy, T1 has their ceilings"
    direction = direction_of_difference(low, high)
    return Finding(f"{ours}, difference {difference:+.3f}", low, high, subject.n, direction, note)


def length_falls_with_success(subject: Subject) -> Finding:
    """Minus the Spearman correlation of completion tokens and success rate, averaged over the high-effort policies."""
    policies = [high for _, high in subject.effort_pairs()]
    if not policies:
        return not_testable(NO_EFFORTS)
    measured = [
        spearman(subject.labels(p, "success_rate"), subject.labels(p, "completion_tokens"), subject.weights)
        for p in policies
    ]
    zero = np.zeros(len(subject.weights))
    correlation, low, high = mean_difference(measured, [zero] * len(measured))
    direction = direction_of_difference(-high, -low)
    return Finding(f"Spearman {correlation:+.3f}", low, high, subject.n, direction, _mean_over(policies))


def router_matches(subject: Subject, router: str) -> Finding:
    """Saving of a router against the best single policy, and whether it is as accurate by one point.

    The interval printed is that of the saving.
    """
    return _routed(subject, router, lambda row: direction_of_match(row.matched, row.saving_low, row.saving_high))


def router_exceeds(subject: Subject, router: str) -> Finding:
    """Saving of a router against the best single policy, and whether it is more accurate.

    The interval printed is that of the saving.
    """

    def direction(row: pd.Series) -> str:
        difference = (row.accuracy_difference_low, row.accuracy_difference_high)
        return direction_of_excess(difference, (row.saving_low, row.saving_high))

    return _routed(subject, router, direction)


def _routed(subject: Subject, router: str, direction: Callable[[pd.Series], str]) -> Finding:
    """A router at the point that was chosen to match the best single policy.

    Where a problem set has several pools, the first one in the configuration counts, and of several choosers the first.
    """
    if not subject.routing:
        return not_testable("no pool routes over these problems")
    pool, summary = next(iter(subject.routing.items()))
    row = summary[(summary.strategy == router) & (summary.criterion == MATCH)].iloc[0]
    points = [100 * row[f"accuracy_difference{end}"] for end in ("", "_low", "_high")]
    ours = (
        f"accuracy {row.accuracy:.3f}, {points[0]:+.1f} points [{points[1]:+.1f}, {points[2]:+.1f}] from "
        f"{row.best_single}, at {100 * row.saving:.1f} % lower cost "
        f"(resolvable margin {100 * row.resolvable_margin:.1f} points)"
    )
    note = f"pool {pool}; interval of the saving: {row.saving_interval}; costs: {row.cost_basis}"
    return Finding(ours, row.saving_low, row.saving_high, subject.n, direction(row), note)


def _by_effort(
    subject: Subject, pairs: list[tuple[str, str]], metric: Callable[[str], np.ndarray], name: str, rises: bool
) -> Finding:
    """A metric at low and at high effort; the printed interval is that of the change in the claimed direction."""
    if not pairs:
        return not_testable(NO_EFFORTS)
    low_effort = [metric(low) for low, _ in pairs]
    high_effort = [metric(high) for _, high in pairs]
    first, second = (high_effort, low_effort) if rises else (low_effort, high_effort)
    difference, low, high = mean_difference(first, second)
    if np.isnan(difference):
        return not_testable(f"{name} is undefined for a policy, whose outcomes are all the same")
    ours = f"{name} {np.mean(low_effort, axis=0)[0]:.3f} low, {np.mean(high_effort, axis=0)[0]:.3f} high"
    change = f"{'rise' if rises else 'fall'} {difference:+.3f}"
    models = [subject.efforts[low][0] for low, _ in pairs]
    direction = direction_of_difference(low, high)
    return Finding(f"{ours}, {change}", low, high, subject.n, direction, _mean_over(models))


def _mean_over(names: list[str]) -> str:
    return f"mean over {', '.join(names)}" if len(names) > 1 else names[0]


MEASURES = {
    function.__name__: function
    for function in (
        probe_beats,
        probe_beats_chance,
        effort_raises_accuracy,
        effort_lowers_auroc,
        effort_lowers_spearman,
        human_difficulty_decoded_better,
        length_falls_with_success,
        router_matches,
        router_exceeds,
    )
}
