"""How reliable a difficulty is: the share of its variance over problems that is no error."""

import numpy as np

IDENTIFIED = 0.8  # below it, the order of the problems is not called identified


def of_rates(rates: np.ndarray, k: int) -> float:
    """Share of the variance of success rates over problems that is not sampling noise (k samples of each, binomial).

    True over observed variance, as in classical test theory: 1 - mean(p (1 - p) / (k - 1)) / var(p), with the unbiased
    variances; 0 if noise explains all of it, NaN with one sample of each, which does not tell. Its root bounds
    Pearson's correlation of the rates with anything; for Spearman's it is an approximation.
    """
    variance = rates.var(ddof=1)
    if k < 2:
        return float("nan")
    if variance == 0:
        return 0.0
    return float(max(0.0, 1 - np.mean(rates * (1 - rates) / (k - 1)) / variance))


def of_estimates(values: np.ndarray, errors: np.ndarray) -> float:
    """Share of the variance of estimates that is no error: 1 - mean(se^2) / var(estimate).

    The separation reliability of Wright and Masters (1982, Rating Scale Analysis, section 5.5), for problems as for
    respondents; 0 if errors explain all of it, NaN where an error is not known or there are fewer than two estimates.
    """
    if len(values) < 2 or np.isnan(errors).any():
        return float("nan")
    variance = values.var(ddof=1)
    return float(max(0.0, 1 - np.mean(errors**2) / variance)) if variance > 0 else 0.0


def of_expectations(values: np.ndarray, errors: np.ndarray) -> float:
    """The same for posterior means, which are shrunken: var(estimate) / (var(estimate) + mean(se^2)).

    The empirical reliability of expected a posteriori abilities (Thissen and Wainer, 2001, Test Scoring, section 3.5).
    """
    variance = values.var(ddof=1) if len(values) > 1 else 0.0
    return float(variance / (variance + np.mean(errors**2))) if variance > 0 else float("nan")
