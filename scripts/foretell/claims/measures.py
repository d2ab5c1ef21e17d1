"""How the paper's claims are measured on a study's own test problems."""

from collections.abc import Callable
from dataclasses import dataclass

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
from foretell.evaluation.measured import LENGTH_SPEARMAN
from foretell.probes.families import LINEAR
from foretell.routing.choice import FALLS_BACK, chosen_to_match

TOO_FEW = "no policy has as many failures and as many successes on test as an AUROC needs"
NO_PROBE = "no probe of activations was trained to predict {} on problems that are split"
MAJORITY = "majority_correct"
NO_EFFORTS = "no model is run at both low and high effort"


@dataclass(frozen=True)
class Subject:
    """What was measured on the test problems of one problem set.

    Attributes:
        answers: what the answers are: math, integer, choice, text or code.
        values: per (policy, target, family, metric), the metric [1 + resamples] on all test problems and on each
            resample; family is empty for what is known from outcomes alone. What was not trained is absent.
        cross_fitted: whether each problem is predicted from fits to others, which only one claim is about.
        efforts: per policy, its (model, effort).
        routing: per pool on this problem set, the summary of the routing stage.
        n: test problems.
    """

    answers: str
    values: dict[tuple[str, str, str, str], np.ndarray]
    cross_fitted: bool
    efforts: dict[str, tuple[str, str | None]]
    routing: dict[str, pd.DataFrame]
    n: int

    def auroc(self, policy: str, target: str, family: str = LINEAR) -> np.ndarray | None:
        """AUROC of a family; None where there is none, for want of a probe or of problems of both classes."""
        values = None if self.cross_fitted else self.values.get((policy, target, family, "auroc"))
        return None if values is None or np.isnan(values[0]) else values

    def trained(self, target: str, family: str = LINEAR) -> bool:
        """Whether a family was trained to predict a target of some policy, however well that can be told."""
        return any((policy, target, family, "auroc") in self.values for policy in self.efforts)

    def effort_pairs(self) -> list[tuple[str, str]]:
        """(policy at low effort, policy at high effort) of each model that has both."""
        policy_of = {effort: policy for policy, effort in self.efforts.items()}
        models = dict.fromkeys(model for model, effort in policy_of if effort == "low")
        return [(policy_of[model, "low"], policy_of[model, "high"]) for model in models if (model, "high") in policy_of]


def probe_beats(subject: Subject, target: str, family: str) -> Finding:
    """AUROC of the linear probe minus that of another family, averaged over the policies where both are defined."""
    if subject.cross_fitted or not subject.trained(target):
        return not_testable(NO_PROBE.format(target))
    if not subject.trained(target, family):
        return not_testable(f"{family} was not trained to predict {target}")
    used = {
        policy: (of_probe, of_other)
        for policy in subject.efforts
        if (of_probe := subject.auroc(policy, target)) is not None
        and (of_other := subject.auroc(policy, target, family)) is not None
    }
    if not used:
        return not_testable(TOO_FEW)
    probe, other = ([pair[place] for pair in used.values()] for place in (0, 1))
    difference, low, high = mean_difference(probe, other)
    ours = f"AUROC {np.mean(probe, axis=0)[0]:.3f} against {np.mean(other, axis=0)[0]:.3f}"
    direction = direction_of_difference(low, high)
    return Finding(f"{ours}, difference {difference:+.3f}", low, high, subject.n, direction, _mean_over([*used]))


def probe_beats_chance(subject: Subject, target: str) -> Finding:
    """AUROC of the linear probe minus that of chance, .5, averaged over the policies where it is defined."""
    if subject.cross_fitted or not subject.trained(target):
        return not_testable(NO_PROBE.format(target))
    values = {policy: subject.auroc(policy, target) for policy in subject.efforts}
    used = {policy: value for policy, value in values.items() if value is not None}
    if not used:
        return not_testable(TOO_FEW)
    difference, low, high = mean_difference([*used.values()], [np.full_like(value, 0.5) for value in used.values()])
    ours = f"AUROC {0.5 + difference:.3f}, above chance by {difference:+.3f}"
    return Finding(ours, low, high, subject.n, direction_of_difference(low, high), _mean_over([*used]))


def effort_raises_accuracy(subject: Subject) -> Finding:
    """Accuracy of the majority vote at high effort minus low effort, averaged over the models."""
    accuracy = {policy: subject.values.get((policy, MAJORITY, "", "base_rate")) for policy in subject.efforts}
    return _by_effort(subject, accuracy, "accuracy", rises=True)


def effort_lowers_auroc(subject: Subject) -> Finding:
    """AUROC of the probe for the majority vote at low effort minus high effort, averaged over the models."""
    values = {policy: subject.auroc(policy, MAJORITY) for policy in subject.efforts}
    pairs = subject.effort_pairs()
    if pairs and not subject.trained(MAJORITY):
        return not_testable(NO_PROBE.format(MAJORITY))
    if pairs and not any(values[low] is not None and values[high] is not None for low, high in pairs):
        return not_testable(TOO_FEW.replace("no policy", "at both efforts no model"))
    return _by_effort(subject, values, "AUROC", rises=False)


def effort_lowers_spearman(subject: Subject) -> Finding:
    """Spearman correlation of the success-rate probe at low effort minus high effort, averaged over the models."""
    values = {
        policy: None if subject.cross_fitted else subject.values.get((policy, "success_rate", LINEAR, "spearman"))
        for policy in subject.efforts
    }
    return _by_effort(subject, values, "Spearman", rises=False)


def human_difficulty_decoded_better(subject: Subject) -> Finding:
    """Spearman correlation of the linear probe's scores with human difficulty minus that with own success rates.

    Both by the same folds from the same activations, averaged over the policies.
    """
    used = {
        policy: (of_human, of_own)
        for policy in subject.efforts
        if (of_human := subject.values.get((policy, "reference_difficulty", LINEAR, "spearman"))) is not None
        and (of_own := subject.values.get((policy, "success_rate", LINEAR, "spearman"))) is not None
    }
    if not used:
        return not_testable("the problems have no human difficulty")
    if not subject.cross_fitted:
        return not_testable("not judged on problems that are split, whose reference may be a stand-in; T1 has both")
    human, own = ([pair[place] for pair in used.values()] for place in (0, 1))
    difference, low, high = mean_difference(human, own)
    if np.isnan(difference):
        return not_testable("a correlation is undefined for a policy, whose outcomes are all the same")
    ours = f"Spearman {np.mean(human, axis=0)[0]:.3f} against {np.mean(own, axis=0)[0]:.3f}"
    note = f"{_mean_over([*used])}; own success rates are noisy, T1 has their ceilings"
    direction = direction_of_difference(low, high)
    return Finding(f"{ours}, difference {difference:+.3f}", low, high, subject.n, direction, note)


def length_falls_with_success(subject: Subject) -> Finding:
    """Minus the Spearman correlation of completion tokens and success rate, averaged over the high-effort policies."""
    policies = [high for _, high in subject.effort_pairs()]
    if not policies:
        return not_testable(NO_EFFORTS)
    known = [subject.values.get((policy, "success_rate", "", LENGTH_SPEARMAN)) for policy in policies]
    measured = [values for values in known if values is not None]
    if len(measured) < len(policies):
        return not_testable("completion tokens are not known")
    correlation, low, high = mean_difference(measured, [np.zeros_like(values) for values in measured])
    direction = direction_of_difference(-high, -low)
    return Finding(f"Spearman {correlation:+.3f}", low, high, subject.n, direction, _mean_over(policies))


def router_matches(subject: Subject, router: str) -> Finding:
    """Saving of a router against the best single policy, and whether it is as accurate but for a margin.

    The interval printed is that of the saving.
    """

    def direction(row: pd.Series) -> str:
        difference = (row.accuracy_difference_low, row.accuracy_difference_high)
        return direction_of_match(difference, (row.saving_low, row.saving_high), row.margin)

    return _routed(subject, router, direction)


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

    Where a problem set has several pools, the first one in the configuration counts, and of several choosers and
    families the first.
    """
    if not subject.routing:
        return not_testable("no pool routes over these problems")
    pool, summary = next(iter(subject.routing.items()))
    row = chosen_to_match(summary, router).iloc[0]
    points = [100 * row[f"accuracy_difference{end}"] for end in ("", "_low", "_high")]
    ours = (
        f"accuracy {row.accuracy:.3f}, {points[0]:+.1f} points [{points[1]:+.1f}, {points[2]:+.1f}] from "
        f"{row.best_single}, at {abs(100 * row.saving):.1f} % {'lower' if row.saving >= 0 else 'higher'} cost "
        f"(resolvable margin {100 * row.resolvable_margin:.1f} points)"
    )
    if row.choice in FALLS_BACK.values():
        ours += f"; {row.choice}"
    note = f"pool {pool}; interval of the saving: {row.saving_interval}; costs: {row.cost_basis}"
    return Finding(ours, row.saving_low, row.saving_high, subject.n, direction(row), note)


def _by_effort(subject: Subject, values: dict[str, np.ndarray | None], name: str, rises: bool) -> Finding:
    """A metric at low and at high effort, over the models where both are defined.

    The printed interval is that of the change in the claimed direction.
    """
    pairs = {
        subject.efforts[low][0]: (at_low, at_high)
        for low, high in subject.effort_pairs()
        if (at_low := values[low]) is not None and (at_high := values[high]) is not None
    }
    if not pairs:
        return not_testable(NO_EFFORTS)
    low_effort, high_effort = ([pair[place] for pair in pairs.values()] for place in (0, 1))
    first, second = (high_effort, low_effort) if rises else (low_effort, high_effort)
    difference, low, high = mean_difference(first, second)
    if np.isnan(difference):
        return not_testable(f"{name} is undefined for a policy, whose outcomes are all the same")
    ours = f"{name} {np.mean(low_effort, axis=0)[0]:.3f} low, {np.mean(high_effort, axis=0)[0]:.3f} high"
    change = f"{'rise' if rises else 'fall'} {difference:+.3f}"
    direction = direction_of_difference(low, high)
    return Finding(f"{ours}, {change}", low, high, subject.n, direction, _mean_over([*pairs]))


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
