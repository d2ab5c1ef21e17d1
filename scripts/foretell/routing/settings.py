"""How routers are evaluated: who chooses operating points, what for, and what a query costs beside its tokens."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt, PositiveInt, field_validator, model_validator

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
        budget_with_probing: whether the budget is for probing too, where its price is known.
        margin: share by which a strategy may be less accurate than the best single policy and still match it.
        cost_sensitivity: share by which assumed costs are varied; None for bootstrap intervals in any case.
    """

    resamples: PositiveInt
    seed: NonNegativeInt
    sweep: Sweep
    families: list[str] = Field(min_length=1)
    choosers: list[Chooser] = Field(min_length=1)
    criteria: Criteria = Field(min_length=1)
    budget_with_probing: bool = False
    margin: Annotated[float, Field(gt=0, lt=1)]
    cost_sensitivity: Annotated[float, Field(gt=0, lt=1)] | None = None

    @field_validator("criteria")
    @classmethod
    def _have_values(cls, criteria: Criteria) -> Criteria:
        for criterion, value in criteria.items():
            if (value is None) != (criterion == MATCH):
                raise ValueError(f"{criterion!r} needs {'null' if criterion == MATCH else 'a number'}")
        return criteria


class Investment(Settings):
    """What a query costs beside its tokens, and what a router costs before the first one."""

    queries_per_month: float = Field(gt=0)
    """Queries that are answered in a month."""
    incumbent: Annotated[str, Field(min_length=1)] | None = None
    """Policy that answers all of them today; without it the best single policy of the split that chooses."""
    review_hours: float = Field(default=0.0, ge=0)
    """Hours that a person spends on a wrong answer."""
    price_of_hour: float = Field(default=0.0, ge=0)
    """USD for such an hour."""
    labelling_cost: float = Field(default=0.0, ge=0)
    """USD for the gold answer of a problem that the router learns or chooses on, once."""
    integration_cost: float = Field(default=0.0, ge=0)
    """USD for putting the router into service, once."""
    latency: dict[str, Annotated[float, Field(ge=0)]] | None = None
    """Seconds until an answer is there, by policy, whose samples are drawn side by side; all policies of the pool."""
    routing_latency: float | None = Field(default=None, ge=0)
    """Seconds before that in which a model reads the prompt to route; none by one that reads no more than text."""
    price_of_waiting: float | None = Field(default=None, ge=0)
    """USD for an hour of waiting for answers."""
    mix: dict[str, Annotated[float, Field(ge=0)]] | None = None
    """How many of the queries, relative to the others, are like each group of problems, where that is not as among the
    test problems. The problems need a column `group` with several problems in each."""
    assumption: str = Field(min_length=1)
    """What these numbers rest on; printed with the results."""

    @field_validator("mix")
    @classmethod
    def _has_a_share(cls, mix: dict[str, float] | None) -> dict[str, float] | None:
        if mix is not None and not sum(mix.values()) > 0:
            raise ValueError("no group has a share above 0; leave 'mix' out for that of the test problems")
        return mix

    @model_validator(mode="after")
    def _says_how_long_answers_take(self) -> "Investment":
        for key in ("routing_latency", "price_of_waiting"):
            if self.latency is None and getattr(self, key) is not None:
                raise ValueError(f"{key!r} needs 'latency', the seconds until each policy's answer is there")
        return self


class PilotSettings(Settings):
    """An A/B test of a pool's router against the policy whose place it would take, replayed on problems of the split
    `pilot`, which nothing else uses."""

    incumbent: Annotated[str, Field(min_length=1)] | None = None
    """Policy that answers everything today; without it the best single policy of the split that chooses."""
    margin: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Share by which the router may be less accurate; without it `routing.margin`."""
    largest_cost: float = Field(gt=0)
    """USD that a policy can cost on a problem, at most, all samples together: that of the limits of prompt and answer,
    at the dearest prices. The bounds rest on it."""


class ReturnSettings(RoutingEvaluationSettings):
    """How routers are evaluated, and what they are worth."""

    investment: Investment
