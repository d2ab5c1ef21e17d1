"""Who may see what: folds, selection, out-of-fold scores, refit."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretell.common.errors import UserError
from foretell.probes.criteria import CRITERIA
from foretell.probes.folds import assign_folds
from foretell.probes.protocol import cross_validate, refit, why_untrainable


@dataclass
class Spy:
    """A block whose candidates score by given columns, and which remembers what it was fitted to."""

    columns: np.ndarray  # [problems, candidates]
    fitted_to: list = field(default_factory=list)
    scored: list = field(default_factory=list)
    searched: list = field(default_factory=list)

    @property
    def candidates(self):
        return [{"column": place} for place in range(self.columns.shape[1])]

    def fit(self, rows, labels, binary, search=False):
        self.fitted_to.append(rows)
        self.searched.append(search)
        return SpyFitted(self, rows, labels.shape[1])


@dataclass
class SpyFitted:
    spy: Spy
    rows: np.ndarray
    targets: int

    def scores(self, rows):
        assert not set(rows) & set(self.rows), "a row is scored by a fit that has seen it"
        self.spy.scored.append(rows)
        return np.repeat(self.spy.columns[rows][:, None], self.targets, axis=1)


def criteria_of(binary):
    return [CRITERIA["auroc" if column else "spearman"] for column in binary]


def study(n=60):
    rng = np.random.default_rng(0)
    labels = np.column_stack([rng.random(n) < 0.5, rng.normal(size=n)]).astype(float)
    noise = rng.normal(size=(n, 2))
    return labels, np.array([True, False]), Spy(noise), Spy(np.column_stack([labels[:, 1], labels[:, 0]]))


def test_each_column_gets_the_candidate_with_the_best_mean_over_folds():
    labels, binary, noise, informed = study()
    folds = np.arange(60) % 5
    first, second = cross_validate([noise, informed], np.arange(60), labels, binary, criteria_of(binary), folds)
    assert (first.block, first.candidate, first.best) == (1, 1, 3)
    assert (second.block, second.candidate, second.best) == (1, 0, 2)
    np.testing.assert_allclose(first.values[3], 1.0)
    assert first.values.shape == (4, 5)
    np.testing.assert_array_equal(second.out_of_fold, labels[:, 1])


def test_a_row_is_scored_out_of_fold_exactly_once_by_a_fit_that_has_not_seen_it():
    labels, binary, noise, informed = study()
    rows = np.arange(100, 160)
    noise.columns, informed.columns = (np.vstack([np.zeros((100, 2)), spy.columns]) for spy in (noise, informed))
    cross_validate(
        [noise, informed], rows, labels, binary, criteria_of(binary), np.arange(60) % 5
    )  # Spy asserts that no row is seen
    for spy in (noise, informed):
        assert sorted(np.concatenate(spy.scored)) == list(rows)
        assert all(len(fitted) == 48 for fitted in spy.fitted_to)


def test_the_refit_takes_all_train_rows_and_only_the_chosen_blocks():
    labels, binary, noise, informed = study()
    rows, others = np.arange(40), np.arange(40, 60)
    choices = cross_validate([noise, informed], rows, labels[:40], binary, criteria_of(binary), np.arange(40) % 4)
    assert all(noise.searched) and all(informed.searched)
    noise.fitted_to.clear()
    informed.fitted_to.clear()
    refits = refit([noise, informed], choices, rows, labels[:40], binary, others)
    assert noise.fitted_to == []
    assert informed.searched[-1] is False
    np.testing.assert_array_equal(informed.fitted_to, [rows])
    np.testing.assert_array_equal(refits[0].scores, labels[40:, 0])
    np.testing.assert_array_equal(refits[1].scores, labels[40:, 1])


def test_equals_are_settled_by_order_and_a_constant_score_counts_as_uninformed():
    labels = np.column_stack([np.arange(20) % 2, np.arange(20.0)])
    binary = np.array([True, False])
    twice = np.column_stack([1000 * labels[:, 0] - labels[:, 1]] * 2)  # orders the classes; falls with the graded label
    choices = cross_validate(
        [Spy(np.ones((20, 2))), Spy(twice)], np.arange(20), labels, binary, criteria_of(binary), np.arange(20) // 5
    )
    assert [choice.block for choice in choices] == [1, 0]
    assert [choice.candidate for choice in choices] == [0, 0]
    np.testing.assert_array_equal(choices[1].values[:2], 0)


def test_equal_blocks_are_settled_by_order():
    labels = np.tile([0.0, 1.0], 10)[:, None]
    blocks = [Spy(labels.copy()), Spy(labels.copy())]
    (choice,) = cross_validate(blocks, np.arange(20), labels, np.array([True]), criteria_of([True]), np.arange(20) // 5)
    assert choice.block == 0


def test_a_fold_with_one_class_has_no_metric_and_does_not_decide():
    labels = np.array([1, 0, 1, 0, 1, 1.0])[:, None]
    folds = np.array([0, 0, 1, 1, 2, 2])
    block, binary = Spy(labels.copy()), np.array([True])
    (choice,) = cross_validate([block], np.arange(6), labels, binary, criteria_of(binary), folds)
    np.testing.assert_array_equal(choice.values, [[1, 1, np.nan]])


@pytest.mark.parametrize(
    ("labels", "binary", "says"),
    [
        ([], True, "no train problem"),
        ([1, 1, 1, 1, 1, 1], True, "all 6 train labels are 1"),
        ([0.5] * 6, False, "all 6 train labels are 0.5"),
        ([1] * 9 + [0] * 20, True, "the rarer class has 9 of 29 train problems; a probe needs 10"),
        ([1] * 10 + [0] * 20, True, "a fold's training part has one class only"),
        ([0, 0, 1, 1, 2, 2], False, "no fold holds two different labels"),
    ],
)
def test_what_cannot_be_trained_says_why(labels, binary, says):
    folds = np.arange(len(labels)) // 10 if len(labels) > 6 else np.arange(len(labels)) // 2
    assert says in why_untrainable(np.array(labels, float), binary, folds)


def test_what_can_be_trained_has_no_reason():
    assert why_untrainable(np.array([0, 1] * 10, float), True, np.arange(20) // 4) is None


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=40, max_size=60), st.integers(2, 5), st.integers(0, 100))
def test_groups_stay_together_and_folds_follow_the_problems_not_their_order(numbers, folds, seed):
    groups = np.array([f"g{number}" for number in numbers])
    labels = np.array([[number % 2] for number in numbers], float)
    if len(set(numbers)) < folds:
        return
    assigned = assign_folds(groups, labels, folds, seed)
    assert all(len(set(assigned[groups == group])) == 1 for group in set(groups))
    assert set(assigned) == set(range(folds))
    order = np.random.default_rng(seed).permutation(len(groups))
    np.testing.assert_array_equal(assign_folds(groups[order], labels[order], folds, seed), assigned[order])


def test_folds_are_stratified_by_all_labels_jointly():
    labels = np.random.default_rng(0).random((200, 2)) < [0.1, 0.6]
    folds = assign_folds(np.array([f"p{i}" for i in range(200)]), labels.astype(float), 5, 1)
    for pattern in np.unique(labels, axis=0):
        counts = np.bincount(folds[(labels == pattern).all(axis=1)], minlength=5)
        assert np.ptp(counts) <= 1
    assert set(np.bincount(folds)) == {40}


def test_another_seed_gives_other_folds():
    groups, labels = np.array([f"p{i}" for i in range(100)]), np.zeros((100, 0))
    assert (assign_folds(groups, labels, 5, 1) != assign_folds(groups, labels, 5, 2)).any()


def test_fewer_problems_than_folds_are_the_users_error():
    with pytest.raises(UserError, match=r"3 train problems.*5 folds.*'folds'"):
        assign_folds(np.array(["a", "b", "c", "c"]), np.zeros((4, 1)), 5, 1)
