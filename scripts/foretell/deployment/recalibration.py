"""A new calibration of a policy's logged probabilities."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logit, softplus

from foretell.deployment.description import Probe
from foretell.deployment.realised import effective_number

SURE = 1e-12  # a probability that was rounded to 0 or 1 is one within this of it
PRIOR = 1.0  # standard deviation, in log odds and of the factor, of how far a calibration is from the one before


@dataclass(frozen=True)
class Recalibration:
    """log odds = slope * logged log odds + intercept; the slope is not negative, and 0 where these are all the same."""

    slope: float
    intercept: float

    def probability(self, logged: np.ndarray) -> np.ndarray:
        """New probabilities, in the shape of the logged ones."""
        return expit(self.slope * _log_odds(logged) + self.intercept)

    def of(self, probe: Probe) -> Probe:
        """The probe whose probabilities are the new ones: Platt scalings follow each other as one."""
        if probe.constant is not None:
            return probe.model_copy(update={"constant": float(self.probability(np.array(probe.constant)))})
        slope, intercept = self.slope * probe.slope, self.slope * probe.intercept + self.intercept
        return probe.model_copy(update={"slope": slope, "intercept": intercept})


def recalibrate(logged: np.ndarray, correct: np.ndarray, weights: np.ndarray) -> Recalibration:
    """Platt scaling (Platt, 1999) of logged log odds, which starts from the calibration that they have.

    How far slope and log odds at the mean are from it has a normal prior of standard deviation PRIOR, so that few
    answers, all right perhaps, do not move it far; it takes the place of Platt's smoothed labels. Where all log odds
    are the same there is nothing to scale: the probability is the share that is right, one right and one wrong answer
    added (Laplace).

    Args:
        logged: [n] probabilities.
        correct: [n], 0.0 or 1.0.
        weights: [n], inverse propensities; they count as many answers as are worth as much unweighted (Kish, 1965).
    """
    effective = effective_number(weights)
    shares = weights / weights.sum()
    odds = _log_odds(logged)
    centre = float(shares @ odds)
    away = odds - centre
    if np.ptp(odds) < SURE:
        return Recalibration(0.0, float(logit((effective * (shares @ correct) + 1) / (effective + 2))))

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        shift, slope = parameters
        predicted = centre + shift + slope * away
        surplus = effective * shares * (expit(predicted) - correct)
        prior = np.array([shift, slope - 1]) / PRIOR**2
        fit = effective * (shares @ (softplus(predicted) - correct * predicted))
        return fit + prior @ [shift, slope - 1] / 2, np.array([surplus.sum(), surplus @ away]) + prior

    shift, slope = minimize(loss, [0.0, 1.0], jac=True, method="TNC", bounds=[(None, None), (0, None)]).x
    return Recalibration(float(slope), float(centre + shift - slope * centre))


def _log_odds(probability: np.ndarray) -> np.ndarray:
    return logit(np.clip(probability, SURE, 1 - SURE))
