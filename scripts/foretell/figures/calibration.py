"""T6: whether predicted probabilities and base rates hold on test."""

import numpy as np
import pandas as pd
from scipy.special import expit

from foretell.common.metrics import brier, ece, weighted_mean
from foretell.common.statistics import estimate, percentile_interval, sample_and_resamples
from foretell.figures.inputs import MAJORITY, TEST, TRAIN, VALIDATION, join_labels
from foretell.figures.text import number, with_interval
from foretell.probes.calibrated_columns import RECORDED

SPLITS = (TRAIN, VALIDATION, TEST)


def collect(
    outcomes: dict[str, pd.DataFrame], predictions: dict[str, pd.DataFrame], resamples: int, seed: int
) -> pd.DataFrame:
    """Calibration of every policy's linear probe for majority-vote correctness on test, and base rates per split.

    Args:
        outcomes: per policy: problem_id, split, group, majority_correct.
        predictions: per policy: problem_id, score (log odds), probability (after Platt scaling); imported ones also
            probability_train (after Platt scaling on train, which does not count).
        resamples, seed: of the bootstrap over groups.

    Returns:
        policy; n_ and base_rate_ of every split; base_rate_shift (test minus train, with _low and _high) and shift
        (`higher on test`, `lower on test` or `none`, by its interval); ece, brier and predicted_minus_observed (means
        over test), each _uncalibrated, _platt and, where imported, _platt_train, with _low and _high; null where the
        probe was not trained.
    """
    rows = [_collect(policy, outcomes[policy], predictions[policy], resamples, seed) for policy in outcomes]
    return pd.DataFrame(rows)


def _collect(policy: str, outcomes: pd.DataFrame, predictions: pd.DataFrame, resamples: int, seed: int) -> dict:
    labelled = outcomes.dropna(subset=MAJORITY).astype({MAJORITY: float})
    by_split = {split: labelled[labelled.split == split] for split in SPLITS}
    sizes = {f"n_{split}": len(rows) for split, rows in by_split.items()}
    rates = {f"base_rate_{split}": rows[MAJORITY].mean() for split, rows in by_split.items()}
    test = join_labels(predictions, outcomes, MAJORITY, TEST)
    weights = sample_and_resamples(test.group.to_numpy(), resamples, seed)
    shift = _shift(by_split[TRAIN], test, weights, resamples, seed)
    columns = {"platt": "probability", "platt_train": RECORDED["train"]}
    calibrated = {  # the base rate that stands for a missing probe is no probe
        name: test[column].where(test.score.notna()) for name, column in columns.items() if column in test
    }
    probabilities = {"uncalibrated": expit(test.score)} | calibrated
    labels = test.label.to_numpy()
    measures = {}
    for name, metric in {"ece": ece, "brier": brier, "predicted_minus_observed": predicted_minus_observed}.items():
        for calibration, values in probabilities.items():
            measures |= _with_interval(f"{name}_{calibration}", metric, labels, values.to_numpy(float), weights)
    return {"policy": policy, **sizes, **rates, **shift, **measures}


def predicted_minus_observed(labels: np.ndarray, probabilities: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """[resamples] mean predicted probability minus share of positive labels: calibration in the large."""
    return weighted_mean(probabilities - labels, weights)


def _with_interval(name: str, metric, labels: np.ndarray, values: np.ndarray, weights: np.ndarray) -> dict[str, float]:
    if np.isnan(values).any() or not len(values):
        return {name: np.nan, f"{name}_low": np.nan, f"{name}_high": np.nan}
    found = estimate(metric, labels, values, weights)
    return {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}


def _shift(train: pd.DataFrame, test: pd.DataFrame, weights: np.ndarray, resamples: int, seed: int) -> dict:
    """Difference of two independent base rates; train draws from another seed than test, so that they stay so."""
    train_weights = sample_and_resamples(train.group.to_numpy(), resamples, seed + 1)
    difference = weighted_mean(test.label, weights) - weighted_mean(train[MAJORITY], train_weights)
    low, high = percentile_interval(difference[1:])
    named = "higher on test" if low > 0 else "lower on test" if high < 0 else "none"
    return {"base_rate_shift": difference[0], "base_rate_shift_low": low, "base_rate_shift_high": high, "shift": named}


def layout(frame: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """For readers: one line per policy; rates and differences in per cent and points."""

    def cells(name: str, digits: int, **options: object) -> list[str]:
        columns = zip(frame[name], frame[f"{name}_low"], frame[f"{name}_high"], strict=True)
        return [with_interval(*values, digits, **options) or "not trained" for values in columns]

    points = {"scale": 100, "signed": True}
    rates = zip(*(frame[f"base_rate_{split}"] for split in SPLITS), strict=True)
    right = [" / ".join(number(rate, 1, 100) or "–" for rate in row) for row in rates]
    table = pd.DataFrame(
        {
            "Policy": frame.policy,
            "Right on train / validation / test, %": right,
            "Test minus train, points": cells("base_rate_shift", 1, **points),
            "Shift": frame["shift"],
            "ECE, uncalibrated": cells("ece_uncalibrated", 3),
            "ECE, Platt": cells("ece_platt", 3),
            "Brier, uncalibrated": cells("brier_uncalibrated", 3),
            "Brier, Platt": cells("brier_platt", 3),
            "Predicted minus observed, points": cells("predicted_minus_observed_platt", 1, **points),
        }
    )
    fitted_on_train = ""
    if "ece_platt_train" in frame:
        name = "Predicted minus observed with Platt scaling on train, points"
        table[name] = cells("predicted_minus_observed_platt_train", 1, **points)
        fitted_on_train = (
            " Platt scaling was fitted on the half of the recorded test that does not report; the last column shows "
            "what fitting it on train would do, and nothing uses it but the rows that are chosen on train."
        )
    sizes = " / ".join(", ".join(map(str, sorted(frame[f"n_{split}"].unique()))) for split in SPLITS)
    note = (
        f"n = {sizes} train / validation / test problems. ECE (10 equal-width bins), Brier score and mean predicted "
        "minus observed (after Platt scaling) on test; 95 % bootstrap intervals. A shift is named where the interval "
        f"of test minus train excludes zero.{fitted_on_train}"
    )
    return table, note
