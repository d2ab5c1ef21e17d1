"""Votes over fewer samples equal the average over every subset, voted one by one."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretell.common.errors import UserError
from foretell.outcomes.summary import summarise
from foretell.routing.costs import PolicyPrice, price_outcomes
from foretell.routing.fewer_samples import expected_majority, price_fewer_samples


def vote_is_right(answers, correct):
    """The most frequent answer, of equals the first given, is right; no answer (negative) does not vote."""
    given_answers = [answer for answer in answers if answer >= 0]
    if not given_answers:
        return False
    winner = max(given_answers, key=lambda answer: (given_answers.count(answer), -given_answers.index(answer)))
    return correct[list(answers).index(winner)]


def brute_force(answers, correct):
    k = len(answers)
    return [
        np.mean([vote_is_right([answers[i] for i in s], [correct[i] for i in s]) for s in combinations(range(k), size)])
        for size in range(1, k + 1)
    ]


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 8).flatmap(lambda k: st.lists(st.lists(st.integers(-1, 3), min_size=k, max_size=k), min_size=1)))
def test_expectation_equals_the_average_over_all_subsets(rows):
    answers = np.array(rows)
    for right in ({0}, {1, 3}, set()):
        correct = np.isin(answers, list(right))
        expected = [brute_force(*row) for row in zip(answers, correct, strict=True)]
        np.testing.assert_allclose(expected_majority(answers, correct), expected, atol=1e-12)


def test_ties_go_to_the_answer_that_the_subset_gave_first():
    # subsets of two: (0,1) tie, first is right; (0,2) tie, first is right; (1,2) agree and are wrong
    np.testing.assert_allclose(expected_majority(np.array([[5, 7, 7]]), np.array([[True, False, False]]))[0, 1], 2 / 3)
    # the other way round: (0,1) agree and are wrong; (0,2) and (1,2) tie, first is wrong
    np.testing.assert_allclose(expected_majority(np.array([[7, 7, 5]]), np.array([[False, False, True]]))[0, 1], 0)


def test_no_answer_never_wins_however_frequent():
    expected = expected_majority(np.array([[-1, -1, -1, 4]]), np.array([[False, False, False, True]]))
    np.testing.assert_allclose(expected[0], [1 / 4, 1 / 2, 3 / 4, 1])


def test_no_answer_at_all_is_wrong():
    assert not expected_majority(np.full((2, 3), -1), np.ones((2, 3), dtype=bool)).any()


def test_many_samples_follow_the_binomial_law():
    # two answers, 26 right of 51: a majority of 51 is right, a subset of 25 is right by the hypergeometric tail
    from scipy.stats import hypergeom

    correct = np.arange(51)[None] < 26
    expected = expected_majority(correct.astype(int), correct)
    assert expected[0, 50] == 1
    assert (expected_majority(np.ones((1, 40), dtype=int), np.ones((1, 40), dtype=bool)) == 1).all()  # exactly
    np.testing.assert_allclose(expected[0, 24], hypergeom(51, 26, 25).sf(12), rtol=1e-10)


def rollouts(seed, problems=30, k=5):
    rng = np.random.default_rng(seed)
    answers = rng.choice(["1", "2", "3", None], size=(problems, k))
    table = pd.DataFrame(
        {
            "problem_id": np.repeat([f"p{i}" for i in range(problems)], k),
            "sample": np.tile(np.arange(k), problems),
            "answer_class": answers.ravel(),
            "extracted_answer": answers.ravel(),
            "correct": (answers == "1").ravel(),
            "prompt_tokens": 10,
            "completion_tokens": rng.integers(1, 9, problems * k),
            "finish_reason": "stop",
        }
    )
    greedy = table[table["sample"] == 0].assign(sample=-1, answer_class="1", correct=True)
    return pd.concat([greedy, table]).sample(frac=1, random_state=seed)


def priced(table, prices):
    ids = table.problem_id.drop_duplicates()
    problems = pd.DataFrame(
        {"problem_id": ids, "split": "test", "group": ids, "reference_difficulty": None, "excluded_reason": None}
    )
    return price_outcomes({"a": summarise(table, problems)}, {"a": prices})


PRICES = PolicyPrice(encoder="e", input_price=2e6, output_price=3e6)


def test_all_samples_are_the_outcome_and_its_cost():
    table = rollouts(seed=1)
    costs = priced(table, PRICES)
    fewer = price_fewer_samples({"a": table}, costs)
    full = fewer[fewer.samples == 5].set_index("problem_id").loc[costs.problem_id]
    assert full.expected_correct.tolist() == costs.correct.tolist()
    np.testing.assert_allclose(full.expected_cost, costs.cost)
    assert fewer.groupby("problem_id").samples.apply(list).map([1, 2, 3, 4, 5].__eq__).all()


def test_the_prompt_is_paid_once_and_completions_in_proportion():
    table = rollouts(seed=2)
    costs = priced(table, PRICES).set_index("problem_id")
    fewer = price_fewer_samples({"a": table}, costs.reset_index()).set_index("problem_id")
    two = fewer[fewer.samples == 2].loc[costs.index]
    np.testing.assert_allclose(two.expected_cost, 20 + (costs.cost - 20) * 2 / 5)


def test_an_assumed_cost_falls_in_proportion():
    table = rollouts(seed=3)
    fewer = price_fewer_samples({"a": table}, priced(table, PolicyPrice(encoder=None, assumed_cost=10)))
    np.testing.assert_allclose(fewer.expected_cost, fewer.samples * 2)


def test_rollouts_that_do_not_belong_to_the_outcomes_are_named():
    table = rollouts(seed=4)
    costs = priced(table, PRICES)
    with pytest.raises(UserError, match="rollouts of 'a' do not vote as its outcomes say on 30 problems"):
        price_fewer_samples({"a": table}, costs.assign(correct=1 - costs.correct))
    with pytest.raises(
        UserError, match="rollouts of 'a' and its outcomes cover different problems: the former lack 1, the latter 0"
    ):
        price_fewer_samples({"a": table[table.problem_id != "p3"]}, costs)
    with pytest.raises(UserError, match=r"samples 0\.\.k-1 exactly once"):
        price_fewer_samples({"a": table[(table.problem_id != "p3") | (table["sample"] != 2)]}, costs)
    with pytest.raises(UserError, match="policy 'b' has rollouts but no outcomes"):
        price_fewer_samples({"b": table}, costs)


def test_without_rollouts_the_table_is_empty_and_has_its_columns():
    fewer = price_fewer_samples({}, priced(rollouts(seed=1), PRICES))
    assert fewer.empty
    assert fewer.columns.tolist() == ["problem_id", "split", "policy", "samples", "expected_correct", "expected_cost"]
