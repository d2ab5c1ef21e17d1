"""How routers are evaluated: who chooses operating points, and what for."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt, PositiveInt, field_validator

from foretell.common.arguments import Settings
from foretell.routing.routers import Sweep

Criterion = Literal["match", "budget", "accuracy", "total"]
MATCH: Criterion = "match"
BUDGET: Criterion = "budget"
ACCURACY: Criterion = "accuracy"
TOTAL: Criterion = "total"
Criteria = dict[Criterion, float | None]


class Chooser(Settings):
    """Two splits: on one Platt scaling was fitted, on the other (or the same) operating points are chosen."""

    calibrated_on: str
    chosen_on: str


class RoutingEvaluationSettings(Settings):
    """How routers are evaluated.

    Attributes:
        resamples: how often the groups of problems are resampled.
        seed: of the resampling.
        sweep: how finely routers are swept.
        families: whose probabilities are routed by; the first is the one that counts where there is one.
        choosers: who chooses operating points; the first counts where there is one choice for all.
        criteria: what they are chosen for; see `foretell.routing.choice.choose_point`.
        margin: share by which a strategy may be less accurate than the best single policy and still match it.
        cost_sensitivity: share by which assumed costs are varied; None for bootstrap intervals in any case.
    """

    resamples: PositiveInt
    seed: NonNegativeInt
    sweep: Sweep
    families: list[str] = Field(min_length=1)
    choosers: list[Chooser] = Field(min_length=1)
    criteria: Criteria = Field(min_length=1)
    margin: Annotated[float, Field(gt=0, lt=1)]
    cost_sensitivity: Annotated[float, Field(gt=0, lt=1)] | None = None

    @field_validator("criteria")
    @classmethod
    def _have_values(cls, criteria: Criteria) -> Criteria:
        for criterion, value in criteria.items():
            if (value is None) != (criterion == MATCH):
                raise ValueError(f"{criterion!r} needs {'null' if criterion == MATCH else 'a number'}")
        return criteria
