"""T12: routers by the field's metrics."""

import pandas as pd

from foretell.common.rounded import with_interval
from foretell.probes.families import FAMILIES
from foretell.routing import field_metrics as names
from foretell.routing.points import HULL
from foretell.routing.routers import ROUTERS

COLUMNS = {
    names.AIQ: "AIQ, %",
    names.APGR: "APGR, %",
    names.CPT_50: "CPT(50 %), %",
    names.CPT_80: "CPT(80 %), %",
    names.PGR: "PGR, %",
    names.ORACLE_GAP: "Oracle's gap, %",
    names.DISAGREEING: "Where policies disagree, %",
    names.WINS: "Wins, %",
    names.OPTIMISM: "Optimism, points",
}
UNDEFINED = "undefined"


def collect(metrics: pd.DataFrame) -> pd.DataFrame:
    """The metrics of `foretell.routing.field_metrics.measure`, as they are."""
    return metrics


def layout(frame: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """For readers: a line per router and family."""
    rows = []
    for (strategy, family), part in frame.groupby(["strategy", "family"], sort=False, dropna=False):
        cells = {
            COLUMNS[row.metric]: with_interval(row.value, row.low, row.high, 1, 100) or UNDEFINED
            for row in part.itertuples()
        }
        router = "mixtures, no router" if strategy == HULL else ROUTERS[strategy].title
        rows.append({"Router": router, "Probabilities": "" if pd.isna(family) else FAMILIES[family].label, **cells})
    first, sizes = frame.iloc[0], frame.groupby("metric").n.first()
    note = (
        f"n = {sizes[names.AIQ]}, of which the policies disagree on {sizes[names.DISAGREEING]}; weak: {first.weak}, "
        f"strong: {first.strong}; 95 % bootstrap intervals over problems; those of AIQ, APGR and CPT do not make up "
        "for choosing on test, and leave out resamples in which they are undefined. Undefined: the strong policy is no "
        "better or no dearer than the weak one, the curve does not reach the share, or no problem tells."
    )
    return pd.DataFrame(rows).fillna(""), note
