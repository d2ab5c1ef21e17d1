"""F6 and F7: what a router costs and gets right, beside what needs no router."""

import pandas as pd

from foretell.routing.choice import MATCH

SINGLE, FEWER, HULL = "single", "fewer samples", "hull"
RANDOM, ORACLE, ORACLE_UTILITY = "random", "oracle", "oracle_utility"
SWEEP, CHOSEN, CHARGED = "sweep", "chosen", "chosen, probing charged"
PER = 1000  # problems that the costs of a table are for
READABLE = 0.1  # where no cost per 1,000 problems reaches this many dollars, readers are shown the cost of a million
ESTIMATES = ["accuracy", "accuracy_low", "accuracy_high", "cost", "cost_low", "cost_high"]
COST = "cost_usd_per_1000"


def collect(curves: pd.DataFrame, summary: pd.DataFrame, router: str) -> pd.DataFrame:
    """Points of the cost-accuracy plane on test.

    Args:
        curves: split, strategy, policy, samples, calibrated_on, operating_point, accuracy and cost with _low and _high,
            n.
        summary: strategy, criterion, calibrated_on, chosen_on, choice, operating_point, accuracy, cost and
            cost_with_probing with _low and _high, n, cost_basis. The sweep is that of the first row's probabilities.
        router: utility or cascade.

    Returns:
        series (one of this module's constants), router, policy, samples, operating_point, chosen_on, choice, accuracy
        and cost_usd_per_1000 with _low and _high, n, cost_basis. The hull's rows are its vertices, from cheap to dear.
        A chosen point with probing charged is absent where that charge is unknown.
    """
    test = curves[curves.split == "test"]
    singles = test[test.strategy == SINGLE]
    full = singles.samples.isna() | (singles.samples == singles.groupby("policy").samples.transform("max"))
    parts = [(SINGLE, singles[full]), (FEWER, singles[singles.policy.isin(singles.policy[~full])])]
    parts += [(HULL, test[test.strategy == HULL].sort_values("cost"))]
    parts += [(series, test[test.strategy == series]) for series in (RANDOM, ORACLE, ORACLE_UTILITY)]
    chosen = summary[(summary.strategy == router) & (summary.criterion == MATCH)]
    swept = (test.strategy == router) & (test.calibrated_on == chosen.calibrated_on.iloc[0])
    parts += [(SWEEP, test[swept])]
    charged = chosen.drop(columns=[name for name in ESTIMATES if name.startswith("cost")])
    charged = charged.rename(columns=lambda name: name.replace("cost_with_probing", "cost"))
    parts += [(CHOSEN, chosen), (CHARGED, charged.dropna(subset="cost"))]
    table = pd.concat([part.assign(series=series) for series, part in parts], ignore_index=True)
    table = table.assign(router=router, cost_basis=pooled_basis(summary.cost_basis))
    costs = {name: name.replace("cost", COST, 1) for name in ESTIMATES if name.startswith("cost")}
    table[list(costs)] = PER * table[list(costs)]
    table = table.rename(columns=costs)
    estimates = [costs.get(name, name) for name in ESTIMATES]
    labels = ["series", "router", "policy", "samples", "operating_point", "chosen_on", "choice"]
    return table[[*labels, *estimates, "n", "cost_basis"]]


def unit_for_readers(costs: pd.Series) -> tuple[float, str]:
    """The factor that makes costs per 1,000 problems read well, and the number of problems that they are then for.

    Tables on disk are always per 1,000 problems.
    """
    return (1000.0, "million") if costs.max() < READABLE else (1.0, "1,000")


def pooled_basis(bases: pd.Series) -> str:
    """All that the costs of a table rest on, such as `assumed, measured tokens`."""
    return ", ".join(sorted(set(", ".join(bases.dropna()).split(", "))))
