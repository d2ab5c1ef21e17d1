"""T6: whether predicted probabilities and base rates hold on test."""

import pandas as pd

from foretell.common.rounded import number, with_interval
from foretell.evaluation.measured import SHIFT
from foretell.figures.inputs import MAJORITY, TEST, TRAIN, VALIDATION
from foretell.probes.calibrated_columns import AS_GIVEN as NOT_SCALED

SPLITS = (TRAIN, VALIDATION, TEST)
MEASURES = ("ece", "brier", "predicted_minus_observed")
CALIBRATIONS = {"uncalibrated": "_uncalibrated", "platt": "", "platt_train": "_platt_train"}  # ends of metrics' names


AS_GIVEN = {"as_given": ""}  # the same where nothing was scaled


def collect(metrics: pd.DataFrame, family: str, calibrated_on: str) -> pd.DataFrame:
    """Calibration of every policy's probe for majority-vote correctness on test, and base rates per split.

    Args:
        metrics: of `foretell.evaluation`.
        family: of probes.
        calibrated_on: the split on which probabilities were calibrated, or AS_GIVEN where they are as they were given.

    Returns:
        policy; n_ and base_rate_ of every split; base_rate_shift (test minus train, with _low and _high) and shift
        (`higher on test`, `lower on test` or `none`, by its interval); ece, brier and predicted_minus_observed (means
        over test), each _uncalibrated, _platt and, where imported, _platt_train, or _as_given, with _low and _high;
        null where the probe was not trained.
    """
    found = metrics[(metrics.target == MAJORITY) & metrics.encoder.isna() & metrics.family.isin(["", family])]
    calibrations = AS_GIVEN if calibrated_on == NOT_SCALED else CALIBRATIONS
    return pd.DataFrame([_collect(policy, part, calibrations) for policy, part in found.groupby("policy", sort=False)])


def _collect(policy: str, metrics: pd.DataFrame, calibrations: dict[str, str]) -> dict:
    rows = metrics.set_index(["split", "metric"])
    sizes = {f"n_{split}": rows.loc[(split, "base_rate"), "n"] for split in SPLITS}
    rates = {f"base_rate_{split}": rows.loc[(split, "base_rate"), "value"] for split in SPLITS}
    shift = rows.loc[(TEST, SHIFT)]
    named = "higher on test" if shift.low > 0 else "lower on test" if shift.high < 0 else "none"
    measures: dict[str, float] = {}
    for name in MEASURES:
        for calibration, end in calibrations.items():
            if (TEST, name + end) in rows.index:
                measures |= _with_interval(f"{name}_{calibration}", rows.loc[(TEST, name + end)])
    return {"policy": policy, **sizes, **rates, **_with_interval(SHIFT, shift), "shift": named, **measures}


def _with_interval(name: str, row: pd.Series) -> dict[str, float]:
    return {name: row.value, f"{name}_low": row.low, f"{name}_high": row.high}


def layout(frame: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """For readers: one line per policy; rates and differences in per cent and points."""

    def cells(name: str, digits: int, scale: float = 1, signed: bool = False) -> list[str]:
        columns = zip(frame[name], frame[f"{name}_low"], frame[f"{name}_high"], strict=True)
        return [with_interval(*values, digits, scale, signed) or "not trained" for values in columns]

    def points(name: str) -> list[str]:
        return cells(name, 1, scale=100, signed=True)

    rates = zip(*(frame[f"base_rate_{split}"] for split in SPLITS), strict=True)
    right = [" / ".join(number(rate, 1, 100) or "–" for rate in row) for row in rates]
    table = pd.DataFrame(
        {
            "Policy": frame.policy,
            "Right on train / validation / test, %": right,
            "Test minus train, points": points("base_rate_shift"),
            "Shift": frame["shift"],
        }
    )
    as_given = "ece_as_given" in frame
    if as_given:
        table["ECE"], table["Brier"] = cells("ece_as_given", 3), cells("brier_as_given", 3)
    else:
        for name in ("ECE", "Brier"):
            table[f"{name}, uncalibrated"] = cells(f"{name.lower()}_uncalibrated", 3)
            table[f"{name}, Platt"] = cells(f"{name.lower()}_platt", 3)
    shown = "as_given" if as_given else "platt"
    table["Predicted minus observed, points"] = points(f"predicted_minus_observed_{shown}")
    fitted_on_train = ""
    if "ece_platt_train" in frame:
        name = "Predicted minus observed with Platt scaling on train, points"
        table[name] = points("predicted_minus_observed_platt_train")
        fitted_on_train = (
            " Platt scaling was fitted on the half of the recorded test that does not report; the last column shows "
            "what fitting it on train would do, and nothing uses it but the rows that are chosen on train."
        )
    sizes = " / ".join(", ".join(map(str, sorted(frame[f"n_{split}"].unique()))) for split in SPLITS)
    note = (
        f"n = {sizes} train / validation / test problems. ECE (10 equal-width bins), Brier score and mean predicted "
        f"minus observed ({'probabilities as given' if as_given else 'after Platt scaling'}) on test; 95 % bootstrap "
        "intervals. A shift is named where the interval "
        f"of test minus train excludes zero.{fitted_on_train}"
    )
    return table, note
