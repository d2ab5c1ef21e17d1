import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from evaluated import evaluated, row_of
from foretell.common.errors import UserError
from foretell.probes.recorded import calibrate, pool_predictions

SIZES = {"train": 200, "validation": 150, "test": 300}


@pytest.fixture
def recorded():
    """Recorded probabilities that say something about the labels."""
    rng = np.random.default_rng(1)
    splits = np.repeat(list(SIZES), list(SIZES.values()))
    labels = (rng.random(len(splits)) < 0.5).astype(float)
    score = np.clip(0.5 + 0.2 * labels + 0.2 * rng.normal(size=len(splits)), 0, 1)
    problem_id = np.array([f"p{row}" for row in range(len(splits))])
    return pd.DataFrame({"problem_id": problem_id, "split": splits, "score": score}), labels


def test_metrics_recompute_from_the_recorded_scores(recorded):
    scores, labels = recorded
    predictions, _ = calibrate(scores, labels)
    outcomes = scores[["problem_id", "split"]].assign(group=scores.problem_id, majority_correct=labels == 1)
    found = {("a", "majority_correct", "linear"): predictions}
    metrics = evaluated({"a": outcomes}, found, resamples=100).metrics
    for split, size in SIZES.items():
        rows = scores.split == split
        auroc = row_of(metrics, split=split, metric="auroc")
        assert auroc.value == pytest.approx(roc_auc_score(labels[rows], scores.score[rows]))
        assert auroc.low < auroc.value < auroc.high and (auroc.n, auroc.resamples) == (size, 100)


@pytest.mark.parametrize(("split", "column"), [("validation", "probability"), ("train", "probability_train")])
def test_each_scaling_is_fitted_on_its_own_split(recorded, split, column):
    scores, labels = recorded
    others_flipped = np.where(scores.split == split, labels, 1 - labels)
    (first, scalings), (second, others) = calibrate(scores, labels), calibrate(scores, others_flipped)
    assert scalings[split] == others[split]
    pd.testing.assert_series_equal(first[column], second[column])
    on_split = scores.split == split
    assert first[column][on_split].mean() == pytest.approx(labels[on_split].mean(), abs=0.01)


def test_pooled_predictions_are_those_of_the_part_in_which_a_problem_is_tested(recorded):
    scores, labels = recorded
    swapped = scores.assign(split=scores.split.replace({"validation": "test", "test": "validation"}))
    parts = [calibrate(each, labels)[0] for each in (scores, swapped)]
    whole = scores.assign(split=scores.split.replace({"validation": "test"}))
    pooled = pool_predictions(whole, parts)
    tested = [part[part.split == "test"].set_index("problem_id") for part in parts]
    expected = pd.concat(tested).loc[whole.problem_id[whole.split == "test"]].reset_index()
    pd.testing.assert_frame_equal(pooled, expected)
    assert len(pooled) == SIZES["validation"] + SIZES["test"]


def test_folds_that_do_not_make_up_the_whole_are_refused(recorded):
    scores, labels = recorded
    part = calibrate(scores, labels)[0]
    whole = scores.assign(split=scores.split.replace({"validation": "test"}))
    with pytest.raises(UserError, match="0 problems are in several folds, 150 in none, 300 in all for 450"):
        pool_predictions(whole, [part])
    with pytest.raises(UserError, match="300 problems are in several folds"):
        pool_predictions(whole, [part, part])
