"""What policies are fitted with together: matrix factorisation, and multidimensional item response theory.

Both write the log odds that policy m is right on question q as few factors of the question, which all policies share,
times weights of the policy. Matrix factorisation (as a router: Ong et al., 2024) is v_m . (W x_q) + c_m.
Multidimensional item response theory (Reckase, 2009; as a router: Song et al., 2025) is theta_m . a(x_q) - b(x_q), with
discriminations a that are nowhere negative, so that a policy of higher abilities is nowhere less often right. Were a
linear too, this would be the first model again with one factor more, the difficulty b, which all policies weigh alike.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

AT_MEAN = np.log(np.e - 1)  # softplus of it is 1, the discrimination of the mean question
MAX_ITERATIONS = 10_000

Objective = Callable[..., tuple[float, list[np.ndarray]]]


@dataclass(frozen=True)
class Answers:
    """Which policies were right on which questions.

    Attributes:
        features: [questions, d], centred.
        labels: [questions, policies].
        binary: [policies], whether labels are 0 or 1, whose scores are log odds; others are scored in their own unit.
    """

    features: np.ndarray
    labels: np.ndarray
    binary: np.ndarray

    def loss(self, scores: np.ndarray) -> tuple[float, np.ndarray]:
        """Minus the log likelihood, or half the squared error, of scores [questions, policies], and its gradient."""
        logistic = np.logaddexp(0, scores) - self.labels * scores
        each = np.where(self.binary, logistic, (scores - self.labels) ** 2 / 2)
        return float(each.sum()), np.where(self.binary, expit(scores), scores) - self.labels


@dataclass(frozen=True)
class Linear:
    """A linear model of each policy alone: what the models of all begin at.

    Attributes:
        weights: [policies, d].
        intercepts: [policies].
    """

    weights: np.ndarray
    intercepts: np.ndarray


@dataclass(frozen=True)
class Factorisation:
    """Scores are (features @ mapping.T) @ factors.T + intercepts.

    Attributes:
        factors: [policies, rank].
        mapping: [rank, d].
        intercepts: [policies].
    """

    factors: np.ndarray
    mapping: np.ndarray
    intercepts: np.ndarray

    @property
    def policies(self) -> int:
        """How many there are."""
        return len(self.factors)

    def scores(self, features: np.ndarray) -> np.ndarray:
        """[questions, policies] of features [questions, d]."""
        return (features @ self.mapping.T) @ self.factors.T + self.intercepts


@dataclass(frozen=True)
class ItemResponse:
    """Scores are discriminations @ abilities.T - difficulties.

    Attributes:
        abilities: [policies, rank].
        discrimination: [rank, d]; discriminations are softplus(features @ discrimination.T + AT_MEAN).
        difficulty: [d]; difficulties are features @ difficulty + mean_difficulty.
        mean_difficulty: [1].
    """

    abilities: np.ndarray
    discrimination: np.ndarray
    difficulty: np.ndarray
    mean_difficulty: np.ndarray

    @property
    def policies(self) -> int:
        """How many there are."""
        return len(self.abilities)

    def scores(self, features: np.ndarray) -> np.ndarray:
        """[questions, policies] of features [questions, d]."""
        discriminations = np.logaddexp(0, features @ self.discrimination.T + AT_MEAN)
        return discriminations @ self.abilities.T - (features @ self.difficulty)[:, None] - self.mean_difficulty


def factorise(answers: Answers, start: Linear, rank: int, strength: float, tolerance: float) -> Factorisation:
    """Minimise the loss + strength / 2 x the sum of squares of the weights that policies have, factors @ mapping.

    So at full rank, or for one policy, it is the linear model of each policy alone.

    Args:
        answers: of all policies.
        start: the models of each policy alone at this strength, whose best approximation of the rank is begun at.
        rank: number of factors; at most that of policies counts.
        strength: L2 penalty.
        tolerance: of the largest entry of the gradient, per question.
    """
    left, singular, right = np.linalg.svd(start.weights, full_matrices=False)
    roots = np.sqrt(singular[:rank])

    def objective(factors: np.ndarray, mapping: np.ndarray, intercepts: np.ndarray) -> tuple[float, list[np.ndarray]]:
        weights = factors @ mapping
        loss, residuals = answers.loss(answers.features @ weights.T + intercepts)
        gradient = residuals.T @ answers.features + strength * weights
        penalty = strength / 2 * np.square(weights).sum()
        return loss + penalty, [gradient @ mapping.T, factors.T @ gradient, residuals.sum(axis=0)]

    begin = [left[:, :rank] * roots, roots[:, None] * right[:rank], start.intercepts]
    return Factorisation(*_minimise(objective, begin, tolerance * len(answers.labels)))


def fit_item_response(answers: Answers, start: Linear, rank: int, strength: float, tolerance: float) -> ItemResponse:
    """Minimise the loss + strength / 2 x the sum of squares of discrimination and difficulty + half that of abilities.

    The last is the prior of abilities, a standard normal one; without it they could grow as discriminations shrink.

    Args:
        answers: of all policies.
        start: the models of each policy alone at this strength: their mean is the difficulty that is begun at, what
            they differ by the discriminations. A factor points to where policies are right more often.
        rank: number of abilities; at most that of policies counts.
        strength: L2 penalty.
        tolerance: of the largest entry of the gradient, per question.
    """
    easiness, ease = start.weights.mean(axis=0), start.intercepts - start.intercepts.mean()
    left, singular, right = np.linalg.svd(start.weights - easiness, full_matrices=False)
    signs = np.where(ease @ left[:, :rank] < 0, -1, 1)
    roots = signs * np.sqrt(singular[:rank])

    def objective(
        abilities: np.ndarray, discrimination: np.ndarray, difficulty: np.ndarray, mean_difficulty: np.ndarray
    ) -> tuple[float, list[np.ndarray]]:
        linear = answers.features @ discrimination.T + AT_MEAN
        discriminations = np.logaddexp(0, linear)
        difficulties = answers.features @ difficulty + mean_difficulty
        loss, residuals = answers.loss(discriminations @ abilities.T - difficulties[:, None])
        by_linear, by_ease = (residuals @ abilities) * expit(linear), residuals.sum(axis=1)
        penalty = strength / 2 * (np.square(discrimination).sum() + np.square(difficulty).sum())
        return loss + penalty + np.square(abilities).sum() / 2, [
            residuals.T @ discriminations + abilities,
            by_linear.T @ answers.features + strength * discrimination,
            strength * difficulty - by_ease @ answers.features,
            -by_ease.sum(keepdims=True),
        ]

    abilities = left[:, :rank] * roots + ease[:, None] / min(rank, len(singular))
    begin = [abilities, roots[:, None] * right[:rank], -easiness, -start.intercepts.mean(keepdims=True)]
    return ItemResponse(*_minimise(objective, begin, tolerance * len(answers.labels)))


def _minimise(objective: Objective, begin: Sequence[np.ndarray], tolerance: float) -> list[np.ndarray]:
    """Arrays at a minimum of their objective near `begin`, which is not convex, by L-BFGS."""
    ends = np.cumsum([each.size for each in begin])[:-1]

    def arrays(flat: np.ndarray) -> list[np.ndarray]:
        return [part.reshape(each.shape) for part, each in zip(np.split(flat, ends), begin, strict=True)]

    def of_flat(flat: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = objective(*arrays(flat))
        return value, np.concatenate([each.ravel() for each in gradient])

    start = np.concatenate([each.ravel() for each in begin])
    options = {"maxiter": MAX_ITERATIONS, "maxfun": MAX_ITERATIONS, "gtol": tolerance, "ftol": 0.0}
    return arrays(minimize(of_flat, start, jac=True, method="L-BFGS-B", options=options).x)
