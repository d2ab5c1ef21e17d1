"""A small neural network on the residual stream: whether success is there in a form that no linear probe reads."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

COMPONENTS = 64  # principal components of one layer and position that it reads
HIDDEN = 64  # units of its one hidden layer
# L2, in scikit-learn's scale. At 100, networks of some hundred rows are almost constant: they still rank, but a few
# rows more change the scale of their scores several times over, and Platt scaling of held-out scores fails the refit.
PENALTIES = (0.1, 1.0, 10.0, 30.0)
ITERATIONS = 200  # of L-BFGS, at most
MEMBERS = 5  # networks of an ensemble
LAYERS = 4  # that are tried, evenly spread and up to the last: each network takes as long as hundreds of linear probes

Network: TypeAlias = MLPClassifier | MLPRegressor


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
        members: networks that begin at random weights of their own and whose scores are averaged.
    """

    description: dict
    read: Callable[[], np.ndarray]
    members: int = 1

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
            [[_network(x, y, kind, penalty, member) for member in range(self.members)] for penalty in PENALTIES]
            for y, kind in zip(labels.T, binary, strict=True)
        ]
        return FittedMlps(self.read, make_pipeline(reduce, reduced), networks)


def _network(x: np.ndarray, y: np.ndarray, classifies: bool, penalty: float, member: int) -> Network:
    kind = MLPClassifier if classifies else MLPRegressor
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # stopping early is part of the model
        return kind(
            hidden_layer_sizes=(HIDDEN,), solver="lbfgs", alpha=penalty, max_iter=ITERATIONS, random_state=member
        ).fit(x, y)


@dataclass(frozen=True)
class FittedMlps:
    """The networks of each label column and penalty, one or the members of an ensemble."""

    read: Callable[[], np.ndarray]
    reduce: Pipeline
    networks: list[list[list[Network]]]

    def scores(self, rows: np.ndarray) -> np.ndarray:
        """[rows, columns, candidates], means over members; log odds for classifiers."""
        x = self.reduce.transform(self.read()[rows])
        by_column = [
            np.stack([np.mean([_scores(each, x) for each in members], axis=0) for members in column], axis=1)
            for column in self.networks
        ]
        return np.stack(by_column, axis=1)

    def diagnostics(self, column: int, candidate: int) -> dict:
        """Its loss at the end, the mean over members."""
        return {"loss": float(np.mean([network.loss_ for network in self.networks[column][candidate]]))}


def _scores(network: Network, x: np.ndarray) -> np.ndarray:
    """What the last unit adds up: log odds are infinite where they are taken from probabilities that round to 1."""
    hidden = np.maximum(x @ network.coefs_[0] + network.intercepts_[0], 0)
    return (hidden @ network.coefs_[1] + network.intercepts_[1])[:, 0]
