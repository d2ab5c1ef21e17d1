"""How often a router is said to match the best single policy: level and power of the verdict, over simulated studies.

No problems are discordant but those that make the difference, or a tenth of all. Beside the paired score interval
stands the percentile bootstrap.
"""

import numpy as np
import pandas as pd

from foretell.routing.matching import matched, resolvable_margin, score_interval

MARGIN, STUDIES, RESAMPLES = 0.01, 2000, 500
ROUTERS = {"2 points worse": -0.02, "at the margin": -0.01, "equal": 0.0, "3 points better": 0.03}
SIZES = (30, 100, 300, 1000, 5000)


def simulate(difference: float, discordance: float, n: int, rng: np.random.Generator) -> dict[str, float]:
    """Shares of the verdicts on a router that is better by `difference`."""
    discordance = max(discordance, abs(difference))
    shares = [(discordance + difference) / 2, (discordance - difference) / 2, 1 - discordance]
    gains, losses, _ = rng.multinomial(n, shares, size=STUDIES).T.astype(float)
    size = np.full(STUDIES, float(n))
    low, high = score_interval(gains, losses, size)
    resolvable = resolvable_margin(gains, losses, size)
    verdicts = pd.Series([matched(*each, MARGIN) for each in zip(low, high, resolvable, strict=True)])
    observed = np.column_stack([gains, losses, size - gains - losses]) / size[:, None]
    resampled = np.stack([rng.multinomial(n, observed) for _ in range(RESAMPLES)])
    bootstrap = np.quantile((resampled[:, :, 0] - resampled[:, :, 1]) / n, 0.025, axis=0) > -MARGIN
    found = verdicts.value_counts(normalize=True)
    return {**{name: found.get(name, 0.0) for name in ("yes", "no", "underpowered")}, "bootstrap yes": bootstrap.mean()}


if __name__ == "__main__":
    rng = np.random.default_rng(1)
    rows = [
        {"router": name, "discordant": discordance, "n": n, **simulate(difference, discordance, n, rng)}
        for discordance in (0.0, 0.1)
        for name, difference in ROUTERS.items()
        for n in SIZES
    ]
    print((pd.DataFrame(rows).round(3)).to_markdown(index=False))
