"""T2: the linear probe against baselines and a control."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from foretell.common.metrics import ENOUGH, Metric, auroc, enough_of_both, spearman
from foretell.common.statistics import mean_over_fits, percentile_interval, sample_and_resamples
from foretell.figures.inputs import LINEAR, TEST, join_labels, not_testable
from foretell.figures.text import number, with_interval

METRICS: dict[str, tuple[str, Metric]] = {
    "success_rate": ("spearman", spearman),
    "majority_correct": ("auroc", auroc),
    "greedy_correct": ("auroc", auroc),
    "reference_difficulty": ("spearman", spearman),
}
SHOWN = {"auroc": "AUROC", "spearman": "Spearman"}


def collect(
    outcomes: dict[str, pd.DataFrame],
    predictions: dict[tuple[str, str], dict[str, pd.DataFrame]],
    resamples: int,
    seed: int,
) -> pd.DataFrame:
    """Metric of every family of probes on test, and by how much the linear probe exceeds it.

    Args:
        outcomes: per policy: problem_id, split, group and the targets.
        predictions: per target and family, per policy: problem_id, score and, where there are several fits (whose
            metrics are averaged), permutation.
        resamples, seed: of the bootstrap over groups; policies, targets and families are resampled together.

    Returns:
        policy, target, family, metric, value, low, high, difference (linear minus this family), difference_low,
        difference_high, n, positives, negatives (null for a success rate), testable (an AUROC: at least 50 of both
        classes; a correlation: defined), note (why not).
    """
    targets = list(dict.fromkeys(target for target, _ in predictions))
    families = list(dict.fromkeys(family for _, family in predictions))
    rows = []
    for policy, frame in outcomes.items():
        for target in targets:
            tests = {f: join_labels(predictions[target, f][policy], frame, target, TEST) for f in families}
            rows += [{"policy": policy, "target": target, **row} for row in _compare(tests, target, resamples, seed)]
    return pd.DataFrame(rows).astype({"positives": "Int64", "negatives": "Int64"})


def _compare(tests: dict[str, pd.DataFrame], target: str, resamples: int, seed: int) -> list[dict]:
    name, metric = METRICS[target]
    groups = next(iter(tests.values())).drop_duplicates("problem_id").group  # the same for every family
    weights = sample_and_resamples(groups, resamples, seed)
    labels = next(iter(tests.values())).drop_duplicates("problem_id").label.to_numpy()
    counts, note = {"positives": pd.NA, "negatives": pd.NA}, ""
    if name == "auroc":
        counts = {"positives": int(labels.sum()), "negatives": int((1 - labels).sum())}
        note = "" if enough_of_both(labels) else not_testable(labels)
    unknown = np.full(len(weights), np.nan)
    values = {
        family: unknown if note else resample_metric(metric, test, weights, seed) for family, test in tests.items()
    }
    rows = []
    for family, value in values.items():
        low, high = percentile_interval(value[1:])
        row = {"family": family, "metric": name, "value": value[0], "low": low, "high": high}
        difference = values[LINEAR] - value if family != LINEAR and LINEAR in values else np.full(1, np.nan)
        row["difference"] = difference[0]
        row["difference_low"], row["difference_high"] = percentile_interval(difference[1:])
        undefined = "" if np.isfinite(value[0]) else "not testable: undefined, or not trained"
        rows.append({**row, "n": len(labels), **counts, "testable": not (note or undefined), "note": note or undefined})
    return rows


def resample_metric(metric: Metric, test: pd.DataFrame, weights: np.ndarray, seed: int) -> np.ndarray:
    """A metric on the sample itself, then on every resample: [1 + resamples], NaN where undefined.

    Args:
        metric: of foretell.common.metrics.
        test: label, score and, where there are several fits, permutation; every fit on the same problems, in one order.
            Of several fits the result is the mean.
        weights: [1 + resamples, problems]: the sample itself, then its resamples.
        seed: of the draws among fits.
    """
    if test.score.isna().any() or test.empty:
        return np.full(len(weights), np.nan)
    fits = [fit for _, fit in test.groupby("permutation")] if "permutation" in test else [test]
    values = [metric(fit.label.to_numpy(), fit.score.to_numpy(float), weights) for fit in fits]
    return mean_over_fits(np.stack(values, axis=1), seed)


def layout(frame: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """For readers: per policy and target, a line of values and a line of differences; families side by side.

    Returns:
        The table as text, and a note that goes below it.
    """
    rows = []
    for (policy, target), part in frame.groupby(["policy", "target"], sort=False):
        part, first = part.set_index("family"), part.iloc[0]
        classes = "" if pd.isna(first.positives) else f"{first.positives} / {first.negatives}"
        head = {"Policy": policy, "Target": target.replace("_", " "), "Right / wrong": classes}
        values = _cells(part, lambda row: with_interval(row.value, row.low, row.high, 2))
        rows.append({**head, "Score": SHOWN[first.metric], **values})
        if (part.testable & part.difference.notna()).any():
            empty = dict.fromkeys(head, "")
            differences = _cells(part, lambda row: _difference(row))
            rows.append({**empty, "Score": "linear minus", **differences})
    table = pd.DataFrame(rows).rename(columns=lambda name: name.replace("_", " "))
    sizes = ", ".join(map(str, sorted(frame.n.unique())))
    note = (
        f"Test, n = {sizes}; 95 % bootstrap intervals, differences paired. n/t: not testable, fewer than {ENOUGH} "
        "problems of the rarer class, or probe not trained."
    )
    return table, note


def _cells(part: pd.DataFrame, cell: Callable[[pd.Series], str]) -> dict[str, str]:
    return {family: cell(row) if row.testable else "n/t" for family, row in part.iterrows()}


def _difference(row: pd.Series) -> str:
    if pd.isna(row.difference):
        return ""
    return with_interval(row.difference, row.difference_low, row.difference_high, 2, signed=True) or number(0, 2)
