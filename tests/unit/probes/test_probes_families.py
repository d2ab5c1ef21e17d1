"""The baselines see what they say they see, and nothing of the rows that they are judged on."""

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge

from foretell.probes import ngrams
from foretell.probes.text import TextBlock
from foretell.probes.tokens import ITERATIONS, TokensBlock, one_hot
from foretell.probes.words import WordsBlock


def questions(n, seed=0):
    rng = np.random.default_rng(seed)
    return np.array(["".join(rng.choice(list("0123+-*"), size=rng.integers(3, 9))) for _ in range(n)], dtype=object)


def test_tfidf_equals_scikit_learn_on_the_scaled_centred_features():
    texts = questions(100)
    labels = np.column_stack([[t.count("*") for t in texts], ["1" in t for t in texts]]).astype(float)
    train, new = np.arange(80), np.arange(80, 100)
    fitted = TextBlock(texts, (1, 3), (0.1, 10.0)).fit(train, labels[train], np.array([False, True]))
    vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), lowercase=False)
    x = vectorizer.fit_transform(texts[train]).toarray()
    scale = np.sqrt(ngrams.VARIANCE / x.var(axis=0).sum())
    x, x_new = ((values - x.mean(axis=0)) * scale for values in (x, vectorizer.transform(texts[new]).toarray()))
    for place, strength in enumerate((0.1, 10.0)):
        ridge = Ridge(alpha=strength, solver="svd").fit(x, labels[train, 0]).predict(x_new)
        logistic = LogisticRegression(C=1 / strength, solver="newton-cholesky", tol=1e-12, max_iter=1000)
        logistic.fit(x, labels[train, 1])
        np.testing.assert_allclose(fitted.scores(new)[:, 0, place], ridge, atol=1e-8)
        np.testing.assert_allclose(fitted.scores(new)[:, 1, place], logistic.decision_function(x_new), atol=1e-4)


def test_tfidf_takes_its_vocabulary_from_the_rows_that_it_is_fitted_to():
    texts = np.array(["ab", "ba", "bb", "aa", "zq"], dtype=object)
    fitted = TextBlock(texts, (1, 1), (1.0,)).fit(np.arange(4), np.arange(4.0)[:, None], np.array([False]))
    assert fitted.tfidf.features.shape == (4, 2), "a and b"


def test_identical_questions_carry_nothing():
    block = TextBlock(np.array(["1+1"] * 20, dtype=object), (1, 2), (1.0,))
    scores = block.fit(np.arange(20), np.arange(20.0)[:, None], np.array([False])).scores(np.arange(20))
    np.testing.assert_allclose(scores, 9.5)


def test_word_tfidf_equals_scikit_learn_on_the_scaled_centred_features():
    words = ["What", "is", "x^2", "the", "area", "of", "12", "a", "+"]
    rng = np.random.default_rng(0)
    texts = np.array([" ".join(rng.choice(words, size=rng.integers(3, 9))) for _ in range(100)], dtype=object)
    labels = np.column_stack([[len(t) for t in texts], ["12" in t for t in texts]]).astype(float)
    train, new = np.arange(80), np.arange(80, 100)
    fitted = WordsBlock(texts, (1, 2), (0.1, 10.0)).fit(train, labels[train], np.array([False, True]))
    vectorizer = TfidfVectorizer(token_pattern=r"\w+|[^\w\s]", ngram_range=(1, 2))
    x = vectorizer.fit_transform(texts[train]).toarray()
    assert {"12", "x ^"} <= set(vectorizer.vocabulary_)
    scale = np.sqrt(ngrams.VARIANCE / x.var(axis=0).sum())
    x, x_new = ((values - x.mean(axis=0)) * scale for values in (x, vectorizer.transform(texts[new]).toarray()))
    for place, strength in enumerate((0.1, 10.0)):
        ridge = Ridge(alpha=strength, solver="svd").fit(x, labels[train, 0]).predict(x_new)
        logistic = LogisticRegression(C=1 / strength, solver="newton-cholesky", tol=1e-12, max_iter=1000)
        logistic.fit(x, labels[train, 1])
        np.testing.assert_allclose(fitted.scores(new)[:, 0, place], ridge, rtol=1e-3)
        np.testing.assert_allclose(fitted.scores(new)[:, 1, place], logistic.decision_function(x_new), atol=2e-3)


def test_identical_words_carry_nothing():
    block = WordsBlock(np.array(["one word"] * 20, dtype=object), (1, 2), (1.0,))
    scores = block.fit(np.arange(20), np.arange(20.0)[:, None], np.array([False])).scores(np.arange(20))
    np.testing.assert_allclose(scores, 9.5)


def test_one_hot_tells_tokens_by_their_place_from_both_ends():
    features = one_hot([np.array([1, 5, 2]), np.array([1, 6, 7, 2]), np.array([1, 5, 7, 2])], np.arange(3))
    distinct = {tuple(column) for column in features.T}
    assert (1, 0, 1) in distinct  # 5 in second place
    assert (1, 0, 0) in distinct  # 2 in third place, an ended prompt, 5 before the last token
    assert (1, 1, 1) not in distinct
    assert set(np.unique(features)) == {0, 1}


def test_one_hot_features_are_chosen_by_train_prompts_only():
    features = one_hot([np.array([1, 5]), np.array([1, 6]), np.array([9, 8])], np.array([0, 1]))
    assert features.shape[1] == 4  # 5 and 6, in either count
    np.testing.assert_array_equal(features[2], 0)


def test_boosted_trees_find_an_interaction_of_two_tokens():
    rng = np.random.default_rng(0)
    tokens = rng.integers(2, size=(400, 6))
    labels = (tokens[:, 1] ^ tokens[:, 4]).astype(float)
    block = TokensBlock(one_hot(list(tokens), np.arange(300)), 4)
    fitted = block.fit(np.arange(300), np.column_stack([labels, labels])[:300], np.array([True, False]))
    scores = fitted.scores(np.arange(300, 400))
    assert scores.shape == (100, 2, len(ITERATIONS)) == (100, 2, len(block.candidates))
    assert ((scores[:, 0, -1] > 0) == (labels[300:] == 1)).all()
    assert np.abs(scores[:, 1, -1] - labels[300:]).max() < 0.1


def test_fewer_trees_are_the_first_trees():
    rng = np.random.default_rng(0)
    tokens, labels = rng.integers(3, size=(200, 4)), rng.normal(size=(200, 1))
    features = one_hot(list(tokens), np.arange(200))
    scores = TokensBlock(features, 4).fit(np.arange(200), labels, np.array([False])).scores(np.arange(200))
    errors = ((scores[:, 0] - labels) ** 2).mean(axis=0)
    assert (np.diff(errors) < 0).all()
