import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from foretell.imported_predictions import calibrate, judge

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
    metrics = judge(predictions, labels, scores.problem_id.to_numpy(), resamples=100, seed=1)
    for split, size in SIZES.items():
        rows = scores.split == split
        auroc = next(each for each in metrics if (each["split"], each["metric"]) == (split, "auroc"))
        assert auroc["value"] == pytest.approx(roc_auc_score(labels[rows], scores.score[rows]))
        assert auroc["low"] < auroc["value"] < auroc["high"] and (auroc["n"], auroc["resamples"]) == (size, 100)


def test_only_train_labels_calibrate(recorded):
    scores, labels = recorded
    other = np.where(scores.split == "train", labels, 1 - labels)
    assert calibrate(scores, labels)[1] == calibrate(scores, other)[1]
