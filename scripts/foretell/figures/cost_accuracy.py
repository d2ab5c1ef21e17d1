"""F6 and F7: what a router costs and gets right, beside what needs no router."""

import pandas as pd

from foretell.figures.cost_accuracy_plane import (
    CHARGED,
    CHOSEN,
    CHOSEN_BY_FAMILY,
    FEWER,
    HULL,
    ORACLE,
    RANDOM,
    SINGLE,
    SWEEP,
    draw,
)
from foretell.figures.costs import COST, PER, pooled_basis
from foretell.routing.choice import chosen_to_match
from foretell.routing.routers import oracle_references

__all__ = ["collect", "draw"]

ESTIMATES = ["accuracy", "accuracy_low", "accuracy_high", "cost", "cost_low", "cost_high"]


def collect(curves: pd.DataFrame, summary: pd.DataFrame, router: str) -> pd.DataFrame:
    """Points of the cost-accuracy plane on test.

    Args:
        curves: split, strategy, family, policy, samples, calibrated_on, operating_point, accuracy and cost with _low
            and _high, n.
        summary: strategy, family, criterion, calibrated_on, chosen_on, choice, operating_point, accuracy, cost and
            cost_with_probing with _low and _high, n, cost_basis. The sweep is that of the first family and
            chooser.
        router: the one that is shown.

    Returns:
        series (a constant of the drawing module, or the name of an oracle reference), router, family, policy, samples,
        operating_point, chosen_on, choice, accuracy and cost_usd_per_1000 with _low and _high, n, cost_basis. The
        hull's rows are its vertices, from cheap to dear. A chosen point with probing charged is absent where that
        charge is unknown.

    Raises:
        UserError: the summary lacks the router.
    """
    test = curves[curves.split == "test"]
    singles = test[test.strategy == SINGLE]
    full = singles.samples.isna() | (singles.samples == singles.groupby("policy").samples.transform("max"))
    parts = [(SINGLE, singles[full]), (FEWER, singles[singles.policy.isin(singles.policy[~full])])]
    parts += [(HULL, test[test.strategy == HULL].sort_values("cost"))]
    parts += [(series, test[test.strategy == series]) for series in (RANDOM, ORACLE, *oracle_references())]
    chosen = chosen_to_match(summary, router)
    first = chosen.iloc[0]
    swept = (test.strategy == router) & (test.family == first.family) & (test.calibrated_on == first.calibrated_on)
    parts += [(SWEEP, test[swept])]
    charged = chosen.drop(columns=[name for name in ESTIMATES if name.startswith("cost")])
    charged = charged.rename(columns=lambda name: name.replace("cost_with_probing", "cost"))
    parts += [(CHOSEN, chosen), (CHARGED, charged.dropna(subset="cost"))]
    others = [family for family in summary.family.dropna().unique() if family != first.family]
    parts += [(CHOSEN_BY_FAMILY, chosen_to_match(summary, router, family).iloc[:1]) for family in others]
    table = pd.concat([part.assign(series=series) for series, part in parts], ignore_index=True)
    table = table.assign(router=router, cost_basis=pooled_basis(summary.cost_basis))
    costs = {name: name.replace("cost", COST, 1) for name in ESTIMATES if name.startswith("cost")}
    table[list(costs)] = PER * table[list(costs)]
    table = table.rename(columns=costs)
    estimates = [costs.get(name, name) for name in ESTIMATES]
    labels = ["series", "router", "family", "policy", "samples", "operating_point", "chosen_on", "choice"]
    return table[[*labels, *estimates, "n", "cost_basis"]]
