"""What choices would have brought that were not made, from a log with propensities: doubly robust estimates."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from foretell.deployment.realised import LEAST, LEVEL, effective_number


@dataclass(frozen=True)
class Measured:
    """A mean, or a difference of two.

    Attributes:
        value, low, high: with the interval of LEVEL; ends are NaN where fewer than LEAST effective requests tell,
            and 0 of a difference between choices that are all alike.
        error: standard error.
        n: requests.
        effective: number of requests that would tell as much if all had been sent where the choice is (Kish, 1965); of
            a difference, among those on which choices differ, the fewer of those that followed one or the other.
    """

    value: float
    low: float
    high: float
    error: float
    n: int
    effective: float

    def plus(self, amount: float) -> "Measured":
        """The same with a known amount more."""
        return Measured(self.value + amount, self.low + amount, self.high + amount, self.error, self.n, self.effective)


@dataclass(frozen=True)
class OffPolicy:
    """Requests of which each shows what one policy brought, and a model's expectation of what any would bring.

    An estimate is the mean of `expected(chosen) + [sent = chosen] / propensity x (observed - expected(sent))`: doubly
    robust (Robins, Rotnitzky and Zhao, 1994; Dudik, Langford and Li, 2011). With known propensities it has no bias
    however wrong the model, if that has not seen these requests. Where two routers choose alike, their difference is
    exactly 0.

    Attributes:
        sent: [requests], columns of the policies that the requests were sent to.
        propensity: [requests] with which they were.
        observed: [requests], what that brought.
        expected: [requests, policies].
        variance: [requests], which the model expects of what was observed.
    """

    sent: np.ndarray
    propensity: np.ndarray
    observed: np.ndarray
    expected: np.ndarray
    variance: np.ndarray

    def terms(self, chosen: np.ndarray) -> np.ndarray:
        """What each request adds to the estimate, in the shape of the choices.

        Args:
            chosen: [..., requests], columns.
        """
        requests = np.arange(len(self.sent))
        surprise = (self.observed - self.expected[requests, self.sent]) / self.propensity
        return self.expected[requests, chosen] + np.where(chosen == self.sent, surprise, 0.0)

    def mean(self, chosen: np.ndarray) -> Measured:
        """The mean of choices [requests]."""
        expected = self.expected[np.arange(len(self.sent)), chosen]
        weights = (chosen == self.sent) / self.propensity
        return self._measured(self.terms(chosen), expected, weights, effective_number(weights))

    def difference(self, new: np.ndarray, old: np.ndarray) -> Measured:
        """The mean of choices [requests] minus that of others, request by request."""
        requests, differ = np.arange(len(self.sent)), new != old
        if not differ.any():
            return Measured(0.0, 0.0, 0.0, 0.0, len(differ), 0.0)
        expected = self.expected[requests, new] - self.expected[requests, old]
        followed = [differ * (chosen == self.sent) / self.propensity for chosen in (new, old)]
        effective = min(map(effective_number, followed))
        return self._measured(self.terms(new) - self.terms(old), expected, followed[0] - followed[1], effective)

    def _measured(self, terms: np.ndarray, expected: np.ndarray, weights: np.ndarray, effective: float) -> Measured:
        """A mean of terms; its variance is the larger one of the sample's and of what the model implies.

        A few answers that are all right have next to none of their own. Few answers of large weights make up most of
        it, hence Student's t at their effective number. Simulated, intervals hold the true difference in 94 to 98 % of
        logs with 40 to 150 effective requests and a calibrated model, in 91 % where accuracies of 95 % are overstated
        by 1 in log odds.
        """
        n, value = len(terms), float(terms.mean()) if len(terms) else np.nan
        if n < 2:
            return Measured(value, np.nan, np.nan, np.nan, n, effective)
        implied = expected.var(ddof=1) + (weights**2 * self.variance).mean()
        error = float(np.sqrt(max(terms.var(ddof=1), implied) / n))
        if effective < LEAST:
            return Measured(value, np.nan, np.nan, error, n, effective)
        half = float(stats.t.ppf((1 + LEVEL) / 2, effective - 1)) * error
        return Measured(value, value - half, value + half, error, n, effective)
