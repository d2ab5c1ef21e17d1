"""The page on which a person moves a router's operating point and the fields of an investment."""

import base64
from hashlib import sha256
from itertools import cycle
from typing import Any

import jinja2
import numpy as np
import pandas as pd
from markupsafe import Markup

from foretell.figures.costs import PER, unit_for_readers
from foretell.figures.return_on_investment import collect
from foretell.figures.style import COLOURS, opacities
from foretell.figures.text import samples
from foretell.probes.families import FAMILIES
from foretell.routing.explorer import Explored
from foretell.routing.investment import MONTHS
from foretell.routing.points import SINGLE
from foretell.routing.routers import named
from foretell.routing.settings import ReturnSettings

FIELDS = ["queries_per_month", "review_hours", "price_of_hour", "labelling_cost", "integration_cost"]
WAITING = "price_of_waiting"  # a field where it is known how long answers take


def render(explored: Explored, pool: str, settings: ReturnSettings, template: str, script: str, style: str) -> str:
    """The page as HTML that asks nothing of anybody: numbers, script and style stand in it.

    Args:
        explored: what it computes from.
        pool: whose router it is.
        settings: that it was explored with.
        template: of Jinja.
        script: JavaScript, the only one that the page runs.
        style: CSS.
    """
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    counted = explored.strategies.assign(probing_counted=explored.known[: len(explored.strategies)])
    strategies = collect(counted, settings.investment.model_dump())
    family = FAMILIES[settings.families[0]].label
    return environment.from_string(template).render(
        style=Markup(style),
        script=Markup(script),
        script_hash=base64.b64encode(sha256(script.encode()).digest()).decode(),
        pool=pool,
        family=family,
        data=_data(explored, strategies, settings),
        assumption=strategies.assumption.iloc[0],
        assumed="assumed" in strategies.assumption.iloc[0].rpartition("costs per query:")[2],
        uncounted=not explored.known.all(),
        timed=explored.seconds is not None,
        mixed=settings.investment.mix is not None,
        explored=explored,
        folds_report_together=explored.chosen_on == "test",
        chooser=settings.choosers[0].chosen_on,
    )


def _data(explored: Explored, strategies: pd.DataFrame, settings: ReturnSettings) -> dict[str, Any]:
    fields = FIELDS if explored.seconds is None else [*FIELDS, WAITING]
    factor, problems = unit_for_readers(PER * pd.Series(explored.cost[0]))
    points = explored.points
    by_point = {
        point: part[["share", "share_low", "share_high"]].to_numpy().round(5).tolist()
        for point, part in explored.shares.groupby("point")
    }
    return {
        "months": MONTHS,
        "n": explored.n,
        "resamples": explored.resamples,
        "unit": {"scale": factor * PER, "queries": problems},
        "colours": COLOURS,
        "investment": {name: getattr(settings.investment, name) or 0 for name in fields},
        "once": {"problems": explored.once.problems, "answers": explored.once.answers},
        "incumbent": explored.incumbent,
        "strategies": [_strategy(row, points, settings.families[0]) for row in strategies.itertuples()],
        "routers": [
            {"id": router.name, "title": router.title, "symbol": router.symbol, "meaning": router.meaning}
            for router in named(settings.sweep).values()
        ],
        "policies": _policies(explored.shares),
        "points": [
            {
                "router": row.strategy,
                "at": row.operating_point,
                "accuracy": row.choosing_accuracy,
                "cost": row.choosing_cost,
                "shares": by_point[row.Index],
            }
            for row in points.itertuples()
        ],
        "accuracy": _packed(explored.accuracy),
        "cost": _packed(explored.cost),
        "seconds": None if explored.seconds is None else _packed(explored.seconds),
    }


def _policies(shares: pd.DataFrame) -> list[dict[str, Any]]:
    """What a router may choose, in the order of a point's shares: name, colour, opacity, lower with fewer samples."""
    parts = shares.drop_duplicates(["policy", "samples"])
    several = parts.policy.duplicated(keep=False).any()
    colours = dict(zip(parts.policy.unique(), cycle(COLOURS), strict=False))
    return [
        {
            "name": f"{row.policy}, {samples(row.samples)}" if several else row.policy,
            "colour": colours[row.policy],
            "opacity": round(opacity, 3),
        }
        for row, opacity in zip(parts.itertuples(), opacities(parts.policy), strict=True)
    ]


def _strategy(row: Any, points: pd.DataFrame, family: str) -> dict[str, Any]:
    """What the page knows of a strategy: `point` is the operating point that it was chosen at, if it is one of them."""
    same = (points.strategy == row.strategy) & (points.operating_point == row.operating_point)
    return {
        "name": row.name,
        "strategy": row.strategy,
        "policy": row.policy if row.strategy == SINGLE else None,
        "criterion": None if pd.isna(row.criterion) else row.criterion,
        "point": int(np.flatnonzero(same)[0]) if row.family == family and same.any() else None,
    }


def _packed(values: np.ndarray) -> str:
    """[1 + resamples, rows] in base64, row after row; single precision would show in the last digits of savings."""
    return base64.b64encode(np.ascontiguousarray(values.T, dtype="<f8").tobytes()).decode()
