"""What a router is worth in a year: return on investment, from what it does on the test problems."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pydantic import Field

from foretell.common.arguments import Settings
from foretell.common.errors import UserError
from foretell.common.statistics import sample_and_resamples
from foretell.routing.comparison import Comparison, compare_folds
from foretell.routing.decisions import ORACLE
from foretell.routing.intervals import resampled_means, with_interval
from foretell.routing.points import RANDOM, SINGLE
from foretell.routing.pool import TEST
from foretell.routing.routed import RoutedPool, groups_on
from foretell.routing.routers import ROUTERS
from foretell.routing.settings import MATCH, TOTAL, Criteria, RoutingEvaluationSettings

MONTHS = 12
BY_LENGTH = "prompt_length"  # the family whose router is a rule by length


class Investment(Settings):
    """What a query costs beside its tokens, and what a router costs before the first one."""

    queries_per_month: float = Field(gt=0)
    """Queries that are answered in a month."""
    incumbent: str | None = None
    """Policy that answers all of them today; without it the best single policy of the split that chooses."""
    review_hours: float = Field(default=0.0, ge=0)
    """Hours that a person spends on a wrong answer."""
    price_of_hour: float = Field(default=0.0, ge=0)
    """USD for such an hour."""
    labelling_cost: float = Field(default=0.0, ge=0)
    """USD for the gold answer of a problem that the router learns or chooses on, once."""
    integration_cost: float = Field(default=0.0, ge=0)
    """USD for putting the router into service, once."""
    mix: dict[str, float] | None = None
    """Share of the queries that is like each group of problems, where it is not that of the test problems."""
    assumption: str = Field(min_length=1)
    """What these numbers rest on; printed with the results."""


class ReturnSettings(RoutingEvaluationSettings):
    """How routers are evaluated, and what they are worth."""

    investment: Investment


@dataclass(frozen=True)
class Once:
    """What is paid once.

    Attributes:
        problems: that the router learns or chooses on.
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
        weights: [1 + resamples, problems], of the sample itself and of its bootstrap resamples, under the mix.
    """

    labels: pd.DataFrame
    incumbent: int
    accuracy: np.ndarray
    cost: np.ndarray
    known: np.ndarray
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
    rows = _reported(comparison, settings)
    labels = comparison.labels.iloc[rows].reset_index(drop=True)
    cost, known = with_known_probing(comparison.cost[rows], comparison.probing[rows])
    weights = sample_and_resamples(groups_on(folds, TEST), settings.resamples, settings.seed)
    return Strategies(
        labels=labels,
        incumbent=_incumbent(labels, investment),
        accuracy=comparison.accuracy[rows],
        cost=cost,
        known=known,
        weights=weights * _mixed(groups_on(folds, TEST), investment.mix),
    )


def with_known_probing(cost: np.ndarray, probing: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """[rows, problems] costs with probing where its price is known on all problems, and [rows] whether it is."""
    known = ~np.isnan(probing).any(axis=1)
    return cost + np.where(known[:, None], probing, 0.0), known


def estimate_return(folds: Sequence[RoutedPool], settings: ReturnSettings) -> pd.DataFrame:
    """Costs of a year by every strategy, beside the incumbent's.

    A year costs 12 x queries x (tokens and probing + share of wrong answers x hours of review x price of an hour).
    What is saved in a month pays back what is paid once. Intervals resample the groups of test, the same for all
    strategies, so that savings are paired.

    Args:
        folds: as `foretell.routing.summary.summarise_routing` takes them.
        settings: as there, and the investment.

    Returns:
        One row per strategy: single policies at all of their samples, uniform random, every router, by the first
        family, the best text-only one and prompt length, where it was chosen to match and where it was chosen to cost
        the least with what wrong answers cost, and the oracle. strategy, family, policy, samples, criterion,
        calibrated_on, chosen_on, choice, operating_point, cost_basis, incumbent (its policy), is_incumbent,
        probing_counted (whether model_cost has the price of reading prompts to route; not where it is unknown); with
        _low and _high each: accuracy, model_cost, review_cost, total (USD a year), saving (USD a year against the
        incumbent; null of itself), saving_share, payback_months (infinite where nothing is saved); once_problems,
        once_labelling, once_answers, once_integration (USD), n, resamples.

    Raises:
        UserError: the incumbent is no policy of the pool, or `mix` names groups that no test problem has, or lacks
            some.
    """
    investment, found = settings.investment, strategies_on_test(folds, settings)
    labels, incumbent, weights = found.labels, found.incumbent, found.weights
    accuracy = resampled_means(found.accuracy, weights)
    queries = MONTHS * investment.queries_per_month
    models = queries * resampled_means(found.cost, weights)
    review = queries * (1 - accuracy) * investment.review_hours * investment.price_of_hour
    total, once = models + review, paid_once(folds, investment)
    saving = total[:, [incumbent]] - total
    saving[:, incumbent] = np.nan
    quantities = {
        "accuracy": accuracy,
        "model_cost": models,
        "review_cost": review,
        "total": total,
        "saving": saving,
        "saving_share": saving / total[:, [incumbent]],
    }
    measured = [with_interval(name, values[0], values[1:]) for name, values in quantities.items()]
    saved = measured[list(quantities).index("saving")]
    kept = ["strategy", "family", "policy", "samples", "criterion", "calibrated_on", "chosen_on", "choice"]
    return pd.concat([labels[[*kept, "operating_point", "cost_basis"]], *measured], axis=1).assign(
        incumbent=labels.policy[incumbent],
        is_incumbent=np.arange(len(labels)) == incumbent,
        probing_counted=found.known,
        payback_months=_payback(once, saved.saving),
        payback_months_low=_payback(once, saved.saving_high),
        payback_months_high=_payback(once, saved.saving_low),
        once_problems=once.problems,
        once_labelling=once.labelling,
        once_answers=once.answers,
        once_integration=once.integration,
        n=weights.shape[1],
        resamples=settings.resamples,
    )


def _payback(once: Once, saving: pd.Series) -> np.ndarray:
    """Months after which what is saved has paid what was paid once; infinite where nothing is saved."""
    with np.errstate(divide="ignore"):
        return np.where(saving > 0, once.total * MONTHS / saving, np.where(saving.isna(), np.nan, np.inf))


def _reported(comparison: Comparison, settings: RoutingEvaluationSettings) -> np.ndarray:
    """Indices of the rows that are reported, those that need no router first."""
    labels, first = comparison.labels, settings.choosers[0]
    most = labels[labels.strategy == SINGLE].groupby("policy").samples.transform("max").reindex(labels.index)
    single = (labels.strategy == SINGLE) & (labels.samples.isna() | (labels.samples == most))
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
    name = investment.incumbent or labels.best_single.iloc[0]
    if name not in set(singles.policy):
        raise UserError(
            f"key 'incumbent': {name!r} is none of the pool's policies; name one of {', '.join(singles.policy)}"
        )
    return int(singles.index[singles.policy == name][0])


def _mixed(groups: np.ndarray, mix: dict[str, float] | None) -> np.ndarray:
    """[problems] weights under which each group has its share of the mix; ones without a mix."""
    if mix is None:
        return np.ones(len(groups))
    names, places, counts = np.unique(groups.astype(str), return_inverse=True, return_counts=True)
    if unlike := sorted(set(names) ^ set(mix)):
        raise UserError(
            f"key 'mix': it must name the groups of the test problems, {', '.join(names[:10])}"
            f"{', ...' if len(names) > 10 else ''}; only one of both has {', '.join(unlike[:5])}"
        )
    return (np.array([mix[name] for name in names]) / counts)[places]


def paid_once(folds: Sequence[RoutedPool], investment: Investment) -> Once:
    """What is paid for problems of all splits but test, each counted once."""
    answers: dict[str, float] = {}
    for fold in folds:
        other = fold.pool.split != TEST
        answers |= dict(zip(fold.pool.problem_id[other], fold.pool.cost[other].sum(axis=1), strict=True))
    labelling = investment.labelling_cost * len(answers)
    return Once(len(answers), labelling, float(sum(answers.values())), investment.integration_cost)
