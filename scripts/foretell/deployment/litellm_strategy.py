"""A routing strategy for LiteLLM: of the deployments of a model group, the one that an exported router chooses.

LiteLLM is not among this project's dependencies: whoever has it makes its router, and registers this strategy with it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import anyio.to_thread

from foretell.common.errors import UserError
from foretell.deployment.loaded_probe import Fields
from foretell.deployment.requests import RefusedError, question_of
from foretell.deployment.router import Decision

Deployment = Mapping[str, Any]  # an entry of LiteLLM's `model_list`


class Routes(Protocol):
    """What the strategy asks: a `foretell.deployment.router.Router`."""

    @property
    def policies(self) -> list[str]:
        """Policies from cheap to dear."""

    def route(self, prompts: Sequence[str | Fields]) -> list[Decision]:
        """Decide on prompts."""


class RouterStrategy:
    """Has the methods of LiteLLM's `CustomRoutingStrategyBase`."""

    def __init__(self, router: Routes, model_list: Sequence[Deployment], group: str, fallback: str):
        """Put the strategy together.

        Args:
            router: decides.
            model_list: as LiteLLM's router has it; the `model_info.id` of a deployment of the group names its policy.
            group: `model_name` of the deployments among which is chosen. Any other has one deployment.
            fallback: policy that answers what cannot be routed: a chat in which the user said last something else than
                text, or a prompt that the router cannot read.

        Raises:
            UserError: a policy has no deployment in the group, or another group has several.
        """
        self._router, self._group = router, group
        of_group = [each for each in model_list if each["model_name"] == group]
        self._deployments = {str(each.get("model_info", {}).get("id")): each for each in of_group}
        missing = [policy for policy in dict.fromkeys([*router.policies, fallback]) if policy not in self._deployments]
        if missing:
            raise UserError(
                f"model_list: the group {group!r} has no deployment of policy {missing[0]!r}; give one "
                f"'model_info: {{id: {missing[0]}}}'"
            )
        self._fallback = self._deployments[fallback]
        self._others: dict[str, Deployment] = {}
        for each in model_list:
            name = each["model_name"]
            if name != group and self._others.setdefault(name, each) is not each:
                raise UserError(f"model_list: {name!r} has several deployments; only {group!r} is chosen in")
        self._one_at_a_time: anyio.CapacityLimiter | None = None

    def get_available_deployment(
        self,
        model: str,
        messages: list[dict[str, Any]] | None = None,
        input: str | list[Any] | None = None,
        specific_deployment: bool | None = False,
        request_kwargs: dict[str, Any] | None = None,
    ) -> Deployment:
        """The deployment that a request goes to.

        Raises:
            UserError: there is none of this name.
        """
        if model != self._group:
            if model not in self._others:
                raise UserError(f"there is no deployment of {model!r}")
            return self._others[model]
        try:
            question = question_of({"messages": messages})
            return self._fallback if question is None else self._deployments[self._router.route([question])[0].policy]
        except (RefusedError, UserError):
            return self._fallback

    async def async_get_available_deployment(self, model: str, *args: Any, **kwargs: Any) -> Deployment:
        """The same, in a thread, one request at a time."""
        self._one_at_a_time = self._one_at_a_time or anyio.CapacityLimiter(1)
        return await anyio.to_thread.run_sync(
            lambda: self.get_available_deployment(model, *args, **kwargs), limiter=self._one_at_a_time
        )
