"""Which routers match the best single policy, in sentences."""

import pandas as pd

from foretell.common.rounded import number, with_interval
from foretell.routing.choice import FALLS_BACK, chosen_to_match, routing_family
from foretell.routing.matching import NO, YES, points
from foretell.routing.routers import ROUTERS
from foretell.routing.settings import MATCH

CHARGED = "saving_with_probing"


def which_match(summary: pd.DataFrame) -> tuple[str, str]:
    """Which routers match the best single policy within the margin, in a sentence; and each router in detail.

    Args:
        summary: of the routing stage; the family that counts and the first chooser, at the points that match there.

    Raises:
        UserError: no router has a point that was chosen to match.
    """
    rows = _at_match(summary)
    first = next(iter(rows.values()))
    matching = [f"the {ROUTERS[name].title}" for name, row in rows.items() if row.matched == YES]
    within = f"within {points(first.margin)} on {first.n} test problems"
    several = " / " in first.best_single  # one per fold
    best = f"{first.best_single}, the best single {'policies' if several else 'policy'} on {first.chosen_on}, {within}"
    if matching:
        saves = any(row.matched == YES and _least_saving(row) > 0 for row in rows.values())
        told = f"{' and '.join(matching)} {'match' if len(matching) > 1 else 'matches'} {best}"
        told += "." if saves else ", but no saving is shown."
    else:
        told = f"no router is shown to match {best}."
    ordered = sorted(rows.items(), key=lambda each: each[1].matched != YES)
    return _sentence(told), " ".join(_sentence(_said(ROUTERS[name].title, row)) for name, row in ordered)


def _least_saving(row: pd.Series) -> float:
    """Lower end of what is saved, with probing where its price is known."""
    return float(row.saving_low if pd.isna(row.saving_with_probing) else row[f"{CHARGED}_low"])


def _at_match(summary: pd.DataFrame) -> dict[str, pd.Series]:
    """By router, its row."""
    asked = summary[(summary.criterion == MATCH) & (summary.family == routing_family(summary))]
    present = [name for name in ROUTERS if name in set(asked.strategy)] or ["utility"]
    return {name: chosen_to_match(summary, name).iloc[0] for name in present}


def _said(title: str, row: pd.Series) -> str:
    if pd.isna(row.matched):
        less = "; the pool's keys accuracy and budget ask for less"
        why = f", since no setting matches on {row.chosen_on}{less}" if row.choice in FALLS_BACK.values() else ""
        return f"the {title} sends every test problem to {row.best_single}{why}."
    distance = f"{_of(row, 'accuracy_difference', signed=True)} points from {row.best_single}"
    if row.matched == YES:
        told = f"the {title} is {distance} and {_cost(row)}"
    elif row.matched == NO:
        told = f"the {title} does not: it is {distance} and {_cost(row)}"
    elif row.accuracy_difference_high < 0:
        told = (
            f"the {title} is less accurate, and whether it is so by less than {points(row.margin)} stays open: it is "
            f"{distance} and {_cost(row)}"
        )
    else:
        told = (
            f"whether the {title} does stays open, since this sample can only tell differences of "
            f"{number(row.resolvable_margin, 1, 100)} points or more: it is {distance} and {_cost(row)}"
        )
    return f"{told}{_beside_mixtures(row)}."


def _beside_mixtures(row: pd.Series) -> str:
    """Where it is shown: whether the router beats choosing between policies by chance, for the same money."""
    gain = "gain_over_hull" if pd.isna(row.saving_with_probing) else "gain_over_hull_with_probing"
    value, low, high = row[gain], row[f"{gain}_low"], row[f"{gain}_high"]
    if low > 0:
        distance, shown = with_interval(value, low, high, 1, 100), "more"
    elif high < 0:
        distance, shown = with_interval(-value, -high, -low, 1, 100), "less"
    else:
        return ""
    return (
        f"; it is {distance} points {shown} accurate than choosing by chance between single policies for the same money"
    )


def _cost(row: pd.Series) -> str:
    itself = _saved(row, "saving")
    if row.saving_with_probing == row.saving:
        return itself
    charged = "what it saves is unknown" if pd.isna(row.saving_with_probing) else f"it {_saved(row, CHARGED)}"
    return f"{itself}; with its probing charged, {charged}"


def _saved(row: pd.Series, name: str) -> str:
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    if low == high == 0:
        return "saves nothing"
    if high <= 0:
        return f"costs {with_interval(-row[name], -high, -low, 1, 100)} % more"
    return f"saves {_of(row, name)} %" + (", which may be nothing" if low <= 0 else "")


def _of(row: pd.Series, name: str, signed: bool = False) -> str:
    return with_interval(row[name], row[f"{name}_low"], row[f"{name}_high"], 1, 100, signed)


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]
