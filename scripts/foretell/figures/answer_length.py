"""F2: how long a policy's answers are, against how difficult the problems are and how often it solves them."""

from math import ceil

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from foretell.common.metrics import spearman
from foretell.common.rounded import with_interval
from foretell.common.statistics import percentile_interval
from foretell.evaluation.resampling import Resampling
from foretell.figures.inputs import TEST
from foretell.figures.style import PAGE, distances, legend_columns, look_of, say, styled

DIFFICULTY, SUCCESS = "reference_difficulty", "success_rate"
BINS = 10  # of equal numbers of problems by difficulty, of equal width by success rate
AXES = {DIFFICULTY: "Tenths of the problems, most difficult last", SUCCESS: "Success rate (%)"}
NOTHING = "no answer lengths,\nor no reference difficulty"


def collect(outcomes: dict[str, pd.DataFrame], resamples: int, seed: int) -> pd.DataFrame:
    """Lengths of answers on test.

    Args:
        outcomes: per policy, of the outcomes stage.
        resamples, seed: of the bootstrap over groups.

    Returns:
        policy, against (DIFFICULTY or SUCCESS), place (tenth of the order of difficulty, equal ones together, or the
        mean success rate in a tenth of its range; null for the correlation over all problems), tokens (mean of one
        completion; null for the correlation), spearman (null for a bin), low, high (95 %: normal for a mean, bootstrap
        for the correlation), n.
    """
    resampling = Resampling(resamples, seed)
    parts = []
    for policy, frame in outcomes.items():
        test = frame[frame.split == TEST]
        test = test.assign(tokens=(test.completion_tokens / test.k).astype(float))
        for against in (DIFFICULTY, SUCCESS):
            known = test[test.tokens.notna() & test[against].notna()]
            if len(known):
                parts += [_bins(known, against), _correlation(known, against, resampling)]
                parts[-2:] = [part.assign(policy=policy, against=against) for part in parts[-2:]]
    columns = ["policy", "against", "place", "tokens", "spearman", "low", "high", "n"]
    return pd.concat([pd.DataFrame(columns=columns), *parts], ignore_index=True)[columns]


def _bins(known: pd.DataFrame, against: str) -> pd.DataFrame:
    if against == DIFFICULTY:
        place = np.ceil(BINS * known[against].rank(method="average") / len(known))
    else:
        place = np.floor(BINS * known[against].astype(float)).clip(upper=BINS - 1)
    table = known.tokens.groupby(place.to_numpy()).agg(["mean", "sem", "size"]).reset_index()
    table.columns = ["place", "tokens", "error", "n"]
    if against == SUCCESS:
        table["place"] = known[against].astype(float).groupby(place.to_numpy()).mean().to_numpy()
    table["low"], table["high"] = table.tokens - 1.96 * table.error, table.tokens + 1.96 * table.error
    return table.drop(columns="error")


def _correlation(known: pd.DataFrame, against: str, resampling: Resampling) -> pd.DataFrame:
    values = spearman(known[against].to_numpy(float), known.tokens.to_numpy(), resampling.weights(known))
    low, high = percentile_interval(values[1:])
    return pd.DataFrame([{"spearman": values[0], "low": low, "high": high, "n": len(known)}])


@styled
def draw(frame: pd.DataFrame) -> Figure:
    """Left, length by difficulty; right, by success. Correlations stand in the legend of each panel."""
    policies = list(frame.policy.unique())
    columns = legend_columns(policies or [""], PAGE)
    height = 2.6 + 0.14 * (ceil(len(policies) / columns) + len(policies))
    figure = Figure(figsize=(PAGE, height), layout="constrained")
    panels = figure.subplots(1, 2)
    for axes, against in zip(panels, AXES, strict=True):
        _panel(axes, frame[frame.against == against], against, look_of(policies))
    handles, labels = max((axes.get_legend_handles_labels() for axes in panels), key=lambda found: len(found[1]))
    if labels:
        figure.legend(handles, labels, loc="outside upper center", ncols=columns)
    return figure


def _panel(axes: Axes, rows: pd.DataFrame, against: str, looks: dict[str, dict]) -> None:
    if rows.empty:
        say(axes, NOTHING)
        return
    lines = []
    for policy, part in rows.groupby("policy", sort=False):
        bins, whole = part[part.place.notna()], part[part.place.isna()].iloc[0]
        tokens = bins.tokens.astype(float)
        axes.errorbar(
            bins.place.astype(float) * (100 if against == SUCCESS else 1),
            tokens,
            distances(tokens, bins.low.astype(float), bins.high.astype(float)),
            label=policy,
            color=looks[policy]["color"],
            marker=looks[policy]["marker"],
            markersize=3,
            elinewidth=0.6,
            capsize=1.2,
        )
        lines.append(f"{policy}: {with_interval(whole.spearman, whole.low, whole.high, 2, signed=True) or 'undefined'}")
    axes.set(xlabel=AXES[against], ylabel="Tokens of an answer")
    axes.set_ylim(bottom=0)
    axes.set_title("Spearman correlation\n" + "\n".join(lines), fontsize=6, loc="left")
