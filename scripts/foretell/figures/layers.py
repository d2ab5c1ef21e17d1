"""F3: where in the network the linear probe reads best."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from foretell.figures.style import outer, panels, say, styled

FEW = 60  # cells of a panel that leave room for their values


def collect(sweeps: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Cross-validated metric by layer and position, at the best strength of each.

    Args:
        sweeps: per policy, one row per candidate and fold: layer, position, strength, fold, metric, value.

    Returns:
        policy, layer, position, strength, metric, value (mean over the folds that define it), folds, chosen (the
        largest value, the first of equals); a policy whose probe was not trained has one row of nulls.
    """
    return pd.concat([_collect(policy, sweep) for policy, sweep in sweeps.items()], ignore_index=True)


def _collect(policy: str, sweep: pd.DataFrame) -> pd.DataFrame:
    columns = ["policy", "layer", "position", "strength", "metric", "value", "folds", "chosen"]
    types = {"layer": "Int64", "position": "Int64", "strength": float, "metric": "str", "folds": "Int64"}
    candidates = ["layer", "position", "strength", "metric"]
    means = sweep.groupby(candidates, sort=False).value.agg(value="mean", folds="count").reset_index()
    means = means.dropna(subset="value")
    if means.empty:
        empty = {"policy": [policy], "value": np.nan, "chosen": False}
        return pd.DataFrame(empty, columns=columns).astype(types)
    best = means.loc[means.groupby(["layer", "position"], sort=False).value.idxmax()]
    chosen = best.index == means.value.idxmax()
    table = best.assign(policy=policy, chosen=chosen).sort_values(["layer", "position"], ignore_index=True)
    return table[columns].astype(types)


@styled
def draw(frame: pd.DataFrame) -> Figure:
    """One heat map per policy on a common colour scale, the chosen cell boxed."""
    policies = list(frame.policy.unique())
    positions = frame.position.dropna().nunique()
    figure, axes = panels(policies, height=min(0.9 + 0.28 * max(positions, 2), 2.0), extra=0.25)
    values = frame.value.dropna()
    low, high = (values.min(), values.max()) if len(values) else (0.0, 1.0)
    images = []
    for place, policy in enumerate(policies):
        (panel,) = axes[policy]
        rows = frame[(frame.policy == policy) & frame.value.notna()]
        if rows.empty:
            say(panel, "probe not trained")
            continue
        images.append(_heat_map(panel, rows, low, high))
        left, bottom = outer(axes, place)
        panel.set_ylabel("Token position" if left else "")
        panel.set_xlabel("Layer (0: embedding)" if bottom else "")
    if images:
        bar = figure.colorbar(images[0], ax=[stack[0] for stack in axes.values()], aspect=30, pad=0.01)
        name = {"spearman": "Spearman correlation", "auroc": "AUROC"}.get(frame.metric.dropna().iloc[0], "Score")
        bar.set_label(f"{name}\n(cross-validated)")
        bar.outline.set_linewidth(0.6)
        bar.locator = MaxNLocator(5)
    return figure


def _heat_map(panel: Axes, rows: pd.DataFrame, low: float, high: float):
    grid = rows.pivot(index="position", columns="layer", values="value")
    image = panel.imshow(grid.to_numpy(float), vmin=low, vmax=high, cmap="cividis", aspect="auto")
    every = max(1, round(grid.shape[1] / 6))
    panel.set_xticks(range(0, grid.shape[1], every), grid.columns[::every])
    panel.set_yticks(range(grid.shape[0]), [str(position).replace("-", "−") for position in grid.index])
    panel.tick_params(length=0)
    for spine in panel.spines.values():
        spine.set_visible(False)
    if grid.size <= FEW and grid.shape[1] <= 8:
        middle = (low + high) / 2
        for (row, column), value in np.ndenumerate(grid.to_numpy(float)):
            if not np.isnan(value):
                colour = "black" if value > middle else "white"
                text = f"{value:.2f}".replace("-", "−")
                panel.text(column, row, text, ha="center", va="center", fontsize=6, color=colour)
    chosen = rows[rows.chosen].iloc[0]
    corner = grid.columns.get_loc(chosen.layer) - 0.5, grid.index.get_loc(chosen.position) - 0.5
    panel.add_patch(Rectangle(corner, 1, 1, fill=False, edgecolor="#D55E00", linewidth=1.6, clip_on=False, zorder=3))
    return image
