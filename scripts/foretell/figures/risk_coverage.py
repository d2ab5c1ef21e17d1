"""F11: answering only where success is predicted, and sending the rest to a fallback."""

from typing import Any, TypedDict

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from foretell.common.statistics import percentile_interval, sample_and_resamples
from foretell.figures.style import BLACK, GREY, PAGE, legend_columns, look_of, styled
from foretell.routing.pool import TEST

COVERAGES = np.linspace(0.05, 1, 20)


class AssumedFallback(TypedDict):
    """A source that gets what a policy does not answer: USD per problem, share of right answers, what these rest on."""

    cost: float
    accuracy: float
    assumption: str


def collect(
    costs: pd.DataFrame, probabilities: pd.DataFrame, fallback: AssumedFallback, resamples: int, seed: int
) -> pd.DataFrame:
    """Accuracy of what each policy answers when it answers the test problems it is most likely to get right.

    Args:
        costs: problem_id, split, group, policy, of_policy (another one where samples are fewer: left out), correct,
            cost, probe_cost (USD; null if unknown), reuses_prefill (whether the cost includes it).
        probabilities: problem_id, family, policy, calibrated_on, probability; the first family and calibration count.
        fallback: what gets the rest, of which all is assumed.
        resamples, seed: of the bootstrap over groups.

    Returns:
        policy, coverage (share answered; 0 to 1), n (test problems), accuracy of what is answered (null at 0), low,
        high, accuracy_with_fallback and cost_with_fallback (all test problems; what is not answered costs its prefill
        too, where that is known), accuracy_at_random (the same share sent on without looking), fallback_cost,
        fallback_accuracy, assumption.
    """
    first = probabilities.iloc[0]
    calibrated = probabilities[
        (probabilities.family == first.family) & (probabilities.calibrated_on == first.calibrated_on)
    ]
    whole = costs[costs.policy == costs.of_policy]
    test = whole[whole.split == TEST].merge(
        calibrated[["problem_id", "policy", "probability"]], on=["problem_id", "policy"], validate="one_to_one"
    )
    parts = [_policy(policy, part, fallback, resamples, seed) for policy, part in test.groupby("policy", sort=False)]
    return pd.concat(parts, ignore_index=True)


def _policy(policy: str, test: pd.DataFrame, fallback: AssumedFallback, resamples: int, seed: int) -> pd.DataFrame:
    test = test.sort_values(["probability", "problem_id"], ascending=[False, True])
    correct, prefill = test.correct.to_numpy(), test.probe_cost.fillna(0).to_numpy()
    weights = sample_and_resamples(test.group.to_numpy(), resamples, seed)
    accuracy = accuracy_by_coverage(correct, weights, COVERAGES)
    unknown = dict.fromkeys(("accuracy", "low", "high"), np.nan)
    rows = [{"coverage": 0.0, **unknown, **_with_fallback(0, test, prefill, fallback)}]
    for place, coverage in enumerate(COVERAGES):
        low, high = percentile_interval(accuracy[1:, place])
        answered = round(coverage * len(test))
        found = {"coverage": coverage, "accuracy": accuracy[0, place], "low": low, "high": high}
        rows.append({**found, **_with_fallback(answered, test, prefill, fallback)})
    frame = pd.DataFrame(rows).assign(policy=policy, n=len(test), assumption=fallback["assumption"])
    frame = frame.assign(fallback_cost=fallback["cost"], fallback_accuracy=fallback["accuracy"])
    frame["accuracy_at_random"] = frame.coverage * correct.mean() + (1 - frame.coverage) * fallback["accuracy"]
    columns = ["policy", "coverage", "n", "accuracy", "low", "high", "accuracy_with_fallback", "cost_with_fallback"]
    return frame[[*columns, "accuracy_at_random", "fallback_cost", "fallback_accuracy", "assumption"]]


def accuracy_by_coverage(correct: np.ndarray, weights: np.ndarray, coverages: np.ndarray) -> np.ndarray:
    """Accuracy of the first share of the problems, in each resample.

    Args:
        correct: [n] 0 or 1, the surest problem first.
        weights: [resamples, n] how often each problem stands in a resample.
        coverages: [coverages] shares in (0, 1].

    Returns:
        [resamples, coverages]; the problem that a share ends in counts in part.
    """
    seen = np.cumsum(weights, axis=1)
    right = np.cumsum(weights * correct, axis=1)
    found = np.empty((len(weights), len(coverages)))
    for row, (total, hits) in enumerate(zip(seen, right, strict=True)):
        wanted = coverages * total[-1]
        found[row] = np.interp(wanted, np.r_[0, total], np.r_[0, hits]) / wanted
    return found


def _with_fallback(
    answered: int, test: pd.DataFrame, prefill: np.ndarray, fallback: AssumedFallback
) -> dict[str, float]:
    """Accuracy and mean cost of all problems, the surest ones answered and the rest sent on after their prefill."""
    n, rest = len(test), len(test) - answered
    right = test.correct.to_numpy()[:answered].sum() + rest * fallback["accuracy"]
    beside = np.where(test.reuses_prefill, 0, prefill)[:answered].sum()
    cost = test.cost.to_numpy()[:answered].sum() + beside + prefill[answered:].sum() + rest * fallback["cost"]
    return {"accuracy_with_fallback": right / n, "cost_with_fallback": cost / n}


@styled
def draw(frame: pd.DataFrame) -> Figure:
    """Left, accuracy against the share answered; right, accuracy and cost of all problems."""
    figure = Figure(figsize=(PAGE, 2.9), layout="constrained")
    left, right = figure.subplots(1, 2)
    looks = look_of(list(frame.policy.unique()))
    for policy, rows in frame.groupby("policy", sort=False):
        look = {"color": looks[policy]["color"], "marker": looks[policy]["marker"], "markersize": 2.5}
        _answered(left, rows.dropna(subset="accuracy"), policy, look)
        _all_problems(right, rows, look)
    left.plot([], [], color=GREY, linestyle=(0, (4, 3)), label="answered or sent on at random")
    left.set(xlabel="Share of test problems answered (%)", ylabel="Right of what is answered (%)", xlim=(0, 103))
    right.plot(
        1e6 * frame.fallback_cost.iloc[0],
        100 * frame.fallback_accuracy.iloc[0],
        "*",
        color=BLACK,
        markersize=8,
        label="fallback alone (assumed)",
    )
    right.set(xlabel="Cost in USD per million problems, the rest sent on", ylabel="Right of all test problems (%)")
    right.set_title(f"Assumed: {frame.assumption.iloc[0]}", fontsize=6, wrap=True)
    legends = [left.get_legend_handles_labels(), right.get_legend_handles_labels()]
    handles, labels = ([item for part in parts for item in part] for parts in zip(*legends, strict=True))
    figure.legend(handles, labels, loc="outside lower center", ncols=legend_columns(labels, PAGE))
    return figure


def _answered(axes: Axes, rows: pd.DataFrame, policy: str, look: dict[str, Any]) -> None:
    axes.plot(100 * rows.coverage, 100 * rows.accuracy, label=policy, **look)
    axes.fill_between(
        100 * rows.coverage, 100 * rows.low, 100 * rows.high, color=look["color"], alpha=0.15, linewidth=0
    )
    axes.axhline(100 * rows.accuracy.iloc[-1], color=look["color"], linewidth=0.7, linestyle=(0, (4, 3)))


def _all_problems(axes: Axes, rows: pd.DataFrame, look: dict[str, Any]) -> None:
    cost = 1e6 * rows.cost_with_fallback
    axes.plot(cost, 100 * rows.accuracy_with_fallback, **look)
    ends = rows.iloc[[0, -1]]
    axes.plot(
        1e6 * ends.cost_with_fallback,
        100 * ends.accuracy_with_fallback,
        color=look["color"],
        linewidth=0.7,
        linestyle=(0, (4, 3)),
    )
