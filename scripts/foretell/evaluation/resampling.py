"""The resamples that everything about a problem set is measured on, so that all differences are paired."""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pandas as pd

from foretell.common.statistics import sample_and_resamples


@dataclass(frozen=True)
class Resampling:
    """Protocol of the intervals.

    Attributes:
        resamples: bootstrap resamples of the groups.
        seed: of the draws.
        fewest_per_class: problems of the rarer class below which an AUROC is not reported.
    """

    resamples: int
    seed: int
    fewest_per_class: int = 50

    def weights(self, outcomes: pd.DataFrame) -> np.ndarray:
        """[1 + resamples, problems]: the sample itself, then its bootstrap resamples; equal groups, equal weights.

        Args:
            outcomes: problem_id and group (null: the problem is its own), of the problems that are counted.
        """
        return _weights(tuple(outcomes.group.fillna(outcomes.problem_id)), self.resamples, self.seed)

    def independent(self) -> "Resampling":
        """Resamples of other problems that are to be independent of these."""
        return replace(self, seed=self.seed + 1)


@lru_cache(maxsize=4)
def _weights(groups: tuple[str, ...], resamples: int, seed: int) -> np.ndarray:
    return sample_and_resamples(np.array(groups, dtype=object), resamples, seed)
