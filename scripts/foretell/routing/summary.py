"""The reported table: every strategy on test, at the operating point that was chosen elsewhere."""

from collections.abc import Sequence

import pandas as pd

from foretell.common.errors import UserError
from foretell.common.statistics import bootstrap_weights
from foretell.routing.choice import Chooser, Criteria
from foretell.routing.comparison import compare_folds
from foretell.routing.intervals import mean_over_problems, resampled_means, with_interval
from foretell.routing.matching import matched, resolvable_margin
from foretell.routing.pool import TEST, require_splits
from foretell.routing.routed import RoutedPool, groups_on


def summarise_routing(
    folds: Sequence[RoutedPool],
    choosers: Sequence[Chooser],
    criteria: Criteria,
    resamples: int,
    seed: int,
) -> pd.DataFrame:
    """Report every strategy on test, beside the best single policy and the mixture that costs the same.

    Routers and their oracle references stand at the operating points that the choosing split chooses, once per chooser
    and criterion. The best single policy and the weights of the mixtures come from the first chooser's split, for every
    row alike. Every interval resamples the groups of test, paired.

    Args:
        folds: one pool, or several that each choose on their own and whose test problems are reported together.
        choosers: who chooses.
        criteria: what operating points are chosen for; see `foretell.routing.choice.choose_point`.
        resamples: how often the groups of test are resampled.
        seed: of the resampling.

    Returns:
        One row per strategy: strategy, policy, samples, criterion, calibrated_on, chosen_on, at_cost_of (the router
        whose cost a `hull` row has), choice (the rule that applied), operating_point, best_single, hull_policies,
        cost_basis; with _low and _high each: accuracy, cost, cost_with_probing (USD per problem), accuracy_difference
        (to best_single), saving and saving_with_probing (1 - cost / cost of best_single), hull_accuracy, hull_cost,
        gain_over_hull, gain_over_hull_with_probing (over the mixture at the cost that includes probing);
        resolvable_margin (with 80 % power), matched (yes, no or inconclusive), saving_interval, n, resamples.

    Raises:
        UserError: a split that is needed is empty, test is to choose, or the folds differ in their strategies.
    """
    choosing = [chooser.chosen_on for chooser in choosers]
    if TEST in choosing or not choosing:
        raise UserError("'choosers' must name the splits that choose operating points; test only reports them")
    for fold in folds:
        require_splits(fold.pool, [*choosing, TEST])
    comparison = compare_folds(folds, choosers, criteria)
    weights = bootstrap_weights(groups_on(folds, TEST), resamples, seed)
    values = comparison.quantities(mean_over_problems)
    resampled = comparison.quantities(lambda each: resampled_means(each, weights))
    summary = pd.concat(
        [comparison.labels, *(with_interval(name, values[name], resampled[name]) for name in values)], axis=1
    )
    resolvable = resolvable_margin(resampled["accuracy_difference"])
    interval = zip(summary.accuracy_difference_low, summary.accuracy_difference_high, resolvable, strict=True)
    return summary.assign(
        resolvable_margin=resolvable,
        matched=[matched(*each) for each in interval],
        saving_interval="bootstrap",
        n=weights.shape[1],
        resamples=resamples,
    )
