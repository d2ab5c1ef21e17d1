"""Token baseline: gradient-boosted trees on the one-hot token ids of the prompt."""

from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

LEAVES = (4, 8, 16)
ITERATIONS = (10, 20, 40, 80, 160)
LEARNING_RATE = 0.1  # of each tree; 0.3 and trees of two leaves gained .005 at most in cross-validation
LEAF = 20  # rows in a leaf, at least
MAX_FEATURES = 1000  # the most evenly split ones; short prompts stay far below
ABSENT = -1  # the token id where a prompt has ended


def one_hot(token_ids: list[np.ndarray], train: np.ndarray) -> np.ndarray:
    """Which token stands where, counted from the prompt's start and from its end.

    Args:
        token_ids: [problems] arrays of ids.
        train: indices of the problems whose prompts say which tokens are worth a feature.

    Returns:
        [problems, features] of 0 and 1; what all train prompts share is left out.
    """
    length = max(map(len, token_ids))
    from_start, from_end = np.full((2, len(token_ids), length), ABSENT)
    for row, ids in enumerate(token_ids):
        from_start[row, : len(ids)] = ids
        from_end[row, length - len(ids) :] = ids
    positions = np.hstack([from_start, from_end]).T
    counted = [np.unique(tokens, return_counts=True) for tokens in positions[:, train]]
    position = np.repeat(np.arange(len(positions)), [len(tokens) for tokens, _ in counted])
    token = np.concatenate([tokens for tokens, _ in counted])
    share = np.concatenate([counts for _, counts in counted]) / len(train)
    most_even = np.argsort(np.abs(share - 0.5), kind="stable")[:MAX_FEATURES]
    kept = np.sort(most_even[share[most_even] < 1])
    return (positions[position[kept]] == token[kept, None]).T.astype(np.float32)


@dataclass(frozen=True)
class TokensBlock:
    """Candidates that share the size of their trees and differ in their number.

    Attributes:
        features: [problems, features] of 0 and 1.
        leaves: of each tree, at most.
    """

    features: np.ndarray
    leaves: int

    @property
    def candidates(self) -> list[dict]:
        """One description per number of trees."""
        return [{"max_leaf_nodes": self.leaves, "iterations": iterations} for iterations in ITERATIONS]

    def fit(self, rows: np.ndarray, labels: np.ndarray, binary: np.ndarray, search: bool = False) -> "FittedTokens":
        """Fit one sequence of trees to each column of labels [rows, columns].

        A feature with fewer than LEAF rows on a side cannot split any node: leaving it out only saves time.
        """
        ones = self.features[rows].sum(axis=0)
        features = self.features[:, np.minimum(ones, len(rows) - ones) >= LEAF]
        if not features.shape[1]:
            features = np.zeros((len(self.features), 1), dtype=np.float32)
        kinds = [HistGradientBoostingClassifier if column else HistGradientBoostingRegressor for column in binary]
        settings = {
            "max_iter": max(ITERATIONS),
            "max_leaf_nodes": self.leaves,
            "learning_rate": LEARNING_RATE,
            "max_bins": 2,  # features are 0 or 1
            "min_samples_leaf": LEAF,
            "early_stopping": False,
            "random_state": 0,
        }
        models = [kind(**settings).fit(features[rows], y) for kind, y in zip(kinds, labels.T, strict=True)]
        return FittedTokens(features, models)


@dataclass(frozen=True)
class FittedTokens:
    """One boosted model per label column."""

    features: np.ndarray
    models: list[HistGradientBoostingClassifier | HistGradientBoostingRegressor]

    def scores(self, rows: np.ndarray) -> np.ndarray:
        """[rows, columns, candidates]; log odds for classifiers."""
        scores = np.empty((len(rows), len(self.models), len(ITERATIONS)))
        for column, model in enumerate(self.models):
            classifies = isinstance(model, HistGradientBoostingClassifier)
            staged = model.staged_decision_function if classifies else model.staged_predict
            for iteration, values in enumerate(staged(self.features[rows]), start=1):
                if iteration in ITERATIONS:
                    scores[:, column, ITERATIONS.index(iteration)] = values.ravel()
        return scores

    def diagnostics(self, column: int, candidate: int) -> dict:
        """Nothing: trees are not the minimum of anything."""
        return {}
