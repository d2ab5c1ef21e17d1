from types import SimpleNamespace

import numpy as np
import pytest
from scipy.special import expit
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

from foretell.probes.families import FAMILIES
from foretell.probes.neighbours import NEIGHBOURS, KnnBlock, KnnTextBlock
from foretell.probes.words import WordsBlock

BINARY = np.array([True, False])


def labelled(features):
    """A class that its neighbours share, and a number."""
    return np.column_stack([features[:, 0] > 0, features[:, 1]]).astype(float)


def cosines(x, others):
    """[others, x], by the definition."""
    return (others @ x.T) / (np.linalg.norm(others, axis=1)[:, None] * np.linalg.norm(x, axis=1))


def test_scores_are_those_of_a_search_through_all_rows():
    features = np.random.default_rng(0).normal(size=(260, 5)) * [1, 100, 1, 1, 1] + 7
    labels, train, test = labelled(features), np.arange(200), np.arange(200, 260)
    scores = KnnBlock({"layer": 1}, lambda: features).fit(train, labels[train], BINARY).scores(test)
    assert scores.shape == (60, 2, len(NEIGHBOURS))
    standard = (features - features[train].mean(axis=0)) / features[train].std(axis=0)
    order = np.argsort(-cosines(standard[train], standard[test]), axis=1)
    for place, count in enumerate(NEIGHBOURS):
        nearest = labels[order[:, :count]]
        np.testing.assert_allclose(expit(scores[:, 0, place]), (nearest[:, :, 0].sum(axis=1) + 1) / (count + 2))
        np.testing.assert_allclose(scores[:, 1, place], nearest[:, :, 1].mean(axis=1))


def test_they_equal_scikit_learns_neighbours_but_for_the_smoothing():
    features = np.random.default_rng(1).normal(size=(220, 4))
    labels, train, test = labelled(features), np.arange(200), np.arange(200, 220)
    scores = KnnBlock({}, lambda: features).fit(train, labels[train], BINARY).scores(test)
    x = (features - features[train].mean(axis=0)) / features[train].std(axis=0)
    for place, count in enumerate(NEIGHBOURS):
        settings = {"n_neighbors": count, "metric": "cosine"}
        rate = KNeighborsClassifier(**settings).fit(x[train], labels[train, 0]).predict_proba(x[test])[:, 1]
        np.testing.assert_allclose(expit(scores[:, 0, place]) * (count + 2) - 1, rate * count, atol=1e-9)
        mean = KNeighborsRegressor(**settings).fit(x[train], labels[train, 1]).predict(x[test])
        np.testing.assert_allclose(scores[:, 1, place], mean)


def test_neighbours_of_a_question_share_its_rare_words():
    words = ["sum", "of", "two", "area", "a", "circle", "how", "many", "12", "+"]
    rng = np.random.default_rng(0)
    texts = np.array([" ".join(rng.choice(words, size=8)) for _ in range(120)], dtype=object)
    labels, train, test = rng.integers(0, 2, (120, 1)).astype(float), np.arange(100), np.arange(100, 120)
    block = KnnTextBlock({"ngram_min": 1, "ngram_max": 2}, WordsBlock(texts, (1, 2), ()).counts)
    scores = block.fit(train, labels[train], np.array([True])).scores(test)
    vectorizer = TfidfVectorizer(token_pattern=r"\w+|[^\w\s]", ngram_range=(1, 2)).fit(texts[train])
    x = [vectorizer.transform(texts[rows]).toarray() for rows in (train, test)]
    nearest = np.argsort(-cosines(*x), axis=1, kind="stable")[:, : NEIGHBOURS[1]]
    np.testing.assert_allclose(expit(scores[:, 0, 1]), (labels[nearest, 0].sum(axis=1) + 1) / (NEIGHBOURS[1] + 2))


def test_of_few_rows_all_are_neighbours_and_what_all_agree_on_stays_finite():
    features = np.random.default_rng(0).normal(size=(9, 3))
    labels = np.ones((9, 1))
    fitted = KnnBlock({}, lambda: features).fit(np.arange(7), labels[:7], np.array([True]))
    rates = expit(fitted.scores(np.arange(7, 9))[:, 0])
    np.testing.assert_allclose(rates, [[6 / 7] + [8 / 9] * (len(NEIGHBOURS) - 1)] * 2)
    assert [fitted.diagnostics(0, place)["neighbours"] for place in (0, 1, -1)] == [5, 7, 7]


def test_they_find_what_no_linear_probe_does():
    features = np.random.default_rng(0).normal(size=(600, 2))
    labels = (features[:, :1] * features[:, 1:] > 0).astype(float)
    train, test = np.arange(400), np.arange(400, 600)
    scores = KnnBlock({}, lambda: features).fit(train, labels[train], np.array([True])).scores(test)
    assert roc_auc_score(labels[test, 0], scores[:, 0, 1]) > 0.95


@pytest.mark.parametrize("name", ["knn", "knn_text"])
def test_one_candidate_is_told_from_another(name):
    activations = SimpleNamespace(slices=[(layer, -1) for layer in range(8)], read=lambda layer, position: None)
    inputs = SimpleNamespace(questions=np.array(["one word", "two words"], dtype=object), activations=activations)
    found = [candidate for block in FAMILIES[name].build(inputs, (1.0,)) for candidate in block.candidates]
    assert len({tuple(each.items()) for each in found}) == len(found) == len(NEIGHBOURS) * (4 if name == "knn" else 2)
