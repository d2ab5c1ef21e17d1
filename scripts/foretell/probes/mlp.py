"""A small neural network on the residual stream: whether success is there in a form that no linear probe reads."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

COMPONENTS = 64  # principal components of one layer and position that it reads
HIDDEN = 64  # units of its one hidden layer
PENALTIES = (0.1, 1.0, 10.0, 100.0)  # L2, in scikit-learn's scale
ITERATIONS = 200  # of L-BFGS, at most
LAYERS = 4  # that are tried, evenly spread and up to the last: each network takes as long as hundreds of linear probes


def spread_layers(slices: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """LAYERS of the layers at the last position, evenly spread, the last among them."""
    last = max(position for _, position in slices)
    layers = [layer for layer, position in slices if position == last]
    places = np.linspace(len(layers) / LAYERS, len(layers), LAYERS).round().astype(int) - 1
    return [(layers[place], last) for place in dict.fromkeys(places.clip(0))]


@dataclass(frozen=True)
class MlpBlock:
    """Networks on one layer and position that differ in their penalty.

    Attributes:
        description: layer and position.
        read: gives the features of all problems, [problems, d].
    """

    description: dict
    read: Callable[[], np.ndarray]

    @property
    def candidates(self) -> list[dict]:
        """One description per penalty."""
        return [{**self.description, "penalty": penalty} for penalty in PENALTIES]

    def fit(self, rows: np.ndarray, labels: np.ndarray, binary: np.ndarray, search: bool = False) -> "FittedMlps":
        """Fit each penalty to each column of labels [rows, columns]."""
        features = self.read()
        reduce = make_pipeline(StandardScaler(), PCA(min(COMPONENTS, len(rows), features.shape[1]), random_state=0))
        reduced = StandardScaler().fit(reduce.fit_transform(features[rows]))
        x = reduced.transform(reduce.transform(features[rows]))
        networks = [
            [_network(x, y, kind, penalty) for penalty in PENALTIES] for y, kind in zip(labels.T, binary, strict=True)
        ]
        return FittedMlps(self.read, make_pipeline(reduce, reduced), networks)


def _network(x: np.ndarray, y: np.ndarray, classifies: bool, penalty: float) -> MLPClassifier | MLPRegressor:
    kind = MLPClassifier if classifies else MLPRegressor
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # stopping early is part of the model
        return kind(
            hidden_layer_sizes=(HIDDEN,), solver="lbfgs", alpha=penalty, max_iter=ITERATIONS, random_state=0
        ).fit(x, y)


@dataclass(frozen=True)
class FittedMlps:
    """One network per label column and penalty."""

    read: Callable[[], np.ndarray]
    reduce: Pipeline
    networks: list[list[MLPClassifier | MLPRegressor]]

    def scores(self, rows: np.ndarray) -> np.ndarray:
        """[rows, columns, candidates]; log odds for classifiers."""
        x = self.reduce.transform(self.read()[rows])
        return np.stack([np.stack([_scores(each, x) for each in column], axis=1) for column in self.networks], axis=1)

    def diagnostics(self, column: int, candidate: int) -> dict:
        """Its loss at the end."""
        return {"loss": float(self.networks[column][candidate].loss_)}


def _scores(network: MLPClassifier | MLPRegressor, x: np.ndarray) -> np.ndarray:
    """What the last unit adds up: log odds are infinite where they are taken from probabilities that round to 1."""
    hidden = np.maximum(x @ network.coefs_[0] + network.intercepts_[0], 0)
    return (hidden @ network.coefs_[1] + network.intercepts_[1])[:, 0]
