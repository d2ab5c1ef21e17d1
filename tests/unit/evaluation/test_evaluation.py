"""The one place where probes are measured: known answers, pairing, and what is refused."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import brier_score_loss, roc_auc_score

import evaluate_probes
from evaluated import evaluated, row_of
from figure_frames import SPLITS, outcomes, predictions, untrained
from foretell.common import metrics as weighted
from foretell.common.errors import UserError
from foretell.common.metrics import weighted_mean
from foretell.common.statistics import bootstrap_weights, percentile_interval
from foretell.evaluation.measured import Measurand, Measured
from foretell.evaluation.settings import ProbeEvaluationSettings
from foretell.figures import auroc

RNG = np.random.default_rng(0)
LABELS = RNG.random(200) < 0.5
GOOD, POOR = LABELS + RNG.normal(size=200), RNG.normal(size=200)


@pytest.fixture(scope="module")
def frame():
    return outcomes(LABELS, rates=np.where(LABELS, 0.75, 0.25)).assign(completion_tokens=10)


@pytest.fixture(scope="module")
def of_two_families(frame):
    found = {
        ("a", "majority_correct", "linear"): predictions(frame, GOOD, 1 / (1 + np.exp(-GOOD))),
        ("a", "majority_correct", "tfidf"): predictions(frame, POOR, 0.5),
        ("a", "success_rate", "linear"): predictions(frame, GOOD, np.nan),
    }
    return evaluated({"a": frame}, found, resamples=60, seed=3)


def test_metrics_are_those_of_scikit_learn_on_every_split(of_two_families):
    for split in SPLITS:
        at = {"target": "majority_correct", "split": split}
        row = row_of(of_two_families.metrics, family="linear", metric="auroc", **at)
        assert row.value == pytest.approx(roc_auc_score(LABELS, GOOD)) and row.reason == ""
        assert (row.n, row.positives, row.negatives, row.resamples) == (200, LABELS.sum(), 200 - LABELS.sum(), 60)
        brier = row_of(of_two_families.metrics, family="linear", metric="brier", **at)
        assert brier.value == pytest.approx(brier_score_loss(LABELS, 1 / (1 + np.exp(-GOOD))))
        assert row_of(of_two_families.metrics, family="", metric="base_rate", **at).value == LABELS.mean()
    correlation = row_of(of_two_families.metrics, target="success_rate", family="linear", split="test")
    assert correlation.value == pytest.approx(spearmanr(LABELS, GOOD).statistic) and pd.isna(correlation.positives)


def test_differences_are_paired_on_the_resamples_of_the_groups(of_two_families, frame):
    weights = bootstrap_weights(frame[frame.split == "test"].group, 60, 3)
    difference = weighted.auroc(LABELS, GOOD, weights) - weighted.auroc(LABELS, POOR, weights)
    row = row_of(of_two_families.differences, metric="auroc")
    assert (row.family, row.minus_family, row.split) == ("linear", "tfidf", "test")
    assert row.value == pytest.approx(roc_auc_score(LABELS, GOOD) - roc_auc_score(LABELS, POOR))
    assert (row.low, row.high) == pytest.approx(percentile_interval(difference))


def test_resamples_begin_with_the_sample_itself(of_two_families, frame):
    row = row_of(of_two_families.resamples, family="linear", metric="auroc")
    weights = bootstrap_weights(frame[frame.split == "test"].group, 60, 3)
    assert row.values[0] == pytest.approx(roc_auc_score(LABELS, GOOD)) and row.n == 200
    np.testing.assert_allclose(row.values[1:], weighted.auroc(LABELS, GOOD, weights))


def test_the_table_of_probes_shows_the_rows_of_the_evaluation(of_two_families):
    table = auroc.collect(metrics=of_two_families.metrics, differences=of_two_families.differences)
    assert table[["target", "family"]].to_numpy().tolist() == [
        ["majority_correct", "linear"],
        ["majority_correct", "tfidf"],
        ["success_rate", "linear"],
    ]
    for row in table.itertuples():
        at = {"target": row.target, "family": row.family, "split": "test", "metric": row.metric}
        found = row_of(of_two_families.metrics, **at)
        assert (row.value, row.low, row.high, row.n) == (found.value, found.low, found.high, found.n)
    difference = row_of(of_two_families.differences, minus_family="tfidf", metric="auroc")
    shown = table[table.family == "tfidf"].iloc[0]
    assert (shown.difference, shown.difference_low, shown.difference_high) == (
        difference.value,
        difference.low,
        difference.high,
    )


def test_the_number_of_processes_changes_nothing(frame):
    found = {(policy, "majority_correct", "linear"): predictions(frame, GOOD, 0.5) for policy in ("a", "b")}
    one, two = (evaluated(dict.fromkeys("ab", frame), found, workers=workers) for workers in (1, 2))
    pd.testing.assert_frame_equal(one.metrics, two.metrics)
    pd.testing.assert_frame_equal(one.resamples, two.resamples)


def test_an_auroc_needs_fifty_of_both_classes_and_a_correlation_does_not():
    few = outcomes([True] * 60 + [False] * 49)
    found = {("a", t, "linear"): predictions(few, np.arange(109.0), 0.5) for t in ("majority_correct", "success_rate")}
    table = evaluated({"a": few}, found)
    row = row_of(table.metrics, metric="auroc", split="test")
    assert np.isnan(row.value) and "fewer than 50" in row.reason and row.resamples == 0
    assert row_of(table.metrics, metric="spearman", split="test").reason == ""
    assert row_of(table.metrics, metric="brier", split="test").value > 0
    fewer = row_of(evaluated({"a": few}, found, fewest_per_class=49).metrics, metric="auroc", split="test")
    assert 0 <= fewer.value <= 1 and fewer.reason == ""
    more = row_of(evaluated({"a": few}, found, fewest_per_class=70).metrics, metric="auroc", split="test")
    assert more.reason == "fewer than 70 problems of the rarer class"


def test_resamples_that_leave_a_metric_undefined_are_counted_out():
    measurand = Measurand("a", "majority_correct", "linear", None, "test")
    row = Measured(measurand, "auroc", np.array([0.8, 0.7, np.nan, 0.9]), 3).row()
    assert (row["value"], row["resamples"], row["reason"]) == (0.8, 2, "")
    assert (row["low"], row["high"]) == percentile_interval([0.7, 0.9])
    undefined = Measured(measurand, "auroc", np.full(4, np.nan), 3).row()
    assert undefined["resamples"] == 0 and undefined["reason"].startswith("undefined")


def test_the_base_rate_in_place_of_a_probe_is_not_measured(frame):
    constant = {("a", "majority_correct", "linear"): untrained(frame).assign(probability=0.9)}
    table = evaluated({"a": frame}, constant)
    rows = table.metrics[table.metrics.family == "linear"]
    assert rows[["value", "low", "high"]].isna().all(axis=None) and set(rows.reason) == {"no probe was trained"}
    assert "linear" not in set(table.resamples.family)


def test_a_split_without_labels_says_so(frame):
    unlabelled = frame.assign(greedy_correct=pd.array([pd.NA] * len(frame), dtype="boolean"))
    table = evaluated({"a": unlabelled}, {("a", "greedy_correct", "linear"): predictions(frame, GOOD, 0.5)})
    rows = table.metrics[table.metrics.target == "greedy_correct"]
    assert set(rows.reason) == {"no problem has a label"} and set(rows.n) == {0}


def test_the_controls_interval_covers_permutations_beside_problems():
    rng = np.random.default_rng(0)
    frame = outcomes(rng.random(200) < 0.5)
    labels = frame.success_rate.to_numpy()
    directions = np.repeat([-1.0, 1.0], 4)  # fits that are perfectly wrong or right: chance on average
    fits = [
        predictions(frame, sign * labels + rng.random(len(labels)), np.nan).assign(permutation=number)
        for number, sign in enumerate(directions)
    ]
    table = evaluated({"a": frame}, {("a", "success_rate", "permuted_labels"): pd.concat(fits)}, resamples=500)
    row = row_of(table.metrics, family="permuted_labels", split="test")
    assert row.value == pytest.approx(0, abs=0.1)
    assert row.high - row.low > 0.9


def test_only_how_well_a_control_ranks_is_measured(frame):
    fits = pd.concat([predictions(frame, RNG.normal(size=200), 0.5).assign(permutation=i) for i in range(3)])
    table = evaluated({"a": frame}, {("a", "majority_correct", "permuted_labels"): fits}).metrics
    assert table[table.family == "permuted_labels"].metric.unique().tolist() == ["auroc"]


def test_intervals_resample_groups(frame):
    found = {("a", "success_rate", "linear"): predictions(frame, GOOD, np.nan)}
    widths = []
    for each in (frame, frame.assign(group="one")):
        row = row_of(evaluated({"a": each}, found).metrics, metric="spearman", split="test")
        widths.append(row.high - row.low)
    assert widths[0] > 0.05
    assert widths[1] == pytest.approx(0)


def test_the_shift_of_base_rates_draws_train_apart_from_test(frame):
    moved = frame.copy()
    train = moved.split == "train"
    moved.loc[train, "majority_correct"] = pd.array([True] * 140 + [False] * 60, dtype="boolean")
    found = {("a", "majority_correct", "linear"): predictions(frame, GOOD, 0.5)}
    row = row_of(evaluated({"a": moved}, found, resamples=60, seed=3).metrics, metric="base_rate_shift")
    labels = {split: moved[moved.split == split].majority_correct.astype(float) for split in ("train", "test")}
    draws = {"train": bootstrap_weights(moved[train].group, 60, 4)}
    draws["test"] = bootstrap_weights(moved[moved.split == "test"].group, 60, 3)
    resampled = [weighted_mean(labels[split], draws[split]) for split in ("test", "train")]
    assert row.value == pytest.approx(LABELS.mean() - 0.7)
    assert (row.low, row.high) == pytest.approx(percentile_interval(resampled[0] - resampled[1]))


def test_lengths_are_held_against_success_where_they_are_known(frame):
    lengths = frame.assign(completion_tokens=np.arange(len(frame)))
    found = {("a", "success_rate", "linear"): predictions(frame, GOOD, np.nan)}
    row = row_of(evaluated({"a": lengths}, found).metrics, metric="spearman_completion_tokens")
    assert row.value == pytest.approx(spearmanr(LABELS, np.arange(200)).statistic)
    lengths.loc[lengths.index[-1], "completion_tokens"] = np.nan
    unknown = row_of(evaluated({"a": lengths}, found).metrics, metric="spearman_completion_tokens")
    assert np.isnan(unknown.value) and unknown.reason == "completion tokens are not known"


def test_scaling_on_train_is_measured_where_there_is_one(frame):
    scaled = predictions(frame, GOOD, 0.5).assign(probability_train=0.9)
    table = evaluated({"a": frame}, {("a", "majority_correct", "linear"): scaled}).metrics
    row = row_of(table, metric="predicted_minus_observed_platt_train", split="test")
    assert row.value == pytest.approx(0.9 - LABELS.mean())


def test_splits_that_are_not_predicted_are_left_out(frame):
    tested = predictions(frame, GOOD, 0.5)
    tested = tested[tested.split == "test"]
    table = evaluated({"a": frame}, {("a", "majority_correct", "linear"): tested}).metrics
    assert table[table.family == "linear"].split.unique().tolist() == ["test"]
    assert table[table.metric == "base_rate"].split.tolist() == list(SPLITS)


def test_a_labelled_problem_without_a_prediction_is_an_error(frame):
    found = {("a", "majority_correct", "linear"): predictions(frame, GOOD, 0.5).iloc[:-1]}
    with pytest.raises(UserError, match="1 problems of test have a majority_correct but no prediction of 'linear'"):
        evaluated({"a": frame}, found)
    doubled = pd.concat([predictions(frame, GOOD, 0.5)] * 2)
    with pytest.raises(UserError, match="each fit must predict the same problems of the outcomes, each once"):
        evaluated({"a": frame}, {("a", "majority_correct", "linear"): doubled})


@pytest.mark.parametrize(
    ("key", "says"),
    [
        (("b", "majority_correct", "linear"), "there is no policy 'b'"),
        (("a", "luck", "linear"), "there is no target 'luck'"),
        (("a", "majority_correct", "oracle"), "there is no family 'oracle'"),
    ],
)
def test_unknown_names_are_refused(frame, key, says):
    with pytest.raises(UserError, match=says):
        evaluated({"a": frame}, {key: predictions(frame, GOOD, 0.5)})


def test_the_script_writes_three_tables_and_misses_no_file(frame, tmp_path):
    frame.to_parquet(tmp_path / "outcomes.parquet")
    predictions(frame, GOOD, 0.5).to_parquet(tmp_path / "predictions.parquet")
    tables = {name: tmp_path / f"{name}.parquet" for name in ("metrics", "differences", "resamples")}
    arguments = [
        *("--outcomes", f"a={tmp_path}/outcomes.parquet"),
        *("--predictions", f"a/majority_correct/linear={tmp_path}/predictions.parquet"),
        *("--settings", json.dumps({"resamples": 20, "seed": 1})),
        *(part for name, path in tables.items() for part in (f"--{name}", str(path))),
    ]
    evaluate_probes.main(arguments)
    assert row_of(pd.read_parquet(tables["metrics"]), metric="auroc", split="test").resamples == 20
    assert len(pd.read_parquet(tables["resamples"])["values"][0]) == 21
    (tmp_path / "predictions.parquet").unlink()
    with pytest.raises(UserError, match=r"predictions\.parquet: there is no such file"):
        evaluate_probes.main(arguments)


def test_a_policy_whose_predictions_are_lacking_is_refused(frame):
    found = {("a", "majority_correct", "linear"): predictions(frame, GOOD, 0.5)}
    with pytest.raises(UserError, match="policy 'b' stands in --outcomes but in none of --predictions"):
        evaluated({"a": frame, "b": frame}, found)


def test_a_negative_seed_is_refused():
    with pytest.raises(ValueError, match="seed"):
        ProbeEvaluationSettings(resamples=1, seed=-1)
