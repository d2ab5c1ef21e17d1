"""What each part of routing adds on a study's pool: fewer samples, operating points at breakpoints, and both.

    PYTHONPATH=scripts python benchmarks/routing_parts.py results/gsm8k/routing/gsm8k

Every row is the utility router at the point that validation chooses, to match the best single policy or within a
budget, which is a share of that policy's cost on validation. Gains over mixtures of single policies, which may always
have fewer samples, have 95 % intervals.
"""

import sys
from pathlib import Path

import pandas as pd

from foretell.common.storage import read_parquet
from foretell.routing.arms import add_arms, add_probabilities_of_arms
from foretell.routing.pool import VALIDATION
from foretell.routing.routed import RoutedPool
from foretell.routing.routers import Sweep
from foretell.routing.settings import Chooser, RoutingEvaluationSettings
from foretell.routing.summary import summarise_routing
from foretell.routing.tables import PoolTables

BUDGETS = (0.1, 0.2, 0.33, 0.5, 0.7, 0.85)


def best_cost(costs: pd.DataFrame) -> float:
    """Mean cost of the policy that is right most often on validation."""
    means = costs[costs.split == VALIDATION].groupby("policy")[["correct", "cost"]].mean()
    return float(means.sort_values("correct").cost.iloc[-1])


def routed(tables: PoolTables, *, fewer: bool, breakpoints: bool) -> RoutedPool:
    """The pool with its decisions, with or without a part."""
    costs = add_arms(tables.costs, tables.fewer_samples) if fewer else tables.costs
    probabilities = add_probabilities_of_arms(tables.probabilities, costs)
    return PoolTables(costs, tables.fewer_samples, probabilities).routed(Sweep(breakpoints=breakpoints))


def rows(tables: PoolTables, pool: RoutedPool) -> list[dict[str, object]]:
    """Accuracy, cost and gain of the utility router by every family and criterion."""
    families, calibrated = tables.probabilities.family, tables.probabilities.calibrated_on.iloc[0]
    best = best_cost(tables.costs)
    found: list[dict[str, object]] = []
    for share in (None, *BUDGETS):
        settings = RoutingEvaluationSettings(
            resamples=1000,
            seed=1,
            sweep=Sweep(),
            families=list(families.unique()),
            choosers=[Chooser(calibrated_on=calibrated, chosen_on=VALIDATION)],
            criteria={"match": None} if share is None else {"budget": share * best},
            margin=0.01,
        )
        summary = summarise_routing([pool], settings)
        for row in summary[summary.strategy == "utility"].itertuples():
            found.append(
                {
                    "budget": "match" if share is None else f"{share:.0%}",
                    "family": row.family,
                    "right": f"{row.accuracy:.1%}",
                    "cost": f"{1 - row.saving:.0%}",
                    "gain": f"{100 * row.gain_over_hull:+.1f} "
                    f"[{100 * row.gain_over_hull_low:+.1f}, {100 * row.gain_over_hull_high:+.1f}]",
                    "with probing": f"{100 * row.gain_over_hull_with_probing:+.1f}",
                }
            )
    return found


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    names = ("costs", "fewer_samples", "probabilities")
    costs, fewer_samples, probabilities = (read_parquet(folder / f"{name}.parquet") for name in names)
    whole = costs.policy[costs.policy == costs.of_policy].unique()
    tables = PoolTables(costs[costs.policy.isin(whole)], fewer_samples, probabilities[probabilities.policy.isin(whole)])
    several = fewer_samples.samples.gt(1).any()  # recorded outcomes have no samples that could be fewer
    for fewer, breakpoints in [(False, False), (False, True), *([(True, False), (True, True)] if several else [])]:
        print(f"\nfewer samples: {fewer}, breakpoints: {breakpoints}\n")
        print(pd.DataFrame(rows(tables, routed(tables, fewer=fewer, breakpoints=breakpoints))).to_markdown(index=False))
