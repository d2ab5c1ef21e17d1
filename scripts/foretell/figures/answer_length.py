"""F2: how long a policy's answers are, against how difficult the problems are and how often it solves them."""

from collections.abc import Iterator
from math import ceil

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from foretell.common.metrics import ratio, spearman
from foretell.common.rounded import with_interval
from foretell.common.statistics import percentile_interval
from foretell.evaluation.resampling import Resampling
from foretell.figures.inputs import TEST
from foretell.figures.style import PAGE, distances, legend_columns, look_of, say, styled

DIFFICULTY, SUCCESS, PROMPT = "reference_difficulty", "success_rate", "prompt_tokens"
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
        mean success rate in a tenth of its range; null for a correlation over all problems), tokens (mean of one
        completion; null for a correlation), spearman (null for a bin), given (what is held constant in a partial
        correlation, PROMPT; else null), low, high (95 %: normal for a mean, bootstrap for a correlation), n.
    """
    resampling = Resampling(resamples, seed)
    parts = []
    for policy, frame in outcomes.items():
        test = frame[frame.split == TEST]
        test = test.assign(tokens=(test.completion_tokens / test.k).astype(float))
        for against in (DIFFICULTY, SUCCESS):
            known = test[test.tokens.notna() & test[against].notna()]
            if len(known):
                found = pd.concat([_bins(known, against), _correlations(known, against, resampling)])
                parts.append(found.assign(policy=policy, against=against))
    columns = ["policy", "against", "place", "tokens", "spearman", "given", "low", "high", "n"]
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


def _correlations(known: pd.DataFrame, against: str, resampling: Resampling) -> pd.DataFrame:
    """Over all problems, and the partial one given the lengths of the prompts, where these are known and differ."""
    weights, reference, tokens = resampling.weights(known), known[against].to_numpy(float), known.tokens.to_numpy()
    values: dict[str | None, np.ndarray] = {None: spearman(reference, tokens, weights)}
    if known[PROMPT].notna().all() and known[PROMPT].nunique() > 1:
        lengths = known[PROMPT].to_numpy(float)
        values[PROMPT] = _partial(
            values[None], spearman(reference, lengths, weights), spearman(lengths, tokens, weights)
        )
    rows = []
    for given, found in values.items():
        low, high = percentile_interval(found[1:])
        rows.append({"spearman": found[0], "given": given, "low": low, "high": high, "n": len(known)})
    return pd.DataFrame(rows)


def _partial(both: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The partial correlation of two quantities from theirs, and those of each with what is held constant.

    Kendall and Stuart, The Advanced Theory of Statistics, vol. 2, 27.5; of ranks, after Conover (1999), section 5.4.
    """
    return ratio(both - first * second, np.sqrt((1 - first**2) * (1 - second**2))).clip(-1, 1)


@styled
def draw(frame: pd.DataFrame) -> Figure:
    """Left, length by difficulty; right, by success. Correlations stand above each panel."""
    policies = list(frame.policy.unique())
    columns = legend_columns(policies or [""], PAGE)
    lines = frame[frame.place.isna()].groupby("against").size().max() if len(frame) else 0
    height = 2.7 + 0.14 * (ceil(len(policies) / columns) + lines)
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
    for policy, part in rows.groupby("policy", sort=False):
        bins = part[part.place.notna()]
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
    axes.set(xlabel=AXES[against], ylabel="Tokens of an answer")
    axes.set_ylim(bottom=0)
    axes.set_title("\n".join(_said(rows[rows.place.isna()])), fontsize=6, loc="left")


def _said(correlations: pd.DataFrame) -> Iterator[str]:
    """A line for each correlation, those given the prompt's length below the others."""
    for heading, rows in {
        "Spearman correlation": correlations[correlations.given.isna()],
        "Given the prompt's length": correlations[correlations.given.notna()],
    }.items():
        if len(rows):
            yield heading
        for row in rows.itertuples():
            yield f"{row.policy}: {with_interval(row.spearman, row.low, row.high, 2, signed=True) or 'undefined'}"
