import numpy as np
from scipy.special import expit, logit
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score
from sklearn.neural_network import MLPClassifier

from foretell.probes.dense import DenseBlock
from foretell.probes.mlp import PENALTIES, MlpBlock, spread_layers


def test_it_reads_what_no_linear_probe_does():
    features = np.random.default_rng(0).normal(size=(600, 6))
    crossed = features[:, 0] * features[:, 1]
    labels = np.column_stack([crossed > 0, crossed]).astype(float)
    binary, train, test = np.array([True, False]), np.arange(400), np.arange(400, 600)
    network = MlpBlock({"layer": 1}, lambda: features).fit(train, labels[train], binary).scores(test)
    linear = DenseBlock({}, lambda: features, (1.0,)).fit(train, labels[train], binary).scores(test)
    assert network.shape == (200, 2, len(PENALTIES))
    assert (
        roc_auc_score(labels[test, 0], network[:, 0, 0]) > 0.9 > 0.7 > roc_auc_score(labels[test, 0], linear[:, 0, 0])
    )
    assert spearmanr(labels[test, 1], network[:, 1, 0]).statistic > 0.8


def test_scores_stay_finite_where_probabilities_round_to_one():
    features = np.random.default_rng(0).standard_t(3, size=(300, 4)) * 50
    labels = (features[:, :1] > 0).astype(float)
    fitted = MlpBlock({}, lambda: features).fit(np.arange(200), labels[:200], np.array([True]))
    scores, network = fitted.scores(np.arange(300)), fitted.networks[0][-1][0]
    assert np.isfinite(scores).all()
    expected = network.predict_proba(fitted.reduce.transform(features))[:, 1]
    np.testing.assert_allclose(1 / (1 + np.exp(-scores[:, 0, -1])), expected, atol=1e-12)


def test_a_fit_to_more_rows_has_scores_of_the_same_scale():
    """Else Platt scaling of scores from a part of the rows would not hold for those from all."""
    rng = np.random.default_rng(2)
    features = rng.normal(size=(800, 64))
    labels = (rng.random(800) < expit(features @ rng.normal(size=64) / 8)).astype(float)[:, None]
    block, new = MlpBlock({}, lambda: features), np.arange(500, 800)
    spreads = [block.fit(np.arange(n), labels[:n], np.array([True])).scores(new).std(axis=0) for n in (400, 500)]
    assert (np.abs(np.log(spreads[1] / spreads[0])) < np.log(1.2)).all()


def test_the_same_data_give_the_same_network_whatever_else_is_fitted():
    features = np.random.default_rng(1).normal(size=(80, 5)) * 100
    labels = (features > 0).astype(float)[:, :2]
    both = MlpBlock({}, lambda: features).fit(np.arange(80), labels, np.array([True, True])).scores(np.arange(80))
    one = MlpBlock({}, lambda: features).fit(np.arange(80), labels[:, 1:], np.array([True])).scores(np.arange(80))
    np.testing.assert_array_equal(both[:, 1:], one)


def test_an_ensemble_is_the_mean_of_networks_of_which_the_first_is_the_single_one():
    features = np.random.default_rng(2).normal(size=(120, 6))
    labels = np.column_stack([features[:, 0] * features[:, 1] > 0, features[:, 2]]).astype(float)
    train, binary = np.arange(90), np.array([True, False])
    one, three = (MlpBlock({}, lambda: features, members).fit(train, labels[train], binary) for members in (1, 3))
    scores = three.scores(np.arange(120))
    x = three.reduce.transform(features)
    for column, expected in enumerate(np.moveaxis(one.scores(np.arange(120)), 1, 0)):
        for place, members in enumerate(three.networks[column]):
            alone = [_of(network, x) for network in members]
            np.testing.assert_allclose(alone[0], expected[:, place], atol=1e-9)
            assert not np.allclose(alone[0], alone[1])
            np.testing.assert_allclose(scores[:, column, place], np.mean(alone, axis=0), atol=1e-9)


def _of(network, x):
    """What scikit-learn's network says, as log odds where it is a classifier."""
    return logit(network.predict_proba(x)[:, 1]) if isinstance(network, MLPClassifier) else network.predict(x)


def test_layers_are_spread_up_to_the_last_at_the_last_position():
    slices = [(layer, position) for layer in range(29) for position in (-2, -1)]
    assert spread_layers(slices) == [(6, -1), (13, -1), (21, -1), (28, -1)]
    assert spread_layers([(0, -1), (1, -1)]) == [(0, -1), (1, -1)]
    assert spread_layers([(5, -3)]) == [(5, -3)]
