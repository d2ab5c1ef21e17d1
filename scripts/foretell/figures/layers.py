"""F3: where in the network the linear probe reads best."""

from typing import cast

import numpy as np
import pandas as pd
import seaborn
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from foretell.common.rounded import number
from foretell.figures.style import PALE, RIGHT, WRONG, outer, panels, say, styled

FEW = 60  # cells of a panel that leave room for their values
SHORT = 4  # layers up to which a line shows the embedding too


def collect(sweeps: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Cross-validated metric by layer and position, at the best strength of each.

    Args:
        sweeps: per policy, one row per candidate and fold: layer, position, strength, fold, metric, value.

    Returns:
        policy, layer, position, strength, metric, value (mean over the folds that define it), low and high (the lowest
        and the highest of them), folds, chosen (the largest value, the first of equals); a policy whose probe was not
        trained has one row of nulls.
    """
    return pd.concat([_collect(policy, sweep) for policy, sweep in sweeps.items()], ignore_index=True)


def _collect(policy: str, sweep: pd.DataFrame) -> pd.DataFrame:
    columns = ["policy", "layer", "position", "strength", "metric", "value", "low", "high", "folds", "chosen"]
    types = {"layer": "Int64", "position": "Int64", "strength": float, "metric": "str", "folds": "Int64"}
    types |= {"low": float, "high": float}
    candidates = ["layer", "position", "strength", "metric"]
    means = sweep.groupby(candidates, sort=False).value.agg(value="mean", low="min", high="max", folds="count")
    means = means.reset_index()
    means = means.dropna(subset="value")
    if means.empty:
        empty = {"policy": [policy], "value": np.nan, "low": np.nan, "high": np.nan, "chosen": False}
        return pd.DataFrame(empty, columns=columns).astype(types)
    best = means.loc[means.groupby(["layer", "position"], sort=False).value.idxmax()]
    chosen = best.index == means.value.idxmax()
    table = best.assign(policy=policy, chosen=chosen).sort_values(["layer", "position"], ignore_index=True)
    return table[columns].astype(types)


@styled
def draw(frame: pd.DataFrame) -> Figure:
    """One heat map per policy on a common colour scale, the chosen cell boxed; one line where there is one position."""
    return _lines(frame) if frame.position.dropna().nunique() == 1 else _heat_maps(frame)


def _score(frame: pd.DataFrame) -> str:
    return {"spearman": "Spearman correlation", "auroc": "AUROC"}.get(frame.metric.dropna().iloc[0], "Score")


def _lines(frame: pd.DataFrame) -> Figure:
    """Score by layer, with the range of the folds."""
    policies = list(frame.policy.unique())
    figure, axes = panels(policies, height=1.7, extra=0.25)
    above = frame[frame.layer > 0] if frame.layer.nunique() > SHORT else frame
    low, high = above.low.min(), above.high.max()
    margin = 0.06 * (high - low) or 0.05
    for place, policy in enumerate(policies):
        (panel,) = axes[policy]
        rows = frame[(frame.policy == policy) & frame.value.notna()].sort_values("layer")
        left, bottom = outer(axes, place)
        panel.set_ylabel(f"{_score(frame)}\n(cross-validated)" if left else "")
        panel.set_xlabel("Layer (0: embedding)" if bottom else "")
        if rows.empty:
            say(panel, "probe not trained")
            continue
        layers = rows.layer.to_numpy(float)
        panel.fill_between(
            layers, rows.low.astype(float), rows.high.astype(float), color=RIGHT, alpha=0.18, linewidth=0
        )
        panel.plot(layers, rows.value, color=RIGHT, marker=".", markersize=3)
        best = rows[rows.chosen]
        panel.plot(best.layer.astype(float), best.value, "o", color=WRONG, fillstyle="none", markeredgewidth=1.2)
        panel.set_ylim(low - margin, high + margin)
        panel.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        panel.grid(color=PALE, linewidth=0.4)
    return figure


def _heat_maps(frame: pd.DataFrame) -> Figure:
    policies = list(frame.policy.unique())
    positions = frame.position.dropna().nunique()
    figure, axes = panels(policies, height=min(0.9 + 0.28 * max(positions, 2), 2.0), extra=0.25)
    low, high, below = _scale(frame)
    images = []
    for place, policy in enumerate(policies):
        (panel,) = axes[policy]
        rows = frame[(frame.policy == policy) & frame.value.notna()]
        if rows.empty:
            say(panel, "probe not trained")
        else:
            images.append(_heat_map(panel, rows, low, high))
        left, bottom = outer(axes, place)
        panel.set_ylabel("Token position" if left else "")
        panel.set_xlabel("Layer (0: embedding)" if bottom else "")
    if images:
        bar = figure.colorbar(
            images[0],
            ax=[stack[0] for stack in axes.values()],
            aspect=30,
            pad=0.01,
            extend="min" if below else "neither",
        )
        bar.set_label(f"{_score(frame)}\n(cross-validated)")
        bar.outline.set_linewidth(0.6)
        bar.locator = MaxNLocator(5)
    return figure


def _scale(frame: pd.DataFrame) -> tuple[float, float, bool]:
    """Ends of the colour scale, and whether something lies below it.

    The embedding of a template's token is the same for all problems, so that nothing can be read there: a scale that
    began at its zero would leave few colours for what is to be compared.
    """
    values = frame.value.dropna()
    above = frame.value[(frame.layer > 0) & frame.value.notna()]
    compared = above if len(above) else values
    if compared.empty:
        return 0.0, 1.0, False
    return compared.min(), max(values.max(), compared.max()), bool((values < compared.min()).any())


def _heat_map(panel: Axes, rows: pd.DataFrame, low: float, high: float) -> QuadMesh:
    grid = rows.pivot(index="position", columns="layer", values="value")
    roomy = grid.size <= FEW and grid.shape[1] <= 8
    seaborn.heatmap(
        grid.astype(float),
        ax=panel,
        vmin=low,
        vmax=high,
        cmap="cividis",
        cbar=False,
        annot=grid.astype(float).map(lambda value: number(value, 2)) if roomy else False,
        fmt="",
        annot_kws={"fontsize": 6},
        xticklabels=max(1, round(grid.shape[1] / 6)),
        yticklabels=[number(position, 0) for position in grid.index],
    )
    panel.tick_params(length=0, labelrotation=0)
    chosen = rows[rows.chosen].iloc[0]
    corner = grid.columns.get_loc(chosen.layer), grid.index.get_loc(chosen.position)
    panel.add_patch(Rectangle(corner, 1, 1, fill=False, edgecolor="#D55E00", linewidth=1.6, clip_on=False, zorder=3))
    return cast(QuadMesh, panel.collections[0])
