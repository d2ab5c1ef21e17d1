"""Ridge and L2 logistic regression for many strengths and targets at once, in the eigenbasis of the features.

With centred features X = U S V', the coordinates X V have a diagonal Gram matrix. There, ridge regression at every
strength is one division, and the curvature of the logistic loss is bounded by the diagonal S^2 / 4 + strength
(Böhning and Lindsay, 1988), which makes a good preconditioner. One decomposition serves all strengths and targets.

Fits that only compare candidates are found in single precision, which takes a quarter of the time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.special import expit, logit

from foretell.common.errors import UserError

MEMORY = 10  # correction pairs of L-BFGS
MAX_ITERATIONS = 10_000
SEARCH_ITERATIONS = 1_000  # in single precision; rounding may keep it from the tolerance
GRADIENT_TOLERANCE = 1e-8  # of the loss per row
SEARCH_TOLERANCE = 1e-5  # the same where candidates are only compared; scikit-learn's default is 1e-4
OVERSHOOT = 0.25  # a step is shortened while the slope at its end exceeds this share of the slope at its start
COMPACTION = 0.8  # converged columns are dropped once fewer than this share of the columns are left


@dataclass(frozen=True)
class Fits:
    """Linear models in the eigenbasis.

    Attributes:
        coefficients: [rank, targets, strengths].
        intercepts: [targets, strengths].
        gradient_norms: [targets, strengths] Euclidean norms of the loss's gradient per row; 0 for closed forms.
    """

    coefficients: np.ndarray
    intercepts: np.ndarray
    gradient_norms: np.ndarray

    def scores(self, coordinates: np.ndarray) -> np.ndarray:
        """[rows, targets, strengths] scores of rows given by their coordinates [rows, rank]."""
        return np.tensordot(coordinates, self.coefficients, axes=1) + self.intercepts


def fit_ridge(coordinates: np.ndarray, eigenvalues: np.ndarray, targets: np.ndarray, strengths: np.ndarray) -> Fits:
    """Minimise sum (y - x w - b)^2 + strength |w|^2.

    Args:
        coordinates: [n, rank] centred features in their eigenbasis.
        eigenvalues: [rank] of their Gram matrix.
        targets: [n, targets].
        strengths: [strengths], positive.
    """
    means = targets.mean(axis=0)
    projections = coordinates.T @ (targets - means)
    coefficients = projections[:, :, None] / (eigenvalues[:, None] + strengths)[:, None, :]
    intercepts = np.repeat(means[:, None], len(strengths), axis=1)
    return Fits(coefficients, intercepts, np.zeros_like(intercepts))


def fit_logistic(
    coordinates: np.ndarray, eigenvalues: np.ndarray, labels: np.ndarray, strengths: np.ndarray, search: bool = False
) -> Fits:
    """Minimise sum log(1 + exp(-y (x w + b))) + strength / 2 |w|^2 for y = +-1: scikit-learn's, with C = 1 / strength.

    Args:
        coordinates: [n, rank] centred features in their eigenbasis.
        eigenvalues: [rank] of their Gram matrix.
        labels: [n, targets], 0 or 1, both present in every column.
        strengths: [strengths], positive.
        search: stop at SEARCH_TOLERANCE.

    Raises:
        UserError: a fit has not converged after MAX_ITERATIONS.
    """
    n, targets = labels.shape
    design = np.column_stack([np.ones(n), coordinates])
    penalty = np.repeat(np.tile(strengths, targets)[None], design.shape[1], axis=0)
    penalty[0] = 0
    curvature = np.concatenate([[n], eigenvalues])[:, None] / 4 + penalty
    start = np.zeros_like(penalty)
    start[0] = np.repeat(logit(labels.mean(axis=0)), len(strengths))
    problem = _Logistic(design, np.repeat(labels, len(strengths), axis=1), penalty, np.sqrt(curvature))
    solution, norms = _search(problem, start) if search else _solve(problem, start, GRADIENT_TOLERANCE)
    solution = solution.reshape(-1, targets, len(strengths))
    return Fits(solution[1:], solution[0], norms.reshape(targets, len(strengths)))


def fit(
    coordinates: np.ndarray,
    eigenvalues: np.ndarray,
    labels: np.ndarray,
    binary: np.ndarray,
    strengths: np.ndarray,
    search: bool,
) -> Fits:
    """Fit logistic regression to the binary columns of labels [n, targets] and ridge regression to the others."""
    shape = (labels.shape[1], len(strengths))
    fits = Fits(np.empty((len(eigenvalues), *shape)), np.empty(shape), np.empty(shape))
    solvers: list[tuple[np.ndarray, Callable[..., Fits]]] = [
        (binary, partial(fit_logistic, search=search)),
        (~binary, fit_ridge),
    ]
    for columns, solve in solvers:
        if columns.any():
            part = solve(coordinates, eigenvalues, labels[:, columns], strengths)
            fits.coefficients[:, columns] = part.coefficients
            fits.intercepts[columns] = part.intercepts
            fits.gradient_norms[columns] = part.gradient_norms
    return fits


@dataclass(frozen=True)
class _Logistic:
    """Independent logistic problems, one per column, in variables scaled to unit curvature bound."""

    design: np.ndarray  # [n, rank + 1]
    labels: np.ndarray  # [n, columns]
    penalty: np.ndarray  # [rank + 1, columns]
    scale: np.ndarray  # [rank + 1, columns] variables per coefficient

    def take(self, columns: np.ndarray) -> "_Logistic":
        return _Logistic(self.design, self.labels[:, columns], self.penalty[:, columns], self.scale[:, columns])

    def single_precision(self) -> "_Logistic":
        return _Logistic(*(part.astype(np.float32) for part in (self.design, self.labels, self.penalty, self.scale)))

    def logits(self, variables: np.ndarray) -> np.ndarray:
        return self.design @ (variables / self.scale)

    def gradient(self, variables: np.ndarray, logits: np.ndarray) -> np.ndarray:
        return (self.design.T @ (expit(logits) - self.labels) + self.penalty * variables / self.scale) / self.scale


def _search(problem: _Logistic, start: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """As `_solve`, to SEARCH_TOLERANCE: in single precision, and on from there where rounding stands in the way."""
    found, norms = _minimise(problem.single_precision(), start.astype(np.float32), SEARCH_TOLERANCE, SEARCH_ITERATIONS)
    coefficients = found.astype(start.dtype)
    left = norms > SEARCH_TOLERANCE
    if left.any():
        coefficients[:, left], norms[left] = _solve(problem.take(left), coefficients[:, left], SEARCH_TOLERANCE)
    return coefficients, norms


def _solve(problem: _Logistic, start: np.ndarray, tolerance: float) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients [rank + 1, columns] and gradient norms per row [columns], all within the tolerance."""
    coefficients, norms = _minimise(problem, start, tolerance, MAX_ITERATIONS)
    if (norms > tolerance).any():
        raise UserError(
            f"logistic regression has not converged after {MAX_ITERATIONS} iterations (gradient norm {norms.max():.1e} "
            f"per row, wanted {tolerance:.0e}): leave the smallest values out of 'strengths'"
        )
    return coefficients, norms


def _minimise(
    problem: _Logistic, start: np.ndarray, tolerance: float, iterations: int
) -> tuple[np.ndarray, np.ndarray]:
    """L-BFGS on every column at once (Nocedal and Wright, 2006, algorithm 7.4).

    Returns:
        coefficients [rank + 1, columns] and gradient norms per row [columns], within the tolerance or as far as the
        iterations went.
    """
    coefficients, norms = np.empty_like(start), np.empty(start.shape[1])
    left = np.arange(start.shape[1])  # columns of `problem` that are still in work
    variables = start * problem.scale
    logits = problem.logits(variables)
    gradient = problem.gradient(variables, logits)
    steps: list[np.ndarray] = []
    changes: list[np.ndarray] = []
    for iteration in range(iterations + 1):
        norm = np.linalg.norm(gradient * problem.scale, axis=0) / len(problem.design)
        unfinished = (norm > tolerance) & (iteration < iterations)
        if unfinished.mean() < COMPACTION:
            done = left[~unfinished]
            coefficients[:, done], norms[done] = (variables / problem.scale)[:, ~unfinished], norm[~unfinished]
            left, problem, logits = left[unfinished], problem.take(unfinished), logits[:, unfinished]
            variables, gradient = variables[:, unfinished], gradient[:, unfinished]
            steps, changes = [step[:, unfinished] for step in steps], [change[:, unfinished] for change in changes]
            if not len(left):
                break
        direction = _direction(gradient, steps, changes)
        length, logits, new_gradient = _line_search(problem, variables, logits, gradient, direction)
        steps = [*steps[-MEMORY + 1 :], length * direction]
        changes = [*changes[-MEMORY + 1 :], new_gradient - gradient]
        variables, gradient = variables + steps[-1], new_gradient
    return coefficients, norms


def _direction(gradient: np.ndarray, steps: list[np.ndarray], changes: list[np.ndarray]) -> np.ndarray:
    """Minus the approximate inverse Hessian times the gradient, by the two-loop recursion."""
    inverse = [_safe_inverse(_dot(step, change)) for step, change in zip(steps, changes, strict=True)]
    direction, kept = -gradient, []
    for step, change, rho in zip(reversed(steps), reversed(changes), reversed(inverse), strict=True):
        alpha = rho * _dot(step, direction)
        direction -= alpha * change
        kept.append(alpha)
    if steps:
        curvature = _dot(changes[-1], changes[-1]) * inverse[-1]
        direction *= np.where(curvature > 0, _safe_inverse(curvature), 1.0)
    for step, change, rho, alpha in zip(steps, changes, inverse, reversed(kept), strict=True):
        direction += (alpha - rho * _dot(change, direction)) * step
    return direction


def _line_search(
    problem: _Logistic, variables: np.ndarray, logits: np.ndarray, gradient: np.ndarray, direction: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Step lengths [columns], and the logits and the gradient there.

    The loss is convex, so its slope along the direction tells an overshoot, and no loss has to be computed. The
    secant through the two slopes shortens it.
    """
    along = problem.logits(direction)
    slope = _dot(gradient, direction)
    length = np.ones_like(slope)
    while True:
        there = logits + length * along
        new_gradient = problem.gradient(variables + length * direction, there)
        new_slope = _dot(new_gradient, direction)
        over = (new_slope > -OVERSHOOT * slope) & (slope < 0)
        if not over.any():
            return length, there, new_gradient
        np.divide(length * slope, slope - new_slope, out=length, where=over)


def _dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.einsum("rc,rc->c", a, b)


def _safe_inverse(values: np.ndarray) -> np.ndarray:
    """1 / values, and 0 where a value is not positive: a pair without curvature then corrects nothing."""
    return np.divide(1.0, values, out=np.zeros_like(values), where=values > 0)
