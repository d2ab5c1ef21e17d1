"""The reported table: every strategy on test, at the operating point that was chosen elsewhere."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from foretell.common.errors import UserError
from foretell.common.statistics import bootstrap_weights
from foretell.routing.comparison import Comparison, compare_folds
from foretell.routing.intervals import mean_over_problems, resampled_means, with_interval
from foretell.routing.matching import discordant, matched, resolvable_margin, score_interval
from foretell.routing.pool import TEST, require_splits
from foretell.routing.routed import RoutedPool, groups_on
from foretell.routing.settings import RoutingEvaluationSettings


def summarise_routing(folds: Sequence[RoutedPool], settings: RoutingEvaluationSettings) -> pd.DataFrame:
    """Report every strategy on test, beside the best single policy and the mixture that costs the same.

    Routers and their oracle references stand at the operating points that the choosing split chooses, once per family,
    chooser and criterion. The best single policy, the weights of the mixtures and the best text-only family come from
    the first chooser's split, for every row alike. Intervals resample the groups of test, paired; that of the
    difference in accuracy to the best single policy, on which the verdict rests, is a score interval.

    Args:
        folds: one pool, or several that each choose on their own and whose test problems are reported together.
        settings: who chooses, and what for; the first family is the one that counts where there is one.

    Returns:
        One row per strategy: strategy, family (whose probabilities a router reads), policy, samples, criterion,
        calibrated_on, chosen_on, at_cost_of (the router whose cost a `hull` row has), choice (the rule that applied),
        operating_point, best_single, hull_policies, text_family (the best text-only one), cost_basis; with _low and
        _high each: accuracy, cost, cost_with_probing (USD per problem), accuracy_difference (to best_single), saving
        and saving_with_probing (1 - cost / cost of best_single), hull_accuracy, hull_cost, gain_over_hull,
        gain_over_hull_with_probing (over the mixture at the cost that includes probing); against the same router with
        the probabilities of text_family: accuracy_over_text, saving_over_text and gain_over_text (difference of the
        gains over the hull), the latter two also with_probing; resolvable_margin (with 80 % power), margin, matched
        (yes, no or underpowered; null for the best single policy itself, and for what sends every test problem to it),
        saving_interval, preferred (whether the choosing split would take this router and family of all, by the same
        criterion; in every fold), n, resamples.

    Raises:
        UserError: a split that is needed is empty, test is to choose, or the folds differ in their strategies.
    """
    choosing = [chooser.chosen_on for chooser in settings.choosers]
    if TEST in choosing or not choosing:
        raise UserError("'choosers' must name the splits that choose operating points; test only reports them")
    for fold in folds:
        require_splits(fold.pool, [*choosing, TEST])
    comparison = compare_folds(folds, settings)
    groups = groups_on(folds, TEST)
    weights = bootstrap_weights(groups, settings.resamples, settings.seed)
    values = comparison.quantities(mean_over_problems)
    resampled = comparison.quantities(lambda each: resampled_means(each, weights))
    summary = pd.concat(
        [comparison.labels, *(with_interval(name, values[name], resampled[name]) for name in values)], axis=1
    )
    return _with_verdicts(summary, comparison, groups, settings.margin).assign(
        saving_interval="bootstrap",
        preferred=comparison.is_preferred,
        n=weights.shape[1],
        resamples=settings.resamples,
    )


def _with_verdicts(summary: pd.DataFrame, comparison: Comparison, groups: np.ndarray, margin: float) -> pd.DataFrame:
    """Score intervals of the differences in accuracy, what the sample can resolve, and whether the margin is kept."""
    counts = discordant(comparison.accuracy - comparison.best_accuracy, groups)
    low, high = (np.where(comparison.is_best, 0.0, end) for end in score_interval(*counts))
    resolvable = resolvable_margin(*counts)
    verdicts = [
        None if without else matched(lower, upper, resolved, margin)
        for without, lower, upper, resolved in zip(comparison.is_alike, low, high, resolvable, strict=True)
    ]
    return summary.assign(
        accuracy_difference_low=low,
        accuracy_difference_high=high,
        resolvable_margin=resolvable,
        margin=margin,
        matched=pd.Series(verdicts, dtype="str"),
    )
