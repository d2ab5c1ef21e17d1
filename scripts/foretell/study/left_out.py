"""Problem sets that a study does without on a machine that cannot run generated code."""

from collections.abc import Callable


def leave_out(config: dict, why_no_sandbox: Callable[[], str | None]) -> tuple[dict, dict[str, str]]:
    """A study without the problem sets that are to be left out where there is no sandbox.

    Args:
        config: a checked configuration; it is not changed.
        why_no_sandbox: tells why generated code cannot run here, None if it can; asked only if that matters.

    Returns:
        The configuration without them, and without the pools, policies and models that serve them alone; and the
        reason, by problem set.
    """
    left = [name for name, entry in config["problem_sets"].items() if entry.get("without_sandbox") == "leave_out"]
    reason = why_no_sandbox() if left else None
    if reason is None:
        return config, {}
    pools = {name: pool for name, pool in config["pools"].items() if pool["problem_set"] not in left}
    idle = _policies(config["pools"]) - _policies(pools)
    policies = {name: policy for name, policy in config["policies"].items() if name not in idle}
    unasked = _models(config["policies"]) - _models(policies)
    kept = {
        "problem_sets": {name: entry for name, entry in config["problem_sets"].items() if name not in left},
        "models": {name: model for name, model in config["models"].items() if name not in unasked},
        "policies": policies,
        "pools": pools,
    }
    return {**config, **kept}, dict.fromkeys(left, reason)


def _policies(pools: dict) -> set[str]:
    return {policy for pool in pools.values() for policy in pool.get("policies", [])}


def _models(policies: dict) -> set[str | None]:
    return {policy.get("model") for policy in policies.values()}
