"""Whether a strategy matches the best single policy: non-inferiority by a margin, where the sample can show it."""

import numpy as np
from scipy.stats import norm

MARGIN = 0.01  # "matched" means non-inferior by one point of accuracy
YES, NO, INCONCLUSIVE = "yes", "no", "inconclusive"
_LEVEL, _POWER = 0.975, 0.8  # one-sided, as the lower end of a 95 % interval is


def resolvable_margin(resampled: np.ndarray) -> np.ndarray:
    """Smallest margin by which a policy of equal accuracy would be found non-inferior with 80 % power.

    (z_0.975 + z_0.8) standard errors of the paired difference (Blackwelder, 1982).

    Args:
        resampled: [resamples, rows] bootstrap differences of accuracy.

    Returns:
        [rows].
    """
    return (norm.ppf(_LEVEL) + norm.ppf(_POWER)) * resampled.std(axis=0, ddof=1)


def matched(low: float, high: float, resolvable: float) -> str:
    """Verdict on "as accurate as the best single policy", from the interval of the difference in accuracy.

    `no` where the whole interval lies below minus the margin; `yes` where it lies above, and the sample was large
    enough to resolve the margin; else `inconclusive`.
    """
    if high < -MARGIN:
        return NO
    return YES if low > -MARGIN and resolvable <= MARGIN else INCONCLUSIVE
