"""What a pool's problems, or a problem set's groups, are too few for, in sentences."""

from collections.abc import Iterator

import numpy as np

from foretell.routing.matching import largest_discordance, least_margin, resolvable_margin

OFTEN_DIFFER = 0.1  # a router and the best single policy, or two policies, easily differ on so many
TELLS_APART = 0.05  # a difference in accuracy that a choice should not miss
FEW_GROUPS = 30  # with fewer, intervals that resample groups tend to be too narrow (Cameron et al., 2008)


def too_few_to_match(pool: str, size: int, margin: float) -> Iterator[str]:
    """Whether so many test problems cannot show that a router matches within the margin, or only a very similar one."""
    least = least_margin(size)
    differ = largest_discordance(size, margin)
    has = f"pool {pool!r} has {size} test problems: that a router matches the best single policy within {margin:g}"
    if least >= margin:
        yield (
            f"{has} ('routing.margin') cannot be shown, even if they differ on none; a margin of {least:.2g} could be"
        )
    elif differ < OFTEN_DIFFER * size:
        yield (
            f"{has} ('routing.margin') can be shown with 80 % power only where one of them alone is right on at most "
            f"{max(differ, 0) / size:.1%} of them"
        )


def too_few_to_choose(pool: str, size: int) -> Iterator[str]:
    """Whether so many validation problems may well choose a worse policy for the best one."""
    alone = np.array([OFTEN_DIFFER * size / 2])
    apart = resolvable_margin(alone, alone, np.array([float(size)])).item()
    if apart > TELLS_APART:
        yield (
            f"pool {pool!r} has {size} validation problems, on which the best single policy and operating points are "
            f"chosen: of two policies that differ on a tenth of them, one has to be {100 * apart:.0f} points better to "
            "be told from the other with 80 % power"
        )


def too_few_groups(problem_set: str, groups: int, size: int) -> Iterator[str]:
    """Whether the test problems stand in so few groups that intervals, which resample groups, cannot be relied on."""
    if groups < FEW_GROUPS and groups < size:
        yield (
            f"problem set {problem_set!r} has {groups} group{'s' if groups > 1 else ''} on test: intervals resample "
            f"groups, and with fewer than {FEW_GROUPS} tend to be too narrow"
        )
