"""What it costs to ask the probes: one prefill per distinct encoder that was consulted, the chosen one's reused."""

from collections.abc import Iterable

import numpy as np

from foretell.routing.pool import Pool


def charge_every_encoder(pool: Pool) -> np.ndarray:
    """Charge for consulting every encoder of the pool: USD, [problems, policies], by the policy that was chosen."""
    everyone = range(len(pool.policies))
    return np.column_stack([_charge(pool, everyone, chosen) for chosen in everyone])


def charge_consulted_in_order(pool: Pool) -> np.ndarray:
    """Charge for consulting the encoders up to the policy that was kept, whose own prefill is reused if it can be.

    The last policy is kept without a probe, so its encoder adds nothing.

    Returns:
        USD, [problems, policies], by the policy that was kept; NaN where a prefill that is charged has no known price.
    """
    last = len(pool.policies) - 1
    return np.column_stack([_charge(pool, range(min(kept + 1, last)), kept) for kept in range(last + 1)])


def charge_nothing(pool: Pool) -> np.ndarray:
    """Charge for no probe: zeros, [problems, policies]."""
    return np.zeros_like(pool.cost)


def _charge(pool: Pool, consulted: Iterable[int], chosen: int) -> np.ndarray:
    """Price the prefills of the consulted policies' encoders, but for one that the answer goes on from and pays for."""
    prefills = {_encoder(pool, policy): pool.probe_cost[:, policy] for policy in consulted}
    if pool.reuses_prefill[chosen]:
        prefills.pop(_encoder(pool, chosen), None)
    return sum(prefills.values(), np.zeros(len(pool.problem_id)))


def _encoder(pool: Pool, policy: int) -> tuple[str, str]:
    encoder = pool.encoders[policy]
    return ("policy", pool.of_policies[policy]) if encoder is None else ("encoder", encoder)
