"""The operating points of an exported router: what a study chose, and for what."""

from typing import Any

import numpy as np
import pandas as pd

from foretell.common.errors import UserError
from foretell.deployment.description import Chosen, Study
from foretell.routing.breakpoints import DIGITS
from foretell.routing.pool import Pool
from foretell.routing.settings import BUDGET, Criteria, Criterion

EXPORTED = ("utility", "cascade")  # the routers that know nothing but probabilities and mean costs; the first is used


class ChosenFor(Study):
    """A study's pool, and what its operating points were chosen for."""

    criteria: Criteria
    """The criteria, and the value that each asks for."""
    budget_with_probing: bool = False
    """Whether the budget is for reading prompts too."""


def of_router(summary: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Rows of a routing summary that an exported router has, the router that is used first."""
    own = (summary.family == study.family) & (summary.chosen_on == study.chosen_on)
    rows = summary[summary.strategy.isin(EXPORTED) & own]
    return rows.sort_values("strategy", key=lambda names: names.map(EXPORTED.index), kind="stable")


def chosen_points(summary: pd.DataFrame, curves: pd.DataFrame, pool: Pool, study: ChosenFor) -> list[Chosen]:
    """Operating points that were chosen on a split, of the probe's probabilities, the router that is used first.

    Args:
        summary, curves: of `foretell.routing.evaluation.evaluate_routing`.
        pool: the same as arrays.
        study: what they were chosen for.

    Raises:
        UserError: none was chosen there.
    """
    rows = of_router(summary, study)
    if rows.empty:
        raise UserError(f"the summary has no operating point of {EXPORTED[0]!r} that was chosen on {study.chosen_on!r}")
    return [
        Chosen(
            router=row.strategy,
            criterion=row.criterion,
            value=asked_for(row, curves, study),
            choice=row.choice,
            operating_point=None if pd.isna(row.operating_point) else float(row.operating_point),
            policy=_in_its_place(row.criterion, row.best_single, pool, study.chosen_on)
            if pd.isna(row.operating_point)
            else None,
        )
        for row in rows.itertuples()
    ]


def asked_for(row: Any, curves: pd.DataFrame, study: ChosenFor) -> float | None:
    """What a criterion asks for; of a budget that is for reading prompts too, what is left of it for answers."""
    value = study.criteria[row.criterion]
    if value is None or row.criterion != BUDGET or not study.budget_with_probing or pd.isna(row.operating_point):
        return value
    same = (curves.strategy == row.strategy) & (curves.family == row.family) & (curves.split == study.chosen_on)
    at = curves[same & (curves.operating_point == row.operating_point)].probing_cost.iloc[0]
    return value - float(np.nan_to_num(at))


def _in_its_place(criterion: Criterion, best_single: str, pool: Pool, chosen_on: str) -> str:
    """The single policy that `foretell.routing.choice.choose_point` takes where no operating point will do."""
    if criterion != BUDGET:
        return best_single
    rows = pool.split == chosen_on
    correct, cost = pool.correct[rows].mean(axis=0).round(DIGITS), pool.cost[rows].mean(axis=0)
    return pool.policies[np.lexsort((-correct, cost))[0]]
