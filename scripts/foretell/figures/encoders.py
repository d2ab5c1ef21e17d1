"""T7: every policy's success, read from every encoder."""

import pandas as pd

from foretell.common.rounded import with_interval
from foretell.figures.inputs import MAJORITY, TEST, why_not_testable


def collect(metrics: pd.DataFrame, differences: pd.DataFrame) -> pd.DataFrame:
    """AUROC on test of every policy's majority_correct from every encoder, and what a policy's own one has over it.

    Args:
        metrics, differences: of `foretell.evaluation`.

    Returns:
        policy, encoder, own, auroc, low, high, difference (own encoder minus this one), difference_low,
        difference_high, n, note (why it is not testable).
    """
    read = metrics[metrics.encoder.notna() & (metrics.target == MAJORITY) & (metrics.metric == "auroc")]
    against = differences[differences.encoder.notna() & (differences.metric == "auroc")]
    own = against.groupby("policy").encoder.first()
    against = against[["policy", "minus_encoder", "value", "low", "high"]]
    against.columns = ["policy", "encoder", "difference", "difference_low", "difference_high"]
    table = read[read.split == TEST].merge(against, on=["policy", "encoder"], how="left", validate="one_to_one")
    table["own"] = table.encoder == table.policy.map(own)
    table["note"] = [why_not_testable(row) for row in table.itertuples()]
    table = table.rename(columns={"value": "auroc"})
    shown = ["policy", "encoder", "own", "auroc", "low", "high", "difference", "difference_low", "difference_high"]
    return table[[*shown, "n", "note"]]


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
