"""Which policy an exported router takes, from probabilities alone: no model is needed."""

import numpy as np

from foretell.common.errors import UserError
from foretell.deployment.description import Chosen, RouterDescription
from foretell.routing.routers import ROUTERS, RouterInputs, Sweep


def choose_point(
    description: RouterDescription,
    router: str = "utility",
    criterion: str = "match",
    operating_point: float | None = None,
) -> Chosen:
    """The operating point that the study chose, or another one in its place; see `foretell.deployment.router.Router`.

    Raises:
        UserError: the study chose none for this criterion.
    """
    known: dict[tuple[str, str], Chosen] = {(each.router, each.criterion): each for each in description.chosen}
    if (router, criterion) not in known:
        listed = ", ".join(f"{name} for {what}" for name, what in known)
        raise UserError(f"the study chose no operating point of {router!r} for {criterion!r}; it chose {listed}")
    chosen = known[router, criterion]
    if operating_point is None:
        return chosen
    return chosen.model_copy(update={"operating_point": operating_point, "choice": "by hand", "policy": None})


def choose_policies(description: RouterDescription, chosen: Chosen, success: np.ndarray) -> np.ndarray:
    """[prompts] column of the policy, from probabilities [prompts, policies]."""
    if chosen.operating_point is None:
        return np.full(len(success), [each.policy for each in description.policies].index(str(chosen.policy)))
    tiers = np.array([each.tier_cost for each in description.policies])
    none = np.empty((0, len(tiers)))  # these routers learn nothing from train
    inputs = RouterInputs(success, tiers, np.zeros(len(success), dtype=bool), none, none, Sweep())
    return ROUTERS[chosen.router].route(inputs, np.array([chosen.operating_point]))[0]
