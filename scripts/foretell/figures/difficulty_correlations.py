"""T1: how well activations tell human difficulty and a model's own success."""

import pandas as pd

from foretell.common.rounded import number, with_interval
from foretell.difficulty.comparison import DECODED, HELD_OUT
from foretell.probes.families import FAMILIES


def collect(correlations: pd.DataFrame) -> pd.DataFrame:
    """The correlations of `foretell.difficulty.comparison.compare`, as they are."""
    return correlations


def layout(frame: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """For readers: a line per policy and quantity, families side by side."""
    rows = []
    for (policy, quantity), part in frame.groupby(["policy", "quantity"], sort=False):
        cells = {}
        for row in part.itertuples():
            name = FAMILIES[row.family].label if row.family else "agreement"
            value = with_interval(row.spearman, row.low, row.high, 2)
            tested = f", p {p_value(row.p)}" if row.permutations else ""
            cells[name] = f"{value}{tested}" if value else "undefined"
            if pd.notna(row.difference):
                minus = with_interval(row.difference, row.difference_low, row.difference_high, 2, signed=True)
                cells[f"linear minus {name}"] = minus
        rows.append({"Policy": policy, "Spearman of": quantity, **cells, "Ceiling": number(part.ceiling.iloc[0], 2)})
    table = pd.DataFrame(rows).fillna("")
    columns = [column for column in table if column != "Ceiling"]
    sizes = ", ".join(map(str, sorted(frame.n.unique())))
    folds = (frame.on == HELD_OUT).all()
    where = "means over held-out folds, " if folds else "test; "
    tested = (
        "p: permutation tests, one-sided for what is read from prompts (on the first partition), two-sided for the "
        "agreement of the two orders."
        if folds
        else "p: two-sided permutation test of the agreement of the two orders."
    )
    known = frame.ceiling[frame.quantity == DECODED["reference_difficulty"]].notna().any()
    human = (
        ", and the true human difficulty, given its standard errors"
        if known
        else ("; the reliability of the human order is not known")
    )
    note = (
        f"n = {sizes}; {where}95 % bootstrap intervals over problems, differences paired. {tested} Ceiling: what the "
        f"true success rates could reach, given the noise of the sampled ones{human}."
    )
    return table[[*columns, "Ceiling"]], note


def p_value(p: float) -> str:
    """`= 0.12`, or `= 0.005` for small ones; `unknown` where the correlation is undefined."""
    if pd.isna(p):
        return "unknown"
    return f"= {p:.2f}" if p >= 0.095 else f"= {p:.3f}"
