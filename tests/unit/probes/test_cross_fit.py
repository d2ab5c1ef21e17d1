"""Problem sets that are predicted from themselves: nothing of a problem reaches its own prediction."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import brier_score_loss, roc_auc_score

from evaluated import evaluated, row_of
from foretell.common.errors import UserError
from foretell.probes.cross_fit import CrossFitTask, cross_fit, partitions
from foretell.probes.inputs import Inputs
from foretell.probes.settings import CrossFitSettings
from foretell.routing.folds import decisions_of_fold, split_by_fold

N = 120


@pytest.fixture(scope="module")
def outcomes_and_task():
    rng = np.random.default_rng(0)
    hard = rng.random(N) < 0.5
    questions = np.array([("zz" if h else "qq") + "".join(rng.choice(list("abcd"), 8)) for h in hard], dtype=object)
    right = np.where(rng.random(N) < 0.15, hard, ~hard)
    ids = [f"p{i:03d}" for i in range(N)]
    outcomes = {
        "seen": pd.DataFrame({"problem_id": ids, "group": ids, "majority_correct": right}),
        "always": pd.DataFrame({"problem_id": ids, "group": ids, "majority_correct": True}),
    }
    return outcomes, task_of(questions, outcomes, ["prompt_length", "tfidf"])


def task_of(questions, outcomes, families):
    labels = {policy: frame.majority_correct.to_numpy(float) for policy, frame in outcomes.items()}
    inputs = Inputs(next(iter(outcomes.values())), questions, None, None)
    return CrossFitTask(inputs, dict.fromkeys(labels, "majority_correct"), labels, protocol(families, folds=4))


def protocol(families, folds, permutations=0, partitions=2):
    return CrossFitSettings(
        targets=[],
        families=families,
        strengths=[0.1, 10.0],
        folds=folds,
        partitions=partitions,
        inner_folds=3,
        permutations=permutations,
        seed=1,
    )


@pytest.fixture(scope="module")
def outcomes(outcomes_and_task):
    return outcomes_and_task[0]


@pytest.fixture(scope="module")
def task(outcomes_and_task):
    return outcomes_and_task[1]


@pytest.fixture(scope="module")
def parts(outcomes, task):
    return partitions(outcomes["seen"].group.to_numpy(), task.settings)


def measured(outcomes, predictions):
    whole = {policy: frame.assign(split="test") for policy, frame in outcomes.items()}
    return evaluated(whole, predictions, resamples=200).metrics


@pytest.fixture(scope="module")
def predictions(task, parts):
    return cross_fit(task, parts, workers=2)[0]


def test_every_problem_is_held_out_once_per_partition(parts):
    for partition in range(2):
        assert (np.sum([held for p, _, held in parts if p == partition], axis=0) == 1).all()
    assert (parts[0][2] != parts[4][2]).any(), "partitions differ"


def test_groups_are_held_out_whole():
    groups = np.repeat([f"g{i}" for i in range(20)], 3)
    for _, _, held in partitions(groups, protocol(["tfidf"], folds=5, partitions=1)):
        assert held.reshape(20, 3).all(axis=1).sum() == held.reshape(20, 3).any(axis=1).sum()


def test_a_held_out_label_changes_no_prediction_of_its_own_fold(task, outcomes, parts):
    part, questions = parts[0], task.inputs.questions
    frame = outcomes["seen"]
    flipped = frame.assign(majority_correct=frame.majority_correct ^ part[2])
    changed, alone = (task_of(questions, {"seen": each}, ["tfidf"]).predict(part) for each in (flipped, frame))
    pd.testing.assert_frame_equal(changed["seen", "tfidf"], alone["seen", "tfidf"])


def test_scores_rank_within_folds_and_probabilities_are_calibrated(outcomes, predictions):
    outcomes = outcomes["seen"]
    frame = predictions["seen", "tfidf"]
    held = frame[frame.split == "test"].merge(outcomes, on="problem_id")
    folds = [roc_auc_score(fold.majority_correct, fold.score) for _, fold in held.groupby(["partition", "fold"])]
    metrics = measured({"seen": outcomes}, {("seen", "majority_correct", "tfidf"): frame})
    auroc = row_of(metrics, family="tfidf", metric="auroc")
    assert auroc.value == pytest.approx(np.mean(folds)) and np.mean(folds) > 0.75
    assert auroc.low < auroc.value < auroc.high and auroc.n == N and auroc.split == "test"
    by_partition = [brier_score_loss(part.majority_correct, part.probability) for _, part in held.groupby("partition")]
    assert row_of(metrics, family="tfidf", metric="brier").value == pytest.approx(np.mean(by_partition))
    assert abs(held.probability.mean() - held.majority_correct.mean()) < 0.05


def test_a_policy_that_is_always_right_has_its_base_rate_and_no_auroc(outcomes, predictions):
    frame = predictions["always", "tfidf"]
    assert frame.score.isna().all() and frame.probability.between(0.98, 1).all()
    metrics = measured({"always": outcomes["always"]}, {("always", "majority_correct", "tfidf"): frame})
    auroc = row_of(metrics, family="tfidf", metric="auroc")
    assert np.isnan(auroc.value) and "fewer than 50" in auroc.reason


def test_every_partition_must_hold_out_every_problem(outcomes, predictions):
    frame = predictions["seen", "tfidf"]
    lacking = {("seen", "majority_correct", "tfidf"): frame.drop(index=frame.index[frame.split == "test"][-1])}
    with pytest.raises(UserError, match="partition 1 must hold out each of the 120 labelled problems once"):
        measured({"seen": outcomes["seen"]}, lacking)


def test_each_fold_routes_on_the_others():
    probabilities = pd.DataFrame(
        {
            "fold": [0, 0, 1, 1],
            "split": ["test", "train", "train", "test"],
            "problem_id": ["a", "b", "a", "b"],
            "probability": [0.1, 0.2, 0.3, 0.4],
        }
    )
    costs = pd.DataFrame({"problem_id": ["a", "b"], "split": "test"})
    folds = split_by_fold(costs, probabilities)
    assert [part.split.tolist() for part, _ in folds.values()] == [["test", "train"], ["train", "test"]]
    assert folds[1][1].probability.tolist() == [0.3, 0.4]
    assert split_by_fold(costs, probabilities.drop(columns=["fold", "split"]))[None][0] is costs
    assert decisions_of_fold(pd.DataFrame({"fold": [0, 1], "policy": ["x", "y"]}), 1).policy.tolist() == ["y"]


@pytest.fixture(scope="module")
def graded():
    """Graded labels, one of which the question tells and the other not."""
    rng = np.random.default_rng(1)
    letters = rng.integers(1, 20, N)
    questions = np.array(["x" * n for n in letters], dtype=object)
    ids = [f"p{i:03d}" for i in range(N)]
    frame = pd.DataFrame({"problem_id": ids, "group": ids})
    labels = {"told": letters + rng.normal(scale=3, size=N), "not": rng.normal(size=N)}
    settings = protocol(["prompt_length"], folds=5, permutations=19)
    task = CrossFitTask(Inputs(frame, questions, None, None), dict.fromkeys(labels, "success_rate"), labels, settings)
    parts = partitions(frame.group.to_numpy(), settings)
    return task, *cross_fit(task, parts, workers=1)


def test_graded_labels_are_ranked_within_folds_and_have_no_probability(graded):
    task, predictions, _ = graded
    frame, ids = predictions["told", "prompt_length"], task.inputs.outcomes.problem_id
    assert frame.probability.isna().all()
    held = frame[frame.split == "test"].assign(label=lambda f: task.labels["told"][ids.searchsorted(f.problem_id)])
    folds = [spearmanr(fold.label, fold.score).statistic for _, fold in held.groupby(["partition", "fold"])]
    outcomes = task.inputs.outcomes.assign(split="test", success_rate=task.labels["told"])
    metrics = measured({"a": outcomes}, {("a", "success_rate", "prompt_length"): frame})
    found = row_of(metrics, metric="spearman")
    assert found.value == pytest.approx(np.mean(folds)) and found.value > 0.7
    assert found.low < found.value < found.high
    first = row_of(metrics, metric="spearman_first_partition")
    assert first.value == pytest.approx(np.mean(folds[:5]))


def test_permuted_labels_are_not_ranked_and_come_from_the_first_partition(graded):
    _, _, permuted = graded
    assert len(permuted) == 2 * 19 * 5
    null = permuted.groupby(["name", "permutation"]).spearman.mean()
    assert abs(null["told"].mean()) < 0.15 and null["told"].max() < 0.5
