"""Reference predictor: how often other problems of the same group are solved."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import logit

WEIGHT = 1.0  # problems of average success that are added to each group


@dataclass(frozen=True)
class GroupRateBlock:
    """The mean label of a group's fitted problems, drawn towards the mean of all.

    Where folds hold out whole groups, its scores out of fold say nothing, and neither does its calibration.

    Attributes:
        groups: [problems] names.
    """

    groups: np.ndarray

    @property
    def candidates(self) -> list[dict]:
        """There is one."""
        return [{"weight": WEIGHT}]

    def fit(self, rows: np.ndarray, labels: np.ndarray, binary: np.ndarray, search: bool = False) -> "FittedGroupRates":
        """Average labels [rows, columns] by group."""
        by_group = pd.DataFrame(labels).groupby(self.groups[rows])
        overall = labels.mean(axis=0)
        rates = (by_group.sum() + WEIGHT * overall).div(by_group.size() + WEIGHT, axis=0)
        return FittedGroupRates(self.groups, rates, overall, binary)


@dataclass(frozen=True)
class FittedGroupRates:
    """Rates of several label columns."""

    groups: np.ndarray
    rates: pd.DataFrame  # by group, a column per label column
    overall: np.ndarray
    binary: np.ndarray

    def scores(self, rows: np.ndarray) -> np.ndarray:
        """[rows, columns, 1]; problems of unknown groups have the mean of all."""
        found = self.rates.reindex(self.groups[rows]).to_numpy()
        rates = np.where(np.isnan(found), self.overall, found)
        with np.errstate(divide="ignore"):
            scores = np.where(self.binary, logit(np.clip(rates, 1e-9, 1 - 1e-9)), rates)
        return scores[:, :, None]

    def diagnostics(self, column: int, candidate: int) -> dict:
        """How many groups were averaged over."""
        return {"groups": len(self.rates)}
