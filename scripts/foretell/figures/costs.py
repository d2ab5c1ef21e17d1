"""How tables and figures show costs."""

import pandas as pd

PER = 1000  # problems that the costs of a table are for
COST = "cost_usd_per_1000"
READABLE = 0.1  # where no cost per 1,000 problems reaches this many dollars, readers are shown the cost of a million


def unit_for_readers(costs: pd.Series) -> tuple[float, str]:
    """The factor that makes costs per 1,000 problems read well, and the number of problems that they are then for.

    Tables on disk are always per 1,000 problems.
    """
    return (1000.0, "million") if costs.max() < READABLE else (1.0, "1,000")


def told_of_costs(rows: pd.DataFrame) -> tuple[str, str]:
    """What a note says of costs: a sentence where they are assumed, and a clause where savings have no interval.

    Args:
        rows: of a routing summary: cost_basis, saving_interval.
    """
    assumed = "Costs are assumed, not measured. " if "assumed" in pooled_basis(rows.cost_basis) else ""
    sensitivity = [name for name in rows.saving_interval.unique() if name.startswith("sensitivity")]
    return assumed, "".join(f"; of savings: {name} of each cost, no interval of confidence" for name in sensitivity)


def pooled_basis(bases: pd.Series) -> str:
    """All that the costs of a table rest on, such as `assumed, measured tokens`."""
    return ", ".join(sorted(set(", ".join(bases.dropna()).split(", "))))
