import numpy as np
import pandas as pd
import pytest

from foretell.figures.risk_coverage import accuracy_by_coverage, collect, draw

FALLBACK = {"cost": 10.0, "accuracy": 0.9, "assumption": "made up"}


def tables(correct, probability, prefill=0.5):
    n = len(correct)
    head = pd.DataFrame({"problem_id": [f"p{i:03d}" for i in range(n)], "policy": "a"})
    costs = head.assign(split="test", group=head.problem_id, correct=correct, cost=2.0, probe_cost=prefill)
    costs["of_policy"] = costs.policy
    costs["reuses_prefill"] = True
    return costs, head.assign(family="linear", calibrated_on="train", probability=probability)


def test_a_perfect_ranking_is_right_until_its_successes_run_out():
    correct = np.repeat([1.0, 0.0], [40, 60])
    frame = collect(*tables(correct, np.linspace(1, 0, 100)), FALLBACK, 50, 1)
    by_coverage = frame.set_index(frame.coverage.round(2)).accuracy
    assert by_coverage[0.2] == by_coverage[0.4] == 1
    assert by_coverage[0.8] == pytest.approx(0.5) and by_coverage[1.0] == pytest.approx(0.4)


def test_a_policy_that_another_model_reads_for_costs_that_prefill_where_it_answers_too():
    costs, probabilities = tables(np.ones(10), 0.5)
    own, read = (collect(costs.assign(reuses_prefill=each), probabilities, FALLBACK, 5, 1) for each in (True, False))
    assert (read.cost_with_fallback - own.cost_with_fallback).iloc[[0, -1]].tolist() == pytest.approx([0, 0.5])


def test_the_rest_costs_its_prefill_and_the_fallback():
    correct = np.repeat([1.0, 0.0], [40, 60])
    frame = collect(*tables(correct, np.linspace(1, 0, 100)), FALLBACK, 50, 1)
    by_coverage = frame.set_index(frame.coverage.round(2))
    assert by_coverage.cost_with_fallback[0.4] == pytest.approx(0.4 * 2 + 0.6 * (0.5 + 10))
    assert by_coverage.accuracy_with_fallback[0.4] == pytest.approx(0.4 + 0.6 * 0.9)
    assert by_coverage.accuracy_at_random[0.4] == pytest.approx(0.4 * 0.4 + 0.6 * 0.9)
    assert by_coverage.accuracy_with_fallback[0.0] == 0.9 and by_coverage.cost_with_fallback[1.0] == 2


def test_resampled_accuracies_are_those_of_the_repeated_problems():
    rng = np.random.default_rng(3)
    correct = rng.integers(0, 2, 30).astype(float)
    weights = rng.multinomial(30, np.full(30, 1 / 30), size=5).astype(float)
    found = accuracy_by_coverage(correct, weights, np.array([1 / 3, 1.0]))
    for row, counts in zip(found, weights.astype(int), strict=True):
        repeated = np.repeat(correct, counts)
        assert row == pytest.approx([repeated[:10].mean(), repeated.mean()])


def test_the_figure_says_what_is_assumed():
    correct = np.repeat([1.0, 0.0], [40, 60])
    figure = draw(collect(*tables(correct, np.linspace(1, 0, 100)), FALLBACK, 50, 1))
    assert any("made up" in axes.get_title() for axes in figure.axes)
