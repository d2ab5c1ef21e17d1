"""A whole job on a small made-up study in which one slice holds the signal."""

import argparse
import json

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file
from sklearn.metrics import brier_score_loss, roc_auc_score

import probe_data
import train_probes
from evaluated import evaluated, row_of
from foretell.common.arguments import settings
from foretell.probes.calibration import fit_platt
from foretell.probes.settings import ProbeSettings
from foretell.probes.targets import TARGETS, LabelledTarget, permute

TRAINED, FAMILIES = probe_data.SETTINGS["targets"], probe_data.SETTINGS["families"]


def run(folder, study, **changes):
    arguments = probe_data.write_study(folder, study)
    asked = probe_data.settings_argument(**changes)
    train_probes.main([*arguments, "--settings", asked, "--output", str(folder / "probes")])
    return folder / "probes"


def read(folder, target, family):
    folder = folder / target / family
    return {
        "sweep": pd.read_parquet(folder / "sweep.parquet"),
        "predictions": pd.read_parquet(folder / "predictions.parquet"),
        "probe": json.loads((folder / "probe.json").read_text()),
    }


def measured(folder, study):
    """The metrics of all probes in a folder."""
    found = {
        ("a", file.parts[-3], file.parts[-2]): pd.read_parquet(file)
        for file in sorted(folder.glob("*/*/predictions.parquet"))
    }
    return evaluated({"a": study["outcomes"]}, found, resamples=200).metrics


def metric(metrics, target, family, name, split="test"):
    return row_of(metrics, target=target, family=family, metric=name, split=split)


@pytest.fixture(scope="module")
def study():
    return probe_data.make_study()


@pytest.fixture(scope="module")
def probes(tmp_path_factory, study):
    return run(tmp_path_factory.mktemp("study"), study)


@pytest.fixture(scope="module")
def metrics(probes, study):
    return measured(probes, study)


@pytest.mark.parametrize("target", TRAINED)
def test_the_planted_layer_and_position_are_found(probes, target):
    probe = read(probes, target, "linear")
    candidate = probe["probe"]["candidate"]
    assert (candidate["layer"], candidate["position"]) == probe_data.PLANTED
    means = probe["sweep"].groupby(["layer", "position", "strength"]).value.mean()
    assert means.idxmax() == (*probe_data.PLANTED, candidate["strength"])
    assert means.max() == pytest.approx(probe["probe"]["fold_metric"]["mean"])
    assert len(probe["sweep"]) == 3 * 2 * 3 * 4


def test_the_probe_beats_what_cannot_know(metrics):
    linear, control, length = (
        metric(metrics, "majority_correct", name, "auroc") for name in ("linear", "permuted_labels", "prompt_length")
    )
    assert linear.value > 0.75 > 0.6 > length.value
    assert control.low < 0.5 < control.high
    assert control.high < linear.low


@pytest.mark.parametrize("target", TRAINED)
def test_the_control_sits_at_chance_on_the_true_test_labels(probes, metrics, target):
    name, chance = ("spearman", 0) if target == "success_rate" else ("auroc", 0.5)
    probe = read(probes, target, "permuted_labels")
    row = metric(metrics, target, "permuted_labels", name)
    assert row.low < chance < row.high
    assert sorted(probe["predictions"].permutation.unique()) == list(range(20))
    assert len(probe["probe"]["permutations"]) == 20


def test_the_controls_metric_is_the_mean_over_permutations_against_the_true_labels(probes, metrics, study):
    probe = read(probes, "greedy_correct", "permuted_labels")
    predictions = probe["predictions"].merge(study["outcomes"][["problem_id", "greedy_correct"]])
    by_permutation = predictions[predictions.split == "test"].groupby("permutation")
    values = [roc_auc_score(rows.greedy_correct.astype(int), rows.score) for _, rows in by_permutation]
    found = metric(metrics, "greedy_correct", "permuted_labels", "auroc")
    assert found.value == pytest.approx(np.mean(values))
    assert np.std(values) > 0


@pytest.mark.parametrize("family", FAMILIES[:4])
def test_metrics_recompute_from_the_predictions(probes, metrics, study, family):
    probe = read(probes, "majority_correct", family)
    predictions = probe["predictions"].merge(study["outcomes"][["problem_id", "majority_correct"]])
    for split, size in probe_data.SIZES.items():
        rows = predictions[predictions.split == split]
        labels = rows.majority_correct.astype(int)
        auroc, brier, uncalibrated = (
            metric(metrics, "majority_correct", family, name, split)
            for name in ("auroc", "brier", "brier_uncalibrated")
        )
        if split == "validation":  # 80 problems cannot have 50 of both classes
            assert np.isnan(auroc.value) and "fewer than 50" in auroc.reason
        else:
            assert auroc.value == pytest.approx(roc_auc_score(labels, rows.score)) and auroc.reason == ""
        assert brier.value == pytest.approx(brier_score_loss(labels, rows.probability))
        assert uncalibrated.value == pytest.approx(brier_score_loss(labels, 1 / (1 + np.exp(-rows.score))))
        base_rate = metric(metrics, "majority_correct", "", "base_rate", split)
        assert base_rate.value == pytest.approx(labels.mean())
        assert auroc.n == size
    platt = probe["probe"]["platt"]
    by_hand = 1 / (1 + np.exp(-(platt["slope"] * predictions.score + platt["intercept"])))
    np.testing.assert_allclose(predictions.probability, by_hand)


@pytest.mark.parametrize("family", FAMILIES[:4])
def test_platt_scaling_is_fitted_to_the_out_of_fold_scores_of_train(probes, study, family):
    probe = read(probes, "majority_correct", family)
    train = probe["predictions"].split == "train"
    labels = study["outcomes"].majority_correct[train].astype(int)
    platt = fit_platt(probe["predictions"].score[train], labels)
    stored = probe["probe"]["platt"]
    assert (stored["slope"], stored["intercept"]) == pytest.approx((platt.slope, platt.intercept))
    assert platt.slope > 0 or family == "prompt_length"


def test_regressions_have_no_probability(probes):
    probe = read(probes, "success_rate", "linear")
    assert probe["predictions"].probability.isna().all()
    assert probe["predictions"].score.notna().all()
    assert probe["probe"]["platt"] is None


def test_the_stored_probe_scores_validation_and_test_but_not_train(probes, study):
    predictions = read(probes, "majority_correct", "linear")["predictions"]
    model = load_file(probes / "majority_correct" / "linear" / "probe.safetensors")
    layer, position = probe_data.LAYERS.index(probe_data.PLANTED[0]), probe_data.POSITIONS.index(probe_data.PLANTED[1])
    features = study["activations"][layer][:, position].astype(np.float32)
    scores = ((features - model["mean"]) / model["scale"]) @ model["weight"] + model["bias"]
    train = predictions.split == "train"
    np.testing.assert_allclose(scores[~train], predictions.score[~train], rtol=1e-6, atol=1e-9)
    assert (np.abs(scores - predictions.score)[train] > 1e-6).all()  # out of fold


def test_labels_of_validation_and_test_change_no_choice_and_no_prediction(probes, metrics, study, tmp_path):
    shuffled = study["outcomes"].copy()
    for split in ("validation", "test"):
        rows = shuffled.split == split
        order = np.random.default_rng(0).permutation(np.flatnonzero(rows))
        for target in TRAINED:
            shuffled.loc[rows, target] = shuffled[target].iloc[order].to_numpy()
    again = run(tmp_path, {**study, "outcomes": shuffled})
    for target in TRAINED:
        for family in FAMILIES:
            before, after = read(probes, target, family), read(again, target, family)
            pd.testing.assert_frame_equal(before["predictions"], after["predictions"])
            pd.testing.assert_frame_equal(before["sweep"], after["sweep"])
            assert before["probe"] == after["probe"]
    changed = measured(again, {**study, "outcomes": shuffled})
    before, after = (metric(each, "majority_correct", "linear", "auroc").value for each in (metrics, changed))
    assert before != after


def test_the_order_of_problems_changes_nothing(probes, study, tmp_path):
    order = np.random.default_rng(0).permutation(len(study["outcomes"]))
    mixed = {**study, "outcomes": study["outcomes"].iloc[order]}
    again = run(tmp_path, mixed, families=["linear", "permuted_labels"])
    for family in ("linear", "permuted_labels"):
        keys = ["problem_id", "permutation"] if family == "permuted_labels" else ["problem_id"]
        before, after = (read(folder, "majority_correct", family)["predictions"] for folder in (probes, again))
        merged = before.merge(after, on=keys)
        kept = merged[merged.split_x != "train"]
        np.testing.assert_allclose(kept.score_x, kept.score_y, atol=1e-5)
        np.testing.assert_allclose(merged.score_x, merged.score_y, atol=1e-4)  # out of fold: fits of the search


def test_targets_without_contrast_are_written_empty_with_a_reason(study, tmp_path):
    flat = study["outcomes"].assign(
        success_rate=0.5, majority_correct=True, greedy_correct=pd.array([None] * len(study["outcomes"]), "boolean")
    )
    folder = run(tmp_path, {**study, "outcomes": flat}, families=["linear", "permuted_labels"])
    reasons = {"success_rate": "are 0.5", "majority_correct": "are 1", "greedy_correct": "no train problem has a label"}
    for target, reason in reasons.items():
        for family in ("linear", "permuted_labels"):
            probe = read(folder, target, family)
            assert reason in probe["probe"]["reason"]
            assert probe["predictions"].score.isna().all()
            assert probe["sweep"].empty
            assert {"layer", "position", "strength", "fold", "metric", "value"} <= set(probe["sweep"])
        assert load_file(folder / target / "linear" / "probe.safetensors") == {}


def test_a_control_that_lacks_a_permutation_is_not_reported(study, tmp_path):
    rare = study["outcomes"].copy()
    rare["majority_correct"] = False
    rare.loc[[0, 1, 200, 300], "majority_correct"] = True  # two in train: a permutation may put both into one fold
    folder = run(tmp_path, {**study, "outcomes": rare}, targets=["majority_correct"], families=["permuted_labels"])
    probe = read(folder, "majority_correct", "permuted_labels")
    assert "the rarer class has 2 of 200" in probe["probe"]["reason"]
    assert probe["predictions"].score.isna().all()


def test_problems_without_a_label_are_predicted_but_not_counted(study, tmp_path):
    outcomes = study["outcomes"].copy()
    outcomes.loc[[0, 1, 250, 300], "greedy_correct"] = pd.NA
    probe = read(run(tmp_path, {**study, "outcomes": outcomes}, families=["linear"]), "greedy_correct", "linear")
    assert probe["predictions"].score.notna().all()
    assert probe["probe"]["labelled"] == {"train": 198, "validation": 79, "test": 149}
    changed = {**study, "outcomes": outcomes}
    assert metric(measured(tmp_path / "probes", changed), "greedy_correct", "linear", "auroc").n == 149


def test_a_split_with_one_class_has_no_auroc(study, tmp_path):
    outcomes = study["outcomes"].copy()
    outcomes.loc[outcomes.split == "test", "majority_correct"] = True
    changed = {**study, "outcomes": outcomes}
    folder = run(tmp_path, changed, targets=["majority_correct"], families=["prompt_length"])
    metrics = measured(folder, changed)
    assert np.isnan(metric(metrics, "majority_correct", "prompt_length", "auroc").value)
    assert metric(metrics, "majority_correct", "prompt_length", "brier").value > 0


def test_permutations_keep_the_labels_and_differ():
    labels = np.append(np.arange(50.0), np.nan)
    target = LabelledTarget("x", TARGETS["success_rate"], labels, np.arange(50), np.zeros(50, int))
    ids = np.array([f"p{i}" for i in range(51)])
    first, second = permute(target, ids, 1, 0), permute(target, ids, 1, 1)
    assert sorted(first) == sorted(second) == list(range(50))
    assert (first != second).any()
    np.testing.assert_array_equal(first, permute(target, ids, 1, 0))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"targets": ["luck"]}, "key 'targets': .*'luck' is none of success_rate"),
        ({"families": ["oracle"]}, "key 'families': .*'oracle' is none of linear"),
        ({"families": ["imported"]}, "key 'families': .*'imported' is none of linear"),
        ({"strengths": [0.0, 1.0]}, "key 'strengths"),
        ({"strengths": []}, "key 'strengths'"),
        ({"folds": 1}, "key 'folds': Input should be greater than or equal to 2"),
        ({"permutations": 1}, "key 'permutations'"),
        ({"fold": 5}, "key 'fold': Extra inputs"),
    ],
)
def test_bad_settings_name_the_key(change, says):
    with pytest.raises(argparse.ArgumentTypeError, match=says):
        settings(ProbeSettings)(probe_data.settings_argument(**change))


def test_a_missing_setting_is_named():
    without = {key: value for key, value in probe_data.SETTINGS.items() if key != "seed"}
    with pytest.raises(argparse.ArgumentTypeError, match="key 'seed'"):
        settings(ProbeSettings)(json.dumps(without))
