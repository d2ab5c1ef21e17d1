"""T7: every policy's success, read from every encoder."""

import numpy as np
import pandas as pd

from foretell.common.metrics import auroc, enough_of_both
from foretell.common.statistics import percentile_interval, sample_and_resamples
from foretell.figures.auroc import resample_metric
from foretell.figures.inputs import MAJORITY, TEST, join_labels, not_testable
from foretell.figures.text import with_interval


def collect(
    outcomes: dict[str, pd.DataFrame],
    encoders: dict[str, pd.DataFrame],
    own: dict[str, str],
    resamples: int,
    seed: int,
) -> pd.DataFrame:
    """AUROC on test of every policy's majority_correct from every encoder, and what a policy's own one has over it.

    Args:
        outcomes: per policy: problem_id, split, group, majority_correct.
        encoders: per encoder: policy, problem_id, split, score.
        own: per policy, its own encoder.
        resamples, seed: of the bootstrap over groups; encoders are resampled together.

    Returns:
        policy, encoder, own, auroc, low, high, difference (own encoder minus this one), difference_low,
        difference_high, n, note (why it is not testable).
    """
    rows = []
    for policy, frame in outcomes.items():
        tests = {
            encoder: join_labels(scores[scores.policy == policy], frame, MAJORITY, TEST)
            for encoder, scores in encoders.items()
        }
        first = next(iter(tests.values()))
        weights = sample_and_resamples(first.group, resamples, seed)
        note = "" if enough_of_both(first.label) else not_testable(first.label)
        unknown = np.full(len(weights), np.nan)
        values = {e: unknown if note else resample_metric(auroc, test, weights, seed) for e, test in tests.items()}
        for encoder, value in values.items():
            row = {"policy": policy, "encoder": encoder, "own": encoder == own[policy], "auroc": value[0]}
            row["low"], row["high"] = percentile_interval(value[1:])
            difference = np.full(1, np.nan) if encoder == own[policy] else values[own[policy]] - value
            row["difference"] = difference[0]
            row["difference_low"], row["difference_high"] = percentile_interval(difference[1:])
            rows.append({**row, "n": len(first), "note": note})
    return pd.DataFrame(rows)


def layout(frame: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """For readers: a line per policy, its AUROC from each encoder, and its self-advantage over each other one."""
    rows = []
    for policy, part in frame.groupby("policy", sort=False):
        cells = {
            row.encoder: (with_interval(row.auroc, row.low, row.high, 2) or "n/t") + (" (own)" if row.own else "")
            for row in part.itertuples()
        }
        others = part[~part.own & part.difference.notna()]
        advantage = "; ".join(
            f"{with_interval(row.difference, row.difference_low, row.difference_high, 2, signed=True)}"
            + (f" over {row.encoder}" if len(others) > 1 else "")
            for row in others.itertuples()
        )
        rows.append({"Success of": policy, **cells, "Own minus other": advantage})
    note = (
        f"AUROC of majority correct on test, n = {', '.join(map(str, sorted(frame.n.unique())))}; 95 % bootstrap "
        "intervals, differences paired. n/t: not testable."
    )
    return pd.DataFrame(rows), note
