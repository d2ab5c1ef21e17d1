"""The entries of `pools`: policies to route over, or pools whose test problems are reported together."""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from foretell.common.arguments import Settings
from foretell.routing.settings import PilotSettings
from foretell.study.models import Price
from foretell.study.types import Distinct, Id, Positive, Share, Text


class Fallback(Settings):
    """A source that gets what a policy does not answer."""

    cost: Positive
    """Assumed cost in USD per problem."""
    accuracy: Share
    """Assumed share of right answers."""
    assumption: Text
    """What these rest on; printed in the figure."""


class SinglePool(Settings):
    """Policies to route over."""

    problem_set: Id
    """Problem set whose problems are routed."""
    policies: Annotated[Distinct[Id], Field(min_length=2)]
    """Policies to route over."""
    fewer_samples: bool = False
    """Routers may choose a policy at fewer of its samples too, as mixtures of single policies may."""
    choose_on: Distinct[Literal["validation", "train"]] = ["validation"]
    """Splits on which operating points are chosen, each reported. The first counts; choosing on `train` is there to
    show what it does when train and test labels differ."""
    budget: Positive | None = None
    """Reports, beside the operating point `match`, the most accurate one whose mean cost in USD per problem is at most
    this."""
    budget_with_probing: bool = False
    """The budget is for reading the prompts to route too, where the price of that is known."""
    accuracy: Annotated[float, Field(gt=0, le=1)] | None = None
    """Reports, beside the operating point `match`, the cheapest one that is right on at least this share."""
    prices: dict[Id, Price] = {}
    """Prices in this pool alone, by model, or by imported policy that has prices: such as another provider's for the
    same answers."""
    cost_sensitivity: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Where costs are assumed, each policy's is varied by this share, and the range of savings stands in place of an
    interval."""
    pilot: PilotSettings | None = None
    """An A/B test of the router against an incumbent, replayed on problems that are kept for it (T14)."""
    fallback: Fallback | None = None
    """A source that gets what a policy does not answer, in the figure of risk and coverage (F11). Nothing is asked
    there: its cost and accuracy are assumed."""

    @property
    def criteria(self) -> dict[str, float | None]:
        """What operating points are chosen for, and the value that each asks for."""
        given = {"budget": self.budget, "accuracy": self.accuracy}
        return {"match": None, **{name: value for name, value in given.items() if value is not None}}


class PoolOfFolds(Settings):
    """Pools that each choose on their own and whose test problems are reported together."""

    problem_set: Id
    """Problem set whose problems are routed."""
    folds: Annotated[Distinct[Id], Field(min_length=2)]
    """Pools that each choose on their own and whose test problems are reported together. Their other keys are equal,
    and count."""


def _kind(entry: Any) -> str:
    keys = entry if isinstance(entry, dict) else getattr(type(entry), "model_fields", ())
    return "PoolOfFolds" if "folds" in keys and "policies" not in keys else "SinglePool"


AnyPool = Annotated[
    Annotated[SinglePool, Tag("SinglePool")] | Annotated[PoolOfFolds, Tag("PoolOfFolds")], Discriminator(_kind)
]
