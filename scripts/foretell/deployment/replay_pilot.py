"""Pilots of a pool's routers, replayed on problems that nothing else uses: each is answered by every policy there."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from foretell.common.errors import UserError
from foretell.common.statistics import bootstrap_weights, percentile_interval
from foretell.deployment.pilot import (
    ALIKE,
    INCUMBENT,
    ROUTER,
    Differences,
    Verdict,
    judge,
    least_margin,
    weighted,
)
from foretell.problems.pilot import PILOT
from foretell.routing.choice import best_single, select_points
from foretell.routing.costs import ASSUMED
from foretell.routing.decisions import Decisions
from foretell.routing.matching import discordant, score_interval
from foretell.routing.pool import Pool
from foretell.routing.routed import RoutedPool
from foretell.routing.routers import ROUTERS
from foretell.routing.settings import PilotSettings, RoutingEvaluationSettings

REPLAYS = 100  # of the same problems, in other orders and dealt otherwise
SHARE = 0.5  # of the requests that the incumbent answers
ERROR = 0.05  # probability of any wrong verdict
NAMES = {verdict: verdict.name.lower() for verdict in Verdict}


class ReplaySettings(RoutingEvaluationSettings):
    """How routers are evaluated, and the pilot."""

    pilot: PilotSettings

    @property
    def margin_of_pilot(self) -> float:
        """Share by which the router may be less accurate."""
        return self.margin if self.pilot.margin is None else self.pilot.margin


@dataclass(frozen=True)
class Compared:
    """A router beside the incumbent on the problems of the pilot.

    Attributes:
        alike: bool [problems], where the router chooses the incumbent.
        correct: [problems, 2], by ROUTER and INCUMBENT; expected, of fewer samples than all.
        cost: [problems, 2], USD without reading.
        reading: USD per problem, NaN where it is unknown.
        assumed: whether a policy's cost is, so that no sample tells how far it is off.
    """

    alike: np.ndarray
    correct: np.ndarray
    cost: np.ndarray
    reading: float
    assumed: bool = False


def replay_pilots(routed: RoutedPool, settings: ReplaySettings) -> pd.DataFrame:
    """Replay the pilot of every router, at the operating points that were chosen for each criterion.

    A problem is one request, in random order, and dealt at random to the router or the incumbent. What an arm answers
    is what its policy answered when it was run. A right answer at fewer samples is drawn by its probability.

    Args:
        routed: a pool of one fold, with problems of the split `pilot`.
        settings: the first chooser and the first family count.

    Returns:
        One row per router and criterion: strategy, family, criterion, choice, operating_point, incumbent, margin,
        least_margin (that so many requests could show), largest_cost, cost_basis, error, alike (share of the problems),
        accuracy_difference and cost_difference of all problems (router minus incumbent, the latter with reading, USD;
        _low and _high each: a 95 % score interval, and a bootstrap interval that is null where costs are assumed),
        incumbent_cost, reading (USD, null where unknown and not counted), adopt, less_accurate, dearer, open (share of
        REPLAYS that end so), ended (median number of requests of those that end), first_verdict, first_ended (of the
        first replay), n, groups, replays. All of replays is null where the router always chooses the incumbent.

    Raises:
        UserError: there is no problem for a pilot, the incumbent is no policy of the pool, or one costs more than can
            be.
    """
    pool, pilot = routed.pool, settings.pilot
    problems = pool.split == PILOT
    if not problems.any():
        raise UserError(
            "no problem is in the split 'pilot': set 'pilot_share' of the problem set or 'sizes.pilot', or say 'pilot' "
            "in the problems' column 'split'"
        )
    _check_costs(pool, problems, pilot.largest_cost)
    incumbent = _incumbent(routed, settings)
    rows = [
        {**labels, **_replayed(compared, pool.group[problems], settings)}
        for labels, compared in _compared(routed, settings, incumbent)
    ]
    return pd.DataFrame(rows).assign(
        incumbent=pool.policies[incumbent],
        margin=settings.margin_of_pilot,
        least_margin=least_margin(int(problems.sum()), ERROR),
        largest_cost=pilot.largest_cost,
        cost_basis=", ".join(sorted(set(pool.cost_basis))),
        error=ERROR,
        n=int(problems.sum()),
        groups=len(set(pool.group[problems])),
        replays=REPLAYS,
    )


def _check_costs(pool: Pool, problems: np.ndarray, most: float) -> None:
    """Whether no policy costs more than can be."""
    costs = pool.cost[problems]
    row, column = np.unravel_index(costs.argmax(), costs.shape)
    if costs[row, column] > most:
        raise UserError(
            f"the pool's key 'pilot.largest_cost': {pool.policies[column]!r} costs {costs[row, column]:g} USD on "
            f"problem {pool.problem_id[problems][row]!r}, more than {most:g}: give the cost of the limits of prompt "
            "and answer, at the dearest prices"
        )


def _incumbent(routed: RoutedPool, settings: ReplaySettings) -> int:
    """Its column."""
    pool, name = routed.pool, settings.pilot.incumbent
    if name is None:
        chosen_on = settings.choosers[0].chosen_on
        points = routed.points
        name = points.labels.policy[best_single(points.on(pool.split == chosen_on))]
    if name not in pool.whole_policies:
        raise UserError(
            f"key 'pilot.incumbent': {name!r} is none of the pool's policies; name one of "
            f"{', '.join(pool.whole_policies)}"
        )
    return pool.policies.index(name)


def _compared(
    routed: RoutedPool, settings: ReplaySettings, incumbent: int
) -> Iterator[tuple[dict[str, Any], Compared]]:
    """Every router at every point that the first chooser chose for it, by the first family."""
    pool, points, first = routed.pool, routed.points, settings.choosers[0]
    chosen_on = pool.split == first.chosen_on
    own = settings.model_copy(update={"choosers": [first], "families": settings.families[:1]})
    selected = select_points({first.chosen_on: points.on(chosen_on)}, own)
    problems = np.flatnonzero(pool.split == PILOT)
    for row in selected[selected.strategy.isin(list(ROUTERS))].itertuples():
        label = points.labels.iloc[row.point]
        columns = _columns(pool, routed.decisions, label)[problems]
        arms = np.column_stack([columns, np.full(len(columns), incumbent)])
        yield (
            {"strategy": row.strategy, "family": row.family, "criterion": row.criterion, "choice": row.choice}
            | {"operating_point": label.operating_point},
            Compared(
                columns == incumbent,
                np.take_along_axis(pool.correct[problems], arms, axis=1),
                np.take_along_axis(pool.cost[problems], arms, axis=1),
                float(points.probing[row.point, chosen_on].mean()),
                ASSUMED in label.cost_basis,
            ),
        )


def _columns(pool: Pool, decisions: list[Decisions], label: pd.Series) -> np.ndarray:
    """[problems] columns that a point's policy has, or that a router chooses at it."""
    if pd.isna(label.operating_point):
        singles = list(zip(pool.of_policies, pool.samples, strict=True))
        samples = None if pd.isna(label.samples) else int(label.samples)
        return np.full(len(pool.problem_id), singles.index((label.policy, samples)))
    named = label.strategy, label.family, label.calibrated_on
    made = next(each for each in decisions if (each.router, each.family, each.calibrated_on) == named)
    return made.chosen[np.flatnonzero(made.operating_points == label.operating_point)[0]].astype(int)


def _replayed(compared: Compared, groups: np.ndarray, settings: ReplaySettings) -> dict[str, Any]:
    """What all problems say, and what pilots that see half of the answers would have said."""
    reading = np.nan_to_num(compared.reading)
    accuracy = compared.correct[:, ROUTER] - compared.correct[:, INCUMBENT]
    cost = compared.cost[:, ROUTER] - compared.cost[:, INCUMBENT] + reading
    low, high = score_interval(*discordant(accuracy[None], groups))
    weights = bootstrap_weights(groups, settings.resamples, settings.seed)
    cost_low, cost_high = percentile_interval(weights @ cost / weights.sum(axis=1))
    if compared.assumed:
        cost_low = cost_high = np.nan
    told = {
        "alike": compared.alike.mean(),
        "accuracy_difference": accuracy.mean(),
        "accuracy_difference_low": low[0],
        "accuracy_difference_high": high[0],
        "cost_difference": cost.mean(),
        "cost_difference_low": cost_low,
        "cost_difference_high": cost_high,
        "incumbent_cost": compared.cost[:, INCUMBENT].mean(),
        "reading": compared.reading,
    }
    nothing = {**dict.fromkeys(NAMES.values()), "ended": None, "first_verdict": None, "first_ended": None}
    return told | (nothing if compared.alike.all() else _pilots(compared, settings))


def _pilots(compared: Compared, settings: ReplaySettings) -> dict[str, Any]:
    most, seed, pilots = settings.pilot.largest_cost, settings.seed, []
    for number in range(REPLAYS):
        dealt = _dealt(compared, most, np.random.default_rng([seed, number]))
        pilots.append(judge(dealt, settings.margin_of_pilot, ERROR))
    ended = [pilot.ended for pilot in pilots if pilot.verdict != Verdict.OPEN]
    return {
        **{name: float(np.mean([pilot.verdict == verdict for pilot in pilots])) for verdict, name in NAMES.items()},
        "ended": float(np.median(ended)) if ended else None,
        "first_verdict": NAMES[pilots[0].verdict],
        "first_ended": pilots[0].ended,
    }


def _dealt(compared: Compared, most: float, rng: np.random.Generator) -> Differences:
    """One replay: the problems in random order, each answered by one arm."""
    n = len(compared.alike)
    order = rng.permutation(n)
    side = (rng.random(n) < SHARE).astype(int)  # ROUTER or INCUMBENT
    answered = [values[order, side] for values in (compared.correct, compared.cost)]
    correct = (rng.random(n) < answered[0]).astype(float)
    arm = np.where(compared.alike[order], ALIKE, side)
    return weighted(arm, SHARE, correct, answered[1], most, float(np.nan_to_num(compared.reading)))
