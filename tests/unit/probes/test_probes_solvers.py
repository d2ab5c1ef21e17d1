"""Ridge and logistic regression for many strengths and targets equal scikit-learn's, one by one."""

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler

from foretell.common.errors import UserError
from foretell.probes import solvers
from foretell.probes.dense import Basis, DenseBlock

STRENGTHS = (1e-3, 1e-1, 1e1, 1e3, 1e4)


def made_up(n, d, seed=0):
    """Correlated features with offsets and scales, two graded targets, two binary ones (one of them rare)."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n, d)) @ rng.normal(size=(d, d)) * rng.uniform(0.1, 30, d) + rng.normal(size=d) * 5
    latent = features @ rng.normal(size=(d, 4)) / features.std()
    latent = latent / latent.std(axis=0) + rng.normal(size=(n, 4))
    graded = latent[:, :2] + 3
    binary = latent[:, 2:] > [np.quantile(latent[:, 2], 0.4), np.quantile(latent[:, 3], 0.9)]
    return features, np.hstack([graded, binary]).astype(float), np.array([False, False, True, True])


@pytest.mark.parametrize(("n", "d"), [(150, 20), (60, 100)])
def test_every_strength_and_target_equals_scikit_learn(n, d):
    features, labels, binary = made_up(n, d)
    train, new = np.arange(n - 20), np.arange(n - 20, n)
    scores = DenseBlock({}, lambda: features, STRENGTHS).fit(train, labels[train], binary).scores(new)
    scaler = StandardScaler().fit(features[train])
    x, x_new = scaler.transform(features[train]), scaler.transform(features[new])
    for place, strength in enumerate(STRENGTHS):
        for column in (0, 1):
            expected = Ridge(alpha=strength, solver="svd").fit(x, labels[train, column]).predict(x_new)
            np.testing.assert_allclose(scores[:, column, place], expected, rtol=1e-7, atol=1e-9)
        for column in (2, 3):
            reference = LogisticRegression(C=1 / strength, solver="newton-cholesky", tol=1e-12, max_iter=1000)
            expected = reference.fit(x, labels[train, column]).decision_function(x_new)
            np.testing.assert_allclose(scores[:, column, place], expected, rtol=2e-4, atol=2e-4)


def test_logistic_fits_end_at_a_vanishing_gradient_in_the_features_own_space():
    features, labels, binary = made_up(120, 15)
    fitted = DenseBlock({}, lambda: features, STRENGTHS).fit(np.arange(120), labels, binary)
    for place, strength in enumerate(STRENGTHS):
        model = fitted.tensors(3, place)
        standardised = (features - model["mean"]) / model["scale"]
        residual = 1 / (1 + np.exp(-(standardised @ model["weight"] + model["bias"]))) - labels[:, 3]
        gradient = np.append(standardised.T @ residual + strength * model["weight"], residual.sum()) / 120
        assert np.linalg.norm(gradient) < 2e-8
        assert fitted.diagnostics(3, place)["gradient_norm_per_row"] == pytest.approx(np.linalg.norm(gradient), rel=0.1)


def test_the_intercept_is_not_penalised():
    features, labels, binary = made_up(100, 5)
    fitted = DenseBlock({}, lambda: features, (1e9,)).fit(np.arange(100), labels, binary)
    scores = fitted.scores(np.arange(100))[:, :, 0]
    rate = labels[:, 3].mean()
    np.testing.assert_allclose(scores[:, 0], labels[:, 0].mean(), rtol=1e-5)
    np.testing.assert_allclose(scores[:, 3], np.log(rate / (1 - rate)), rtol=1e-5)


def test_stored_tensors_give_the_scores():
    features, labels, binary = made_up(80, 100)
    fitted = DenseBlock({}, lambda: features, STRENGTHS).fit(np.arange(60), labels[:60], binary)
    for column in range(4):
        model = fitted.tensors(column, 2)
        by_hand = ((features - model["mean"]) / model["scale"]) @ model["weight"] + model["bias"]
        np.testing.assert_allclose(by_hand, fitted.scores(np.arange(80))[:, column, 2], rtol=1e-9, atol=1e-9)


def test_targets_do_not_influence_each_other():
    features, labels, binary = made_up(100, 10)
    block = DenseBlock({}, lambda: features, STRENGTHS)
    together = block.fit(np.arange(100), labels, binary).scores(np.arange(100))
    alone = block.fit(np.arange(100), labels[:, 2:3], binary[2:3]).scores(np.arange(100))
    np.testing.assert_allclose(together[:, 2:3], alone, atol=1e-5)


def test_constant_features_carry_nothing_even_when_rounding_moves_them():
    constant = np.full((50, 4), 0.1) * (1 + 1e-15 * np.random.default_rng(0).integers(-3, 4, size=(50, 4)))
    labels = (np.arange(50) % 2).astype(float)[:, None]
    fitted = DenseBlock({}, lambda: constant, STRENGTHS).fit(np.arange(50), labels, np.array([True]))
    assert np.ptp(fitted.scores(np.arange(50))) == 0
    assert Basis.of(constant).coordinates.shape == (50, 0)


def test_separable_classes_still_converge():
    features = np.random.default_rng(0).normal(size=(60, 80))
    labels = (features[:, :1] > 0).astype(float)
    fitted = DenseBlock({}, lambda: features, (1e-3,)).fit(np.arange(60), labels, np.array([True]))
    assert fitted.diagnostics(0, 0)["gradient_norm_per_row"] < 1e-8


@pytest.mark.filterwarnings("error")
def test_a_line_search_leaves_alone_what_has_no_slope():
    one, labels = np.ones((4, 1)), np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
    problem = solvers._Logistic(one, labels, np.full((1, 2), 1e-3), np.ones((1, 2)))
    variables = np.zeros((1, 2))
    logits = problem.logits(variables)
    gradient = problem.gradient(variables, logits)  # of the second column 0: half of its labels are 1
    length, _, after = solvers._line_search(problem, variables, logits, gradient, gradient * -100)
    assert length[0] < 1 and length[1] == 1
    assert np.abs(after[0, 0]) < np.abs(gradient[0, 0]) and after[0, 1] == 0


def test_a_fit_that_does_not_converge_is_an_error_not_a_number(monkeypatch):
    monkeypatch.setattr(solvers, "MAX_ITERATIONS", 3)
    features, labels, binary = made_up(100, 10)
    with pytest.raises(UserError, match=r"not converged after 3 iterations.*'strengths'"):
        DenseBlock({}, lambda: features, STRENGTHS).fit(np.arange(100), labels, binary)


@pytest.mark.parametrize("iterations", [solvers.SEARCH_ITERATIONS, 1])  # 1: double precision takes over
def test_a_search_ranks_candidates_as_converged_fits_do(monkeypatch, iterations):
    monkeypatch.setattr(solvers, "SEARCH_ITERATIONS", iterations)
    features, labels, binary = made_up(400, 60)
    block, train, new = DenseBlock({}, lambda: features, STRENGTHS), np.arange(300), np.arange(300, 400)
    searched, converged = (block.fit(train, labels[train], binary, search) for search in (True, False))
    assert all(searched.diagnostics(2, place)["gradient_norm_per_row"] <= 1e-5 for place in range(len(STRENGTHS)))
    assert searched.fits.coefficients.dtype == np.float64
    for column in (2, 3):
        for place in range(len(STRENGTHS)):
            alike = spearmanr(searched.scores(new)[:, column, place], converged.scores(new)[:, column, place]).statistic
            assert alike > 0.9995
