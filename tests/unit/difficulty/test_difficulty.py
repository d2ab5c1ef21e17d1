from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from scipy.stats import spearmanr

from evaluated import evaluated
from foretell.difficulty.comparison import AGREEMENT, DECODED, ComparisonSettings, compare, differ_most, of_rates
from foretell.figures import difficulty_correlations, difficulty_differences
from foretell.figures.difficulty import collect, draw

N = 200


@pytest.fixture(scope="module")
def outcomes():
    rng = np.random.default_rng(0)
    human = np.arange(1, N + 1)
    true = 1 / (1 + np.exp((human - 100) / 60 + rng.normal(size=N)))
    ids = [f"q{i:03d}" for i in range(N)]
    return {
        "a": pd.DataFrame(
            {
                "problem_id": ids,
                "split": "test",
                "group": ids,
                "k": 8,
                "success_rate": rng.binomial(8, true) / 8,
                "reference_difficulty": human.astype(float),
            }
        )
    }


def predicted(outcomes, target, noise):
    """Cross-fitted scores: a label with noise, in two partitions of five folds."""
    rng = np.random.default_rng(7)
    frame, parts = outcomes["a"], []
    for partition in range(2):
        fold_of = rng.permutation(np.arange(N) % 5)
        for fold in range(5):
            scores = frame[target] / frame[target].std() + rng.normal(scale=noise, size=N)
            head = frame[["problem_id"]].assign(partition=partition, fold=fold, score=scores, probability=np.nan)
            parts.append(head.assign(split=np.where(fold_of == fold, "test", "train")))
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module")
def correlations(outcomes):
    predictions = {
        ("a", target, family): predicted(outcomes, target, noise)
        for target, easy in (("reference_difficulty", 0.5), ("success_rate", 1.5))
        for family, noise in (("linear", easy), ("tfidf", 5.0))
    }
    rng = np.random.default_rng(3)
    null = [
        (target, family, number, fold, rng.normal(scale=0.15))
        for target in ("reference_difficulty", "success_rate")
        for family in ("linear", "tfidf")
        for number in range(99)
        for fold in range(5)
    ]
    permuted = pd.DataFrame(null, columns=["target", "family", "permutation", "fold", "spearman"])
    return compared(outcomes, predictions, permuted, 200)


def problems_of(outcomes, error=np.nan):
    return outcomes["a"][["problem_id"]].assign(reference_difficulty_se=error)


def compared(outcomes, predictions, permuted, resamples):
    whole = {policy: frame.assign(split="test") for policy, frame in outcomes.items()}
    found = evaluated(whole, predictions, resamples)
    settings = ComparisonSettings(resamples=resamples, seed=1)
    return compare(
        problems_of(outcomes),
        outcomes,
        found.metrics,
        found.resamples,
        {} if permuted is None else {"a": permuted},
        settings,
    )


def test_the_agreement_is_the_correlation_of_the_two_orders(outcomes, correlations):
    row = correlations[correlations.quantity == AGREEMENT].iloc[0]
    frame = outcomes["a"]
    assert row.spearman == pytest.approx(spearmanr(frame.reference_difficulty, -frame.success_rate).statistic)
    assert row.low < row.spearman < row.high and row.p == pytest.approx(1 / 2000) and row.n == N


def test_what_is_read_is_compared_within_folds_with_its_difference_and_a_permutation_test(correlations):
    table = correlations.set_index(["quantity", "family"])
    human, own = table.loc["human difficulty", "linear"], table.loc["own success", "linear"]
    assert human.spearman > own.spearman > table.loc["own success", "tfidf"].spearman
    assert human.p == 0.01 and human.permutations == 99 and np.isnan(human.ceiling)
    assert own.ceiling == table.loc[AGREEMENT, ""].ceiling < 1
    assert table.loc["human difficulty", "tfidf"].difference_low > 0


def test_what_is_undefined_has_no_p_and_says_so(outcomes):
    never = {"a": outcomes["a"].assign(success_rate=0.0)}
    predictions = {
        ("a", target, "linear"): predicted(outcomes, target, 1.0) for target in ("reference_difficulty", "success_rate")
    }
    predictions["a", "success_rate", "linear"]["score"] = np.nan
    columns = ["target", "family", "permutation", "fold", "spearman"]
    null = [(target, "linear", n, 0, np.nan) for target in ("reference_difficulty", "success_rate") for n in range(9)]
    table = compared(never, predictions, pd.DataFrame(null, columns=columns), 50).set_index("quantity")
    assert table.loc[[AGREEMENT, "own success"], ["spearman", "p"]].isna().all(axis=None)
    assert difficulty_correlations.layout(table.reset_index())[0]["linear probe"].tolist()[2] == "undefined"


def test_a_policy_that_is_always_wrong_has_its_rows_and_is_drawn(outcomes):
    """No probe of its success was trained; human difficulty is read from what it reads all the same."""
    never = {"a": outcomes["a"].assign(success_rate=0.0)}
    frame = outcomes["a"][["problem_id", "split"]].assign(probability=np.nan)
    predictions = {
        ("a", target, family): frame.assign(score=score)
        for target, score in (("reference_difficulty", outcomes["a"].reference_difficulty), ("success_rate", np.nan))
        for family in ("linear", "tfidf")
    }
    table = compared(never, predictions, None, 50)
    own, human = (table[table.quantity == name].set_index("family") for name in ("own success", "human difficulty"))
    assert set(own.index) == set(human.index) == {"linear", "tfidf"}
    assert own.spearman.isna().all() and human.spearman.notna().all()
    said = difficulty_correlations.layout(table)[0].set_index("Spearman of")
    assert said.loc["own success", "linear probe"] == "undefined"
    figure = draw(collect(correlations=table, outcomes=never))
    assert "undefined" in [text.get_text() for text in figure.axes[1].texts]


@pytest.mark.parametrize("k", [4, 8, 64])
def test_reliability_is_the_squared_correlation_with_the_true_rates(k):
    rng = np.random.default_rng(1)
    true = rng.beta(0.7, 2.0, 40000)
    rates = rng.binomial(k, true) / k
    assert of_rates(rates, k) == pytest.approx(np.corrcoef(true, rates)[0, 1] ** 2, abs=0.01)


def test_pure_noise_and_constants_have_no_of_rates():
    rng = np.random.default_rng(1)
    assert of_rates(rng.binomial(8, 0.3, 20000) / 8, 8) < 0.02
    assert of_rates(np.full(10, 0.5), 8) == 0
    assert np.isnan(of_rates(rng.integers(0, 2, 10), 1)), "one sample, or a greedy completion, does not tell"


def test_the_problems_that_differ_most_are_those_with_places_furthest_apart():
    frame = pd.DataFrame({"problem_id": list("abcde"), "success_rate": [0.0, 0.9, 0.5, 0.2, 1.0], "split": "test"})
    frame["reference_difficulty"] = range(1, 6)
    problems = pd.DataFrame({"problem_id": list("abcde"), "question": [f"{letter}?" for letter in "abcde"]})
    table = differ_most(problems, {"m": frame}, 1)
    assert table.question.tolist() == ["e?", "a?"] and table.harder_for.tolist() == ["people", "model"]
    assert table.human_place.tolist() == [5, 1] and table.model_place.tolist() == [1, 5]
    assert "Success rate" in difficulty_differences.layout(table)[0]


def test_tables_and_figure_show_both_difficulties(outcomes, correlations):
    table, note = difficulty_correlations.layout(correlations)
    assert table["Spearman of"].tolist() == [AGREEMENT, "human difficulty", "own success"]
    assert "p = 0.010" in table["linear probe"][1] and f"n = {N}" in note
    frame = collect(correlations=correlations, outcomes=outcomes)
    tenths = frame[frame.kind == "tenth"]
    assert tenths.n.sum() == N and tenths.success_rate.iloc[0] > tenths.success_rate.iloc[-1]
    figure = draw(frame)
    assert len(figure.axes) == 2


@pytest.mark.parametrize("count", [1, 3, 12])
def test_no_text_of_the_figure_lies_on_another_however_many_policies_there_are(outcomes, correlations, count):
    names = [f"a-rather-long-name-of-policy-{place}" for place in range(count)]
    table = pd.concat([correlations.assign(policy=name) for name in names], ignore_index=True)
    figure = draw(collect(correlations=table, outcomes=dict.fromkeys(names, outcomes["a"])))
    FigureCanvasAgg(figure)
    figure.draw_without_rendering()
    left, right = figure.axes
    written = [*right.texts, *right.get_yticklabels(), right.xaxis.label, left.xaxis.label]
    boxes = [text.get_window_extent() for text in written]
    overlapping = [(one, other) for one, other in combinations(boxes, 2) if one.overlaps(other)]
    assert not overlapping
    assert all(figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1 for box in boxes)


def test_of_problems_that_are_split_those_of_test_count(outcomes):
    whole = {"a": outcomes["a"].assign(split=["train", "test"] * (N // 2))}
    rng = np.random.default_rng(5)
    scores = {target: whole["a"][target] + rng.normal(scale=whole["a"][target].std(), size=N) for target in DECODED}
    head = whole["a"][["problem_id", "split"]].assign(probability=np.nan)
    found = evaluated(whole, {("a", target, "linear"): head.assign(score=each) for target, each in scores.items()}, 200)
    settings = ComparisonSettings(resamples=200, seed=1)
    table = compare(problems_of(whole), whole, found.metrics, found.resamples, {}, settings)
    test = whole["a"].split.eq("test")
    for target, quantity in DECODED.items():
        row = table[table.quantity == quantity].iloc[0]
        expected = spearmanr(whole["a"][target][test], scores[target][test]).statistic
        assert row.spearman == pytest.approx(expected) and row.low < expected < row.high
        assert (row.n, row.on, row.permutations) == (N // 2, "test", 0) and np.isnan(row.p)
    shown, note = difficulty_correlations.layout(table)
    assert "p =" not in shown["linear probe"][1] and note.startswith(f"n = {N // 2}; test; ")
    assert draw(collect(correlations=table, outcomes=whole)).axes[1].get_xlabel().endswith("(test)")
