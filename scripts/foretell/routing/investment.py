"""What a router is worth in a year: return on investment, from what it does on the test problems."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from foretell.common.errors import UserError
from foretell.common.statistics import sample_and_resamples
from foretell.routing.comparison import Comparison, compare_folds
from foretell.routing.decisions import ORACLE
from foretell.routing.intervals import resampled_means, with_interval
from foretell.routing.latency import seconds_on_test, timed
from foretell.routing.points import RANDOM, SINGLE
from foretell.routing.pool import TEST, TRAIN, VALIDATION, Pool
from foretell.routing.routed import RoutedPool, groups_on
from foretell.routing.routers import ROUTERS
from foretell.routing.settings import MATCH, TOTAL, Criteria, Investment, ReturnSettings, RoutingEvaluationSettings

MONTHS = 12
HOUR = 3600  # seconds
BY_LENGTH = "prompt_length"  # the family whose router is a rule by length


@dataclass(frozen=True)
class OneOffCosts:
    """What is paid before a router's first query.

    Attributes:
        problems: that it learns or chooses on; of several folds their mean, since one router has one.
        labelling, answers, integration: USD, for their gold answers, for what all policies answered to them, and for
            putting it into service.
    """

    problems: int
    labelling: float
    answers: float
    integration: float

    @property
    def total(self) -> float:
        """USD in all."""
        return self.labelling + self.answers + self.integration


@dataclass(frozen=True)
class Strategies:
    """What the strategies that are reported do on every test problem.

    Attributes:
        labels: one row per strategy, as of `foretell.routing.comparison.Comparison`.
        incumbent: the incumbent's row.
        accuracy: [strategies, problems].
        cost: [strategies, problems], USD, with probing where its price is known.
        known: [strategies], whether it is.
        seconds: [strategies, problems], until the answer is there; None where that is not assumed.
        weights: [1 + resamples, problems], of the sample itself and of its bootstrap resamples, under the mix.
    """

    labels: pd.DataFrame
    incumbent: int
    accuracy: np.ndarray
    cost: np.ndarray
    known: np.ndarray
    seconds: np.ndarray | None
    weights: np.ndarray


def strategies_on_test(folds: Sequence[RoutedPool], settings: ReturnSettings) -> Strategies:
    """Choose what is reported, and lay it out on the test problems.

    Raises:
        UserError: as `estimate_return`.
    """
    investment = settings.investment
    wrong = investment.review_hours * investment.price_of_hour
    criteria: Criteria = {MATCH: None, TOTAL: wrong} if wrong else {MATCH: None}
    comparison = compare_folds(folds, settings.model_copy(update={"criteria": criteria}))
    rows = _reported(comparison, folds[0].pool, settings)
    labels = comparison.labels.iloc[rows].reset_index(drop=True)
    cost, known = with_known_probing(comparison.cost[rows], comparison.probing[rows])
    timed_folds, seconds = timed(folds, investment), None
    if timed_folds is not None:
        seconds = seconds_on_test(timed_folds, comparison.points[rows], investment)
    return Strategies(
        labels=labels,
        incumbent=_incumbent(labels, investment),
        accuracy=comparison.accuracy[rows],
        cost=cost,
        known=known,
        seconds=seconds,
        weights=_weights(groups_on(folds, TEST), settings),
    )


def with_known_probing(cost: np.ndarray, probing: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """[rows, problems] costs with probing where its price is known on all problems, and [rows] whether it is."""
    known = ~np.isnan(probing).any(axis=1)
    return cost + np.where(known[:, None], probing, 0.0), known


def estimate_return(folds: Sequence[RoutedPool], settings: ReturnSettings) -> pd.DataFrame:
    """Costs of a year by every strategy, beside the incumbent's.

    A year costs 12 x queries x (tokens and probing + share of wrong answers x hours of review x price of an hour +
    hours until the answer is there x price of waiting).
    What a router saves in a month pays back what is paid before its first query. Intervals resample the groups of test,
    the same for all strategies, so that savings are paired; under a mix, whose shares are given, the problems of each
    group.

    Args:
        folds: as `foretell.routing.summary.summarise_routing` takes them.
        settings: as there, and the investment.

    Returns:
        One row per strategy: single policies that routers may choose, uniform random, every router, by the first
        family, the best text-only one and prompt length, where it was chosen to match and where it was chosen to cost
        the least with what wrong answers cost, and the oracle. strategy, family, policy, samples, criterion,
        calibrated_on, chosen_on, choice, operating_point, cost_basis, incumbent (its policy), is_incumbent,
        probing_counted (whether model_cost has the price of reading prompts to route; not where it is unknown); with
        _low and _high each: accuracy, model_cost, review_cost, where the investment has them latency (seconds of a
        query) and waiting_cost, total (USD a year), saving (USD a year against the
        incumbent; null of itself), saving_share, payback_months (infinite where nothing is saved; null but for
        routers); once_problems, once_labelling, once_answers, once_integration (USD), n, resamples.

    Raises:
        UserError: the incumbent is no policy of the pool; `latency` lacks some of them; `mix` names groups that no test
            problem has, or lacks some; or every problem is a group of its own.
    """
    investment, found = settings.investment, strategies_on_test(folds, settings)
    labels, incumbent, weights = found.labels, found.incumbent, found.weights
    accuracy = resampled_means(found.accuracy, weights)
    queries = MONTHS * investment.queries_per_month
    models = queries * resampled_means(found.cost, weights)
    review = queries * (1 - accuracy) * investment.review_hours * investment.price_of_hour
    waits = {} if found.seconds is None else _waits(resampled_means(found.seconds, weights), investment)
    total, once = models + review + waits.get("waiting_cost", 0.0), one_off_costs(folds, investment)
    saving = total[:, [incumbent]] - total
    saving[:, incumbent] = np.nan
    quantities = {
        "accuracy": accuracy,
        "model_cost": models,
        "review_cost": review,
        **waits,
        "total": total,
        "saving": saving,
        "saving_share": saving / total[:, [incumbent]],
    }
    measured = [with_interval(name, values[0], values[1:]) for name, values in quantities.items()]
    saved, routed = measured[list(quantities).index("saving")], labels.strategy.isin(list(ROUTERS))
    kept = ["strategy", "family", "policy", "samples", "criterion", "calibrated_on", "chosen_on", "choice"]
    return pd.concat([labels[[*kept, "operating_point", "cost_basis"]], *measured], axis=1).assign(
        incumbent=labels.policy[incumbent],
        is_incumbent=np.arange(len(labels)) == incumbent,
        probing_counted=found.known,
        payback_months=_payback(once, saved.saving.where(routed)),
        payback_months_low=_payback(once, saved.saving_high.where(routed)),
        payback_months_high=_payback(once, saved.saving_low.where(routed)),
        once_problems=once.problems,
        once_labelling=once.labelling,
        once_answers=once.answers,
        once_integration=once.integration,
        n=weights.shape[1],
        resamples=settings.resamples,
    )


def _waits(seconds: np.ndarray, investment: Investment) -> dict[str, np.ndarray]:
    """Seconds of a query, and where waiting has a price, USD of a year's."""
    if investment.price_of_waiting is None:
        return {"latency": seconds}
    hours = MONTHS * investment.queries_per_month * seconds / HOUR
    return {"latency": seconds, "waiting_cost": hours * investment.price_of_waiting}


def _payback(once: OneOffCosts, saving: pd.Series) -> np.ndarray:
    """Months after which what is saved has paid what was paid before; infinite where nothing is saved."""
    with np.errstate(divide="ignore"):
        return np.where(saving > 0, once.total * MONTHS / saving, np.where(saving.isna(), np.nan, np.inf))


def _reported(comparison: Comparison, pool: Pool, settings: RoutingEvaluationSettings) -> np.ndarray:
    """Indices of the rows that are reported, those that need no router first."""
    labels, first = comparison.labels, settings.choosers[0]
    routable = set(zip(pool.of_policies, pool.samples, strict=True))
    named = zip(labels.policy, labels.samples.astype(object).where(labels.samples.notna(), None), strict=True)
    single = (labels.strategy == SINGLE) & np.array([each in routable for each in named])
    of_first = labels.text_family[labels.family == settings.families[0]].dropna()
    text_only = {family for named in of_first for family in named.split(" / ")}  # of folds, side by side
    routed = (
        labels.strategy.isin(list(ROUTERS))
        & (labels.chosen_on == first.chosen_on)
        & (labels.calibrated_on == first.calibrated_on)
        & labels.family.isin([settings.families[0], *text_only, BY_LENGTH])
    )
    order = [single, labels.strategy == RANDOM, routed, labels.strategy == ORACLE]
    return np.concatenate([np.flatnonzero(each.fillna(False)) for each in order])


def _incumbent(labels: pd.DataFrame, investment: Investment) -> int:
    singles = labels[labels.strategy == SINGLE]
    name = labels.best_single.iloc[0] if investment.incumbent is None else investment.incumbent
    if name not in set(singles.policy):
        raise UserError(
            f"key 'incumbent': {name!r} is none of the pool's policies; name one of "
            f"{', '.join(dict.fromkeys(singles.policy))}"
        )
    return int(singles.samples[singles.policy == name].fillna(0).idxmax())


def _weights(groups: np.ndarray, settings: ReturnSettings) -> np.ndarray:
    """[1 + resamples, problems], of the sample and its resamples, in which each group has its share of the mix."""
    mix = settings.investment.mix
    if mix is None:
        return sample_and_resamples(groups, settings.resamples, settings.seed)
    names, places, counts = np.unique(groups.astype(str), return_inverse=True, return_counts=True)
    if len(names) == len(groups):
        raise UserError("key 'mix': every problem is a group of its own; give the problems a column 'group'")
    if unlike := sorted(set(names) ^ set(mix)):
        raise UserError(
            f"key 'mix': it must name the groups of the test problems, {', '.join(names[:10])}"
            f"{', ...' if len(names) > 10 else ''}; only one of both has {', '.join(unlike[:5])}"
        )
    weights = np.empty((1 + settings.resamples, len(groups)))
    for index, name in enumerate(names):
        of_group = sample_and_resamples(np.arange(counts[index]), settings.resamples, settings.seed + index)
        weights[:, places == index] = of_group * mix[name] / counts[index]
    return weights


def one_off_costs(folds: Sequence[RoutedPool], investment: Investment) -> OneOffCosts:
    """What is paid for the problems of train and validation, on which a router learns and chooses."""
    others = [fold.pool.cost[np.isin(fold.pool.split, (TRAIN, VALIDATION))][:, fold.pool.whole] for fold in folds]
    problems = round(sum(map(len, others)) / len(folds))
    answers = float(sum(cost.sum() for cost in others)) / len(folds)
    return OneOffCosts(problems, investment.labelling_cost * problems, answers, investment.integration_cost)
