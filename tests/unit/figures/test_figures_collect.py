"""What figures are drawn from, on frames small enough to compute by hand."""

from types import SimpleNamespace

import jinja2
import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from evaluated import evaluated, row_of
from figure_frames import curves, outcomes, predictions, summary, sweep, untrained
from foretell.common.errors import UserError
from foretell.common.metrics import weighted_mean
from foretell.common.statistics import bootstrap_weights, percentile_interval
from foretell.evaluation.catalogue import METRICS
from foretell.figures import (
    auroc,
    calibration,
    cost_accuracy,
    effort,
    layers,
    reliability,
    routing_summary,
    routing_sweep,
    shares,
)
from foretell.figures import predictions as histograms


def test_layers_take_the_best_strength_of_each_cell_and_box_the_best_cell():
    cells = {(0, -1, 0.1): [0.1, 0.3], (0, -1, 1.0): [0.0, 0.2], (1, -1, 0.1): [0.4, np.nan], (1, -1, 1.0): [0.3, 0.3]}
    frame = layers.collect({"a": sweep(cells)})
    assert frame.value.tolist() == pytest.approx([0.2, 0.4])
    assert frame.strength.tolist() == [0.1, 0.1]
    assert frame.folds.tolist() == [2, 1]
    assert frame.chosen.tolist() == [False, True]


def test_of_equally_good_cells_the_first_in_the_sweep_is_boxed():
    frame = layers.collect({"a": sweep({(0, -1, 1.0): [0.5], (1, -2, 1.0): [0.5], (1, -1, 1.0): [0.5]})})
    assert frame[["layer", "position"]][frame.chosen].to_numpy().tolist() == [[0, -1]]


def test_reliability_bins_hold_counts_means_and_wilson_intervals():
    labels = [True] * 3 + [False] + [True] * 4
    scores, platt = np.array([0.0] * 4 + [10.0] * 4), np.array([0.25] * 4 + [1.0] * 4)
    frame = outcomes(labels)
    table = reliability.collect({"a": frame}, {"a": predictions(frame, scores, platt)}, "train")
    part = table[table.calibration == "platt"]
    assert part.bin_low.tolist() == [0.2, 0.9]
    assert part["count"].tolist() == [4, 4]
    assert part.observed.tolist() == [0.75, 1.0]
    assert part.predicted.tolist() == [0.25, 1.0]
    reference = binomtest(3, 4).proportion_ci(method="wilson")
    assert (part.low.iloc[0], part.high.iloc[0]) == pytest.approx((reference.low, reference.high))
    assert table[table.calibration == "uncalibrated"].bin_low.tolist() == [0.5, 0.9]


def test_histograms_count_right_and_wrong_apart_and_each_adds_up_to_one():
    frame = outcomes([True, True, False, True])
    table = histograms.collect({"a": frame}, {"a": predictions(frame, 0.0, np.array([0.9, 1.0, 0.1, 0.12]))})
    right, wrong = table[table.correct.astype(bool)], table[~table.correct.astype(bool)]
    assert right.share.sum() == pytest.approx(1)
    assert right["count"][right.bin_low == 0.95].item() == 1
    assert (wrong["count"].sum(), wrong.n.iloc[0]) == (1, 1)


def test_a_policy_without_a_probe_says_just_that():
    """Not how many successes test has, which may be enough where train has too few."""
    frame = outcomes([True] * 9 + [False])
    given = {"a": frame}, {"a": untrained(frame)}
    for table in (reliability.collect(*given, "train"), histograms.collect(*given)):
        assert table.note.tolist() == ["not testable: probe not trained"]


def test_a_labelled_problem_without_a_prediction_is_an_error():
    frame = outcomes([True, False])
    with pytest.raises(UserError, match="1 problems have a majority_correct but no prediction, the first is 'ptest1'"):
        reliability.collect({"a": frame}, {"a": predictions(frame, 0.0, 0.5).iloc[:-1]}, "train")


def test_auroc_needs_fifty_of_both_classes_and_a_correlation_does_not():
    frame = outcomes([True] * 60 + [False] * 49)
    scores = np.arange(109.0)
    found = {("a", t, "linear"): predictions(frame, scores, 0.5) for t in ("majority_correct", "success_rate")}
    table = auroc_of({"a": frame}, found).set_index("target")
    assert not table.testable.majority_correct
    assert table.note.majority_correct == "not testable: 49 failures of 109"
    assert table.testable.success_rate
    assert (table.positives.majority_correct, table.negatives.majority_correct) == (60, 49)
    assert pd.isna(table.positives.success_rate)


def test_a_class_too_small_to_train_on_is_said_to_be_too_small():
    frame = outcomes([True] * 100 + [False] * 5)
    table = auroc_of({"a": frame}, {("a", "majority_correct", "linear"): untrained(frame)})
    assert table.note.tolist() == ["not testable: 5 failures of 105"]


def auroc_of(frames, found):
    table = evaluated(frames, found, resamples=5)
    return auroc.collect(metrics=table.metrics, differences=table.differences)


def test_an_untrained_family_is_not_testable_and_the_others_stay():
    frame = outcomes([True, False] * 60)
    found = {
        ("a", "majority_correct", "linear"): predictions(frame, np.arange(120.0), 0.5),
        ("a", "majority_correct", "prompt_length"): untrained(frame),
    }
    table = auroc_of({"a": frame}, found).set_index("family")
    assert table.testable.tolist() == [True, False]
    assert table.note.tolist() == ["", "not testable: undefined, or not trained"]
    assert table.difference.isna().all()


def test_a_target_is_shown_by_each_metric_that_is_reported(monkeypatch):
    monkeypatch.setattr(auroc, "REPORTED", ("auroc", "accuracy"))
    frame = outcomes([True, False] * 60)
    table = auroc_of({"a": frame}, {("a", "majority_correct", "linear"): predictions(frame, np.arange(120.0), 0.9)})
    assert table.metric.tolist() == ["auroc", "accuracy"] and table.value[1] == 0.5
    shown, _ = auroc.layout(table)
    assert shown.Score.tolist() == ["AUROC", METRICS["accuracy"].label]


def calibration_of(frame, found, resamples=100):
    table = evaluated({"a": frame}, {("a", "majority_correct", "linear"): found}, resamples)
    return calibration.collect(metrics=table.metrics, family="linear", calibrated_on="train")


def test_the_base_rate_in_place_of_a_probe_is_not_called_calibrated():
    frame = outcomes([True] * 9 + [False])
    table = calibration_of(frame, untrained(frame).assign(probability=0.9)).iloc[0]
    assert np.isnan([table.ece_platt, table.brier_platt, table.predicted_minus_observed_platt]).all()


def test_calibration_names_a_shift_and_measures_the_gap():
    frame = outcomes([True] * 30 + [False] * 70)
    train = frame.split == "train"
    frame.loc[train, "majority_correct"] = pd.array([True] * 70 + [False] * 30, dtype="boolean")
    row = calibration_of(frame, predictions(frame, 0.0, 0.7), 200).iloc[0]
    assert (row.base_rate_train, row.base_rate_test, row.base_rate_shift) == pytest.approx((0.7, 0.3, -0.4))
    assert (row.n_train, row.n_validation, row.n_test) == (100, 100, 100)
    assert row["shift"] == "lower on test"
    assert row.predicted_minus_observed_platt == pytest.approx(0.4)
    assert row.predicted_minus_observed_uncalibrated == pytest.approx(0.2)
    assert row.ece_platt == pytest.approx(0.4)
    assert row.brier_platt == pytest.approx(0.3 * 0.09 + 0.7 * 0.49)
    assert "ece_platt_train" not in row


def test_equal_base_rates_are_no_shift():
    frame = outcomes([True, False] * 40)
    table = calibration_of(frame, untrained(frame))
    assert table["shift"].tolist() == ["none"]
    assert table.ece_platt.isna().all()


def test_effort_leaves_out_an_auroc_with_few_failures():
    frame = outcomes([True] * 95 + [False] * 5)
    found = {("a", target, "linear"): predictions(frame, np.arange(100.0), 0.5) for target in effort.METRIC_OF}
    measured = evaluated({"a": frame}, found)
    table = effort.collect(metrics=measured.metrics, efforts={"a": {"model": "m", "effort": "low"}}).set_index("metric")
    assert table.accuracy.tolist() == [0.95, 0.95]
    assert np.isnan(table.value.auroc)
    assert table.note.auroc == "not testable: 5 failures of 100"
    correlation = row_of(measured.metrics, metric="spearman", split="test")
    assert (table.value.spearman, table.note.spearman) == (correlation.value, "")
    labels = frame[frame.split == "test"].majority_correct.astype(float)
    weights = bootstrap_weights(frame[frame.split == "test"].group, 50, 1)
    interval = percentile_interval(weighted_mean(labels, weights))
    assert (table.accuracy_low.auroc, table.accuracy_high.auroc) == pytest.approx(interval)


def test_effort_needs_the_targets_that_it_shows():
    frame = outcomes([True] * 95 + [False] * 5)
    measured = evaluated({"a": frame}, {("a", "majority_correct", "linear"): predictions(frame, 0.0, 0.5)})
    with pytest.raises(UserError, match="no spearman of the linear probe for 'success_rate'"):
        effort.collect(metrics=measured.metrics, efforts={"a": {"model": "m", "effort": "low"}})


def test_shares_mark_the_chosen_operating_point_with_its_splits():
    rows = [("test", "linear", "utility", "train", p, "a", 1 - p) for p in (0.0, 0.5)]
    rows += [
        ("train", "linear", "utility", "train", 0.0, "a", 1.0),
        ("test", "linear", "cascade", "train", 0.5, "a", 1),
    ]
    rows += [("test", "linear", "utility", "validation", 0.5, "a", 0.2)]  # other probabilities than the first chooser's
    rows += [("test", "tfidf", "utility", "train", 0.5, "a", 0.3)]  # and than the first family's
    columns = ["split", "family", "router", "calibrated_on", "operating_point", "policy", "share"]
    table = pd.DataFrame(rows, columns=columns).assign(samples=8)
    chosen = summary(["a", "b"], chosen_on=["validation", "train"])
    frame = shares.collect(table, {"pool": chosen}, "utility")
    assert frame.share.tolist() == [1.0, 0.5]
    assert frame.chosen_on.tolist() == ["", "validation, train"]
    one = summary(["a", "b"])
    parts = shares.collect(table, {"one": one, "two": one.assign(operating_point=one.operating_point - 0.5)}, "utility")
    assert parts.chosen_on.tolist() == ["validation, two", "validation, one"]


def test_the_plane_has_costs_per_thousand_and_the_chosen_point_twice():
    frame = cost_accuracy.collect(curves(["a", "b"]), summary(["a", "b"]), "cascade").set_index("series")
    assert frame.loc["single", "samples"].tolist() == [2, 2]
    assert len(frame.loc["fewer samples"]) == 4
    assert len(frame.loc["sweep"]) == 3
    assert frame.loc["chosen", "cost_usd_per_1000"] == pytest.approx(7.5)
    assert frame.loc["chosen, probing charged", "cost_usd_per_1000"] == pytest.approx(9.0)
    assert frame.loc["chosen, probing charged", "cost_usd_per_1000_high"] == pytest.approx(13.5)
    assert set(frame.router) == {"cascade"}


def test_the_plane_marks_the_point_that_matches_only():
    table = summary(["a", "b"])
    asked = table[table.criterion == "match"].assign(criterion="accuracy", operating_point=0.0)
    frame = cost_accuracy.collect(curves(["a", "b"]), pd.concat([table, asked]), "utility")
    assert frame.operating_point[frame.series == "chosen"].tolist() == [0.5]


def test_without_rollouts_or_prefill_prices_the_plane_has_neither_fewer_samples_nor_charged_points():
    table = summary(["a", "b"], charge=np.nan, cost_basis="assumed", chosen_on=["validation", "train"])
    frame = cost_accuracy.collect(curves(["a", "b"], samples=None), table, "utility")
    assert not frame.series.isin(["fewer samples", "chosen, probing charged"]).any()
    assert frame.chosen_on.dropna().tolist() == ["validation", "train"]
    assert set(frame.cost_basis) == {"assumed"}


def test_the_routing_table_keeps_every_row_and_scales_costs_only():
    table = summary(["a", "b"])
    frame = routing_summary.collect(table)
    assert len(frame) == len(table)
    assert frame.strategy.tolist() == sorted(table.strategy, key=routing_summary.reading_order().index)
    single = frame[frame.policy == "b"].iloc[0]
    assert (single.cost_usd_per_1000, single.cost_usd_per_1000_low) == pytest.approx((10, 5))
    assert single.accuracy == pytest.approx(0.56)


def test_the_sweep_has_both_splits_of_every_operating_point():
    frame = routing_sweep.collect(curves(["a", "b"]))
    assert len(frame) == 3 * 3 * 2
    assert frame.split.tolist()[:2] == ["validation", "test"]
    assert frame.router.unique().tolist() == ["utility", "cascade", "oracle_utility"]
    assert frame.probing_cost_usd_per_1000.iloc[0] == pytest.approx(1)


def test_nothing_is_called_platt_where_nothing_was_scaled():
    frame = outcomes([True] * 60 + [False] * 60)
    given = predictions(frame, 0.0, 0.5)
    assert set(reliability.collect({"a": frame}, {"a": given}, "elsewhere").calibration) == {"as_given"}
    table = evaluated({"a": frame}, {("a", "majority_correct", "imported"): given}, 50)
    shown, note = calibration.layout(calibration.collect(table.metrics, "imported", "elsewhere"))
    assert "Platt" not in " ".join([*shown, note]) and {"ECE", "Brier"} <= set(shown)


@pytest.mark.parametrize("label", ["F4", "T6"])
@pytest.mark.parametrize("recalibrate", [False, True])
def test_captions_call_nothing_platt_where_nothing_was_scaled(pytestconfig, label, recalibrate):
    problem_set = {"source": "file", **({"recalibrate": True} if recalibrate else {})}
    config = {"policies": {"a": {"predictions": {"file": "p.csv"}}}, "problem_sets": {"s": problem_set}, "pools": {}}
    text = (pytestconfig.rootpath / "workflow" / "report" / f"{label}.rst").read_text()
    caption = jinja2.Template(text).render(snakemake=SimpleNamespace(config=config))
    assert ("Platt" in caption) == recalibrate
