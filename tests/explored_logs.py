"""Logs of a service that explores, of two policies whose probabilities are known."""

import numpy as np
from scipy.special import expit, logit

from foretell.deployment.logged import Log
from router_logs import choose


def truth(rng, n):
    """True probabilities of a right answer [n, 2], as a calibrated probe gives them, and labels."""
    probability = expit(rng.normal(size=n)[:, None] + [-0.5, 1.0] + rng.normal(size=(n, 2)))
    return probability, (rng.random((n, 2)) < probability).astype(float)


def log_of(seed, n, slope=1.0, shift=0.0, cost=(1.0, 4.0), exploration=0.2):
    """A log whose probabilities become true by a slope and a shift of their log odds."""
    rng = np.random.default_rng(seed)
    true, labels = truth(rng, n)
    logged = expit((logit(true) - shift) / slope)
    chosen = choose(logged)
    sent = np.where(rng.random(n) < exploration, rng.integers(2, size=n), chosen)
    propensity = exploration / 2 + (1 - exploration) * (sent == chosen)
    spent, correct = np.array(cost)[sent] * rng.gamma(4, 0.25, n), labels[np.arange(n), sent]
    return Log(logged, np.zeros(n), chosen, sent, sent, propensity, spent, correct, np.ones(n, dtype=bool))
