"""What the study says about the paper's claims."""

from dataclasses import dataclass

import numpy as np

from foretell.common.statistics import percentile_interval

NOT_TESTABLE = "not testable here"
SAME, OPPOSITE, INCONCLUSIVE = "same direction", "opposite", "inconclusive"


@dataclass(frozen=True)
class Finding:
    """What was measured for a claim.

    Attributes:
        ours: the measured value, in words where one number does not say it.
        low, high: ends of its 95 % interval; None where there is none.
        n: test problems behind it.
        direction: SAME, OPPOSITE or INCONCLUSIVE; None where the claim could not be tested.
        reason: why it could not be tested, or what the value is an average over.
    """

    ours: str
    low: float | None
    high: float | None
    n: int | None
    direction: str | None
    reason: str


def not_testable(reason: str) -> Finding:
    """A claim that this study cannot test."""
    return Finding("", None, None, None, None, reason)


def direction_of_difference(low: float, high: float) -> str:
    """Verdict on a claim that a difference is positive, from the difference's interval."""
    if low > 0:
        return SAME
    return OPPOSITE if high < 0 else INCONCLUSIVE


def direction_of_match(difference: tuple[float, float], saving: tuple[float, float], margin: float) -> str:
    """Verdict on a claim that the best policy's accuracy is matched, but for a margin, at lower cost.

    From the intervals of both. The same direction needs both above minus the margin, and above 0; the opposite needs
    one of them below.
    """
    return direction_of_excess((difference[0] + margin, difference[1] + margin), saving)


def direction_of_excess(difference: tuple[float, float], saving: tuple[float, float]) -> str:
    """Verdict on a claim that the best policy's accuracy is exceeded at lower cost, from both intervals."""
    directions = {direction_of_difference(*difference), direction_of_difference(*saving)}
    return OPPOSITE if OPPOSITE in directions else INCONCLUSIVE if INCONCLUSIVE in directions else SAME


def verdict(finding: Finding, evidence: str) -> str:
    """The word that is printed. Only the paper's own data and policies can reproduce a claim."""
    if finding.direction is None:
        return NOT_TESTABLE
    if evidence == "analogue":
        return f"analogue: {finding.direction}"
    return {SAME: "reproduced", OPPOSITE: "not reproduced"}.get(finding.direction, INCONCLUSIVE)


def mean_difference(values: list[np.ndarray], others: list[np.ndarray]) -> tuple[float, float, float]:
    """Mean over pairs of (value - other), with its interval.

    Args:
        values, others: per pair an array [1 + resamples] of a metric: on the sample itself, then on each resample; all
            paired, that is computed from the same resamples.

    Returns:
        The difference on the sample, and the ends of its 95 % percentile interval.
    """
    differences = np.mean([value - other for value, other in zip(values, others, strict=True)], axis=0)
    return float(differences[0]), *percentile_interval(differences[1:])
