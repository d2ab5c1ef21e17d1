"""T2, and T3 of code: the linear probe against baselines and a control."""

from collections.abc import Callable

import pandas as pd

from foretell.common.rounded import number, with_interval
from foretell.evaluation.catalogue import METRICS, REPORTED
from foretell.figures.inputs import TEST, why_not_testable
from foretell.probes.families import FAMILIES

KEYS = ["policy", "target", "family", "metric"]


def collect(metrics: pd.DataFrame, differences: pd.DataFrame) -> pd.DataFrame:
    """What targets are reported by, of every family of probes, and by how much the linear probe exceeds it.

    Args:
        metrics, differences: of `foretell.evaluation`.

    Returns:
        policy, target, family, metric, value, low, high, difference (linear minus this family), difference_low,
        difference_high, n, positives, negatives (null for a success rate), testable (an AUROC: enough problems of
        both classes; a correlation: defined), note (why not).
    """
    of_families = metrics[(metrics.split == TEST) & (metrics.family != "") & metrics.encoder.isna()]
    against = differences[differences.encoder.isna()].drop(columns="family").rename(columns={"minus_family": "family"})
    against = against[[*KEYS, "value", "low", "high"]].rename(
        columns={"value": "difference", "low": "difference_low", "high": "difference_high"}
    )
    table = of_families[of_families.metric.isin(REPORTED)].merge(against, on=KEYS, how="left", validate="one_to_one")
    table["testable"] = table.value.notna()
    table["note"] = [
        why_not_testable(row).replace("probe not trained", "undefined, or not trained") for row in table.itertuples()
    ]
    values = ["value", "low", "high", "difference", "difference_low", "difference_high"]
    return table[[*KEYS, *values, "n", "positives", "negatives", "testable", "note"]]


def layout(frame: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """For readers: per policy, target and metric, a line of values and a line of differences; families side by side.

    Returns:
        The table as text, and a note that goes below it.
    """
    rows = []
    frame = frame[frame.n > 0]
    for (policy, target, metric), part in frame.groupby(["policy", "target", "metric"], sort=False):
        part, first = part.set_index("family"), part.iloc[0]
        classes = "" if pd.isna(first.positives) else f"{first.positives} / {first.negatives}"
        head = {"Policy": policy, "Target": target.replace("_", " "), "Right / wrong": classes}
        values = _cells(part, lambda row: with_interval(row.value, row.low, row.high, 2))
        rows.append({**head, "Score": METRICS[metric].label, **values})
        if (part.testable & part.difference.notna()).any():
            empty = dict.fromkeys(head, "")
            differences = _cells(part, lambda row: _difference(row))
            rows.append({**empty, "Score": "linear minus", **differences})
    table = pd.DataFrame(rows).fillna("").rename(columns={name: family.label for name, family in FAMILIES.items()})
    sizes = ", ".join(map(str, sorted(frame.n.unique())))
    note = (
        f"Test, n = {sizes}; 95 % bootstrap intervals, differences paired. n/t: not testable, too few problems of "
        "the rarer class, or probe not trained."
    )
    return table, note


def _cells(part: pd.DataFrame, cell: Callable[[pd.Series], str]) -> dict[str, str]:
    return {family: cell(row) if row.testable else "n/t" for family, row in part.iterrows()}


def _difference(row: pd.Series) -> str:
    if pd.isna(row.difference):
        return ""
    return with_interval(row.difference, row.difference_low, row.difference_high, 2, signed=True) or number(0, 2)
