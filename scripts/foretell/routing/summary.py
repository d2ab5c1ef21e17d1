"""The reported table: every strategy on test, at the operating point that was chosen elsewhere."""

from collections.abc import Sequence

import pandas as pd

from foretell.errors import UserError
from foretell.routing.comparison import compare
from foretell.routing.decisions import Decisions
from foretell.routing.intervals import mean_over_problems, resampled_means, with_interval
from foretell.routing.matching import matched, resolvable_margin
from foretell.routing.pool import TEST, Pool, require_splits
from foretell.statistics import bootstrap_weights


def summarise_routing(
    pool: Pool,
    fewer_samples: pd.DataFrame,
    decisions: list[Decisions],
    choose_on: Sequence[str],
    resamples: int,
    seed: int,
) -> pd.DataFrame:
    """Report every strategy on test, beside the best single policy and the mixture that costs the same.

    The utility router, the cascade and the oracle-utility reference stand at the operating point that `choose_on`
    chooses, once per choosing split. The best single policy and the weights of the mixtures come from that split too,
    for what needs no choice from the first of them. Every interval resamples the groups of test, paired.

    Args:
        pool: the pool.
        fewer_samples: the table of `foretell.routing.fewer_samples.price_fewer_samples`.
        decisions: every router's decisions.
        choose_on: splits that choose, each on its own.
        resamples: how often the groups of test are resampled.
        seed: of the resampling.

    Returns:
        One row per strategy: strategy, policy, samples, chosen_on, choice (the rule that applied), operating_point,
        at_cost_of (the router whose cost a `hull` row has), best_single, hull_policies, cost_basis; with _low and _high
        each: accuracy, cost, cost_with_probing (USD per problem), accuracy_difference (to best_single), saving and
        saving_with_probing (1 - cost / cost of best_single), hull_accuracy, hull_cost, gain_over_hull,
        gain_over_hull_with_probing (over the mixture at the cost that includes probing); resolvable_margin (with
        80 % power), matched (yes, no or inconclusive), saving_interval, n, resamples.

    Raises:
        UserError: a split that is needed is empty, or test is to choose.
    """
    if TEST in choose_on or not choose_on:
        raise UserError("'choose_on' must name the splits that choose operating points; test only reports them")
    require_splits(pool, [*choose_on, TEST])
    comparison = compare(pool, fewer_samples, decisions, choose_on)
    weights = bootstrap_weights(pool.group[pool.split == TEST], resamples, seed)
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
