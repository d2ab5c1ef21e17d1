"""What is measured, and how it goes into tables."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from foretell.common.statistics import percentile_interval
from foretell.evaluation.catalogue import METRICS, NOTHING, SCORE

TEST = "test"

# What is measured beside METRICS.
SHIFT = "base_rate_shift"  # test minus train
LENGTH_SPEARMAN = "spearman_completion_tokens"  # of completion tokens and success rate
FIRST_PARTITION = "_first_partition"  # after a metric's name: of cross-fitted problems, in the first partition only

# Why a value is null.
NOT_TRAINED = "no probe was trained"
NO_LABEL = "no problem has a label"
NO_TOKENS = "completion tokens are not known"
OF_RARER_CLASS = "problems of the rarer class"
TOO_FEW = f"fewer than {{}} {OF_RARER_CLASS}"
UNDEFINED = "undefined: labels or scores are all the same"

METRIC_COLUMNS = {
    "policy": "str",
    "target": "str",
    "family": "str",
    "encoder": "string",
    "split": "str",
    "metric": "str",
    "value": float,
    "low": float,
    "high": float,
    "n": int,
    "positives": "Int64",
    "negatives": "Int64",
    "resamples": int,
    "reason": "str",
}
DIFFERENCE_COLUMNS = {
    "policy": "str",
    "target": "str",
    "family": "str",
    "minus_family": "str",
    "encoder": "string",
    "minus_encoder": "string",
    "split": "str",
    "metric": "str",
    "value": float,
    "low": float,
    "high": float,
    "n": int,
    "reason": "str",
}
RESAMPLE_COLUMNS = ["policy", "target", "family", "encoder", "metric", "n", "values"]


@dataclass(frozen=True)
class Measurand:
    """What is measured on which problems.

    Attributes:
        policy: whose outcomes are predicted.
        target: a key of TARGETS.
        family: a key of FAMILIES; empty where the outcomes alone are measured.
        encoder: that was read, where several are compared; else None.
        split: whose problems are counted.
    """

    policy: str
    target: str
    family: str
    encoder: str | None
    split: str


@dataclass(frozen=True)
class Measured:
    """A metric on the sample itself, then on each of its resamples.

    Attributes:
        measurand: what it is of.
        metric: a name.
        values: [1 + resamples]; NaN where undefined.
        n: problems.
        positives, negatives: of them, None unless the target is binary.
        reason: why nothing could be measured; empty where it could.
    """

    measurand: Measurand
    metric: str
    values: np.ndarray
    n: int
    positives: int | None = None
    negatives: int | None = None
    reason: str = ""

    @property
    def why_undefined(self) -> str:
        """`reason`, or what else leaves the value undefined; empty where it is defined."""
        return self.reason or (UNDEFINED if np.isnan(self.values[0]) else "")

    def row(self) -> dict:
        """One row of the table of metrics, with METRIC_COLUMNS."""
        counts = {"n": self.n, "positives": self.positives, "negatives": self.negatives}
        defined = int(np.sum(~np.isnan(self.values[1:])))
        head = {**vars(self.measurand), "metric": self.metric, **interval(self.values)}
        return {**head, **counts, "resamples": defined, "reason": self.why_undefined}

    def minus(self, other: "Measured") -> dict:
        """One row of the table of differences, with DIFFERENCE_COLUMNS; both are of the same resamples."""
        minus = {"minus_family": other.measurand.family, "minus_encoder": other.measurand.encoder}
        head = {**vars(self.measurand), **minus, "metric": self.metric, **interval(self.values - other.values)}
        return {**head, "n": self.n, "reason": self.why_undefined or other.why_undefined}

    def resampled(self) -> dict:
        """One row of the table of resamples, with RESAMPLE_COLUMNS."""
        return {**vars(self.measurand), "metric": self.metric, "n": self.n, "values": self.values}


def interval(values: np.ndarray) -> dict[str, float]:
    """The value on the sample itself, and the ends of its 95 % percentile interval: value, low, high."""
    low, high = percentile_interval(values[1:])
    return {"value": float(values[0]), "low": low, "high": high}


def metrics_table(measured: Iterable[Measured]) -> pd.DataFrame:
    """The table of metrics."""
    rows = [each.row() for each in measured]
    return pd.DataFrame(rows, columns=list(METRIC_COLUMNS)).astype(METRIC_COLUMNS)


def differences_table(measured: Iterable[Measured], reference: str, own_encoders: dict[str, str]) -> pd.DataFrame:
    """A reference family minus each other one, and a policy's own encoder minus each other one, on test.

    Args:
        measured: in the order of the rows.
        reference: name of the family.
        own_encoders: per policy, the encoder.
    """
    found = {(each.measurand, each.metric): each for each in measured if each.measurand.split == TEST}
    rows = []
    for (measurand, metric), each in found.items():
        if measurand.encoder is not None:
            against = replace(measurand, encoder=own_encoders[measurand.policy])
        else:
            against = replace(measurand, family=reference if measurand.family else "")
        if against != measurand and (against, metric) in found:
            rows.append(found[against, metric].minus(each))
    return pd.DataFrame(rows, columns=list(DIFFERENCE_COLUMNS)).astype(DIFFERENCE_COLUMNS)


def resamples_table(measured: Iterable[Measured]) -> pd.DataFrame:
    """Resampled values on test of how well is ranked what was trained, of base rates and of lengths.

    Returns:
        RESAMPLE_COLUMNS; `values` is a list of the sample itself, then each resample.
    """
    rows = [each.resampled() for each in measured if each.measurand.split == TEST and _is_averaged(each)]
    return pd.DataFrame(rows, columns=RESAMPLE_COLUMNS).astype({"encoder": "string", "n": int})


def _is_averaged(measured: Measured) -> bool:
    if measured.reason in (NO_LABEL, NO_TOKENS) or NOT_TRAINED in measured.reason:
        return False
    known = METRICS.get(measured.metric)
    return measured.metric == LENGTH_SPEARMAN or (known is not None and known.values in (SCORE, NOTHING))
