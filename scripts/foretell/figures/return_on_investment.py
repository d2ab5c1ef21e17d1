"""T11 and F12: what a router is worth in a year."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from foretell.common.rounded import number, with_interval
from foretell.figures.costs import pooled_basis
from foretell.figures.routing_summary import strategy_name
from foretell.figures.style import BLACK, COLOURS, PAGE, styled, wrapped
from foretell.figures.text import money
from foretell.probes.families import FAMILIES

MODELS, REVIEW, WAITING = COLOURS[:3]
NEVER = "never"
UNCOUNTED = " (without reading prompts, whose price is not known)"
SAVED = 30  # characters of the incumbent's
LABEL = 60  # characters of a strategy's name that fit on a line


def collect(returns: pd.DataFrame, investment: dict[str, Any]) -> pd.DataFrame:
    """A year by every strategy, and what it rests on.

    Args:
        returns: as `foretell.routing.investment.estimate_return` gives it.
        investment: an entry of `return_on_investment`, its keys those of `foretell.routing.settings.Investment`.

    Returns:
        The same rows and columns, with name (what readers are told) and assumption.
    """
    queries, hours, price = (investment[key] for key in ("queries_per_month", "review_hours", "price_of_hour"))
    like = "in a mix of groups of its own" if investment["mix"] else "like those of test"
    basis = (
        f"{queries:,.0f} queries a month, {like}; {hours:g} hours of review of a wrong answer, {price:g} USD an hour; "
        f"{_waiting(investment)}{investment['assumption']}; costs per query: {pooled_basis(returns.cost_basis)}"
    )
    return returns.assign(name=[_name(row) for row in returns.itertuples()], assumption=basis)


def _waiting(investment: dict[str, Any]) -> str:
    """What is assumed of the time that answers take; empty where nothing is."""
    if investment["latency"] is None:
        return ""
    seconds = ", ".join(f"{policy} {seconds:g} s" for policy, seconds in investment["latency"].items())
    routing, price = (investment[key] for key in ("routing_latency", "price_of_waiting"))
    routed = "" if routing is None else f", {routing:g} s before it where a model reads the prompt to route"
    priced = "" if price is None else f", {price:g} USD for an hour of waiting"
    return f"until the answer is there: {seconds}{routed}{priced}; "


def _name(row: Any) -> str:
    name = strategy_name(row)
    read = "" if pd.isna(row.family) else f", by {FAMILIES[row.family].label}"
    return name + read + ("" if row.probing_counted else UNCOUNTED)


def layout(frame: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """For readers: dollars a year."""

    def cells(column: str, write: Callable[..., str] = money, **options: Any) -> list[str]:
        columns = zip(*(frame[column + end] for end in ("", "_low", "_high")), strict=True)
        return [write(*values, **options) or "unknown" for values in columns]

    def against(column: list[str]) -> list[str]:
        return ["" if incumbent else cell for incumbent, cell in zip(frame.is_incumbent, column, strict=True)]

    table = pd.DataFrame(
        {
            "Strategy": [
                f"{row.name}, the incumbent" if row.is_incumbent else row.name for row in frame.itertuples(index=False)
            ],
            "Accuracy, %": cells("accuracy", with_interval, digits=1, scale=100),
            **({"Latency, s": cells("latency", with_interval, digits=2)} if "latency" in frame else {}),
            "Models, USD a year": cells("model_cost"),
            "Review, USD a year": cells("review_cost"),
            **({"Waiting, USD a year": cells("waiting_cost")} if "waiting_cost" in frame else {}),
            "Together, USD a year": cells("total"),
            "Saving, USD a year": against(cells("saving")),
            "Saving, %": against(cells("saving_share", with_interval, digits=1, scale=100)),
            "Paid back after, months": against([_payback(row) for row in frame.itertuples()]),
        }
    )
    first = frame.iloc[0]
    parts = [first.once_labelling, first.once_answers, first.once_integration]
    once, labelling, answers, integration = (money(each, np.nan, np.nan) for each in [sum(parts), *parts])
    note = (
        f"{first.assumption}. Paid once, for a router: {once} USD, of which {labelling} for the gold answers of "
        f"{first.once_problems} problems, {answers} for every policy's answers to them, {integration} for putting it "
        "into service. Models: tokens, and reading prompts to route. A negative saving is a loss. 95 % bootstrap "
        f"intervals over the problems of test (n = {first.n}), paired; they hold the error of the sample, not of the "
        "assumptions."
    )
    return table, note


def _payback(row: Any) -> str:
    """Months with their interval, whose ends are those of the saving in reverse; empty but for routers.

    `never` stands where nothing is saved.
    """
    ends = [row.payback_months, row.payback_months_low, row.payback_months_high]
    if pd.isna(ends[0]):
        return ""
    value, low, high = (NEVER if np.isinf(end) else number(end, 1) for end in ends)
    return f"{value} [{low}, {high}]"


@styled
def draw(frame: pd.DataFrame) -> Figure:
    """A bar per strategy, of what models, review and waiting cost, and beside it what is saved, with its interval."""
    figure = Figure(figsize=(PAGE, 0.8 + 0.24 * len(frame)), layout="constrained")
    costs, savings = figure.subplots(1, 2, sharey=True, width_ratios=[3, 2])
    places = np.arange(len(frame))[::-1]
    costs.barh(places, frame.model_cost, color=MODELS, height=0.6, label="models")
    costs.barh(
        places, frame.review_cost, left=frame.model_cost, color=REVIEW, height=0.6, label="review of wrong answers"
    )
    if "waiting_cost" in frame:
        before = frame.model_cost + frame.review_cost
        costs.barh(places, frame.waiting_cost, left=before, color=WAITING, height=0.6, label="waiting for answers")
    costs.set_yticks(places, [wrapped(name.replace(UNCOUNTED, "*"), LABEL) for name in frame.name])
    starred = "" if frame.probing_counted.all() else "\n*" + UNCOUNTED.strip(" ()")
    costs.set_xlabel(f"USD a year{starred}")
    errors = np.array([frame.saving - frame.saving_low, frame.saving_high - frame.saving])
    savings.errorbar(frame.saving, places, xerr=errors, fmt="o", color=BLACK, elinewidth=0.8, capsize=2, markersize=3)
    savings.axvline(0, color=BLACK, linestyle=":", linewidth=0.8)
    savings.set_xlabel(f"USD a year saved against\n{wrapped(frame.incumbent.iloc[0], SAVED)}")
    for axes in (costs, savings):
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.xaxis.set_major_locator(MaxNLocator(4))
    figure.legend(loc="outside upper center", ncols=3)
    return figure
