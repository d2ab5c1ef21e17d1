"""Whether a router gains from the cost it expects of each query, in place of a policy's mean cost.

    PYTHONPATH=scripts python benchmarks/cost_per_query.py results/gsm8k gsm8k

reads a finished study's results and the name of one of its pools. Ridge regression predicts the logarithm of each
policy's output cost, from the activations that its success probe reads or from the question's words and length. The
utility router then weighs expected costs, the policies' mean costs on train, or the true costs. Its points are chosen
on validation, by true costs, within budgets that are shares of the best single policy's cost there, and reported on
test. A single budget says little, for the choice among points is noisy: what is printed is the mean over many budgets
of the gain over mixtures of single policies, which may have fewer samples, and of its paired difference. Intervals
resample validation, choose again there, and resample test.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from sklearn.base import TransformerMixin
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, PredefinedSplit, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from foretell.common.statistics import percentile_interval, sample_and_resamples
from foretell.common.storage import read_parquet
from foretell.probes.folds import assign_folds, fold_units
from foretell.probes.ngrams import WORD
from foretell.routing.arms import add_arms, add_probabilities_of_arms
from foretell.routing.breakpoints import spread_among, utility_breakpoints
from foretell.routing.decisions import Decisions
from foretell.routing.hull import mix_to_cost, upper_hull
from foretell.routing.intervals import resampled_means
from foretell.routing.points import SINGLE, Points
from foretell.routing.pool import TEST, TRAIN, VALIDATION, Pool, align_probabilities, assemble_pool
from foretell.routing.routed import RoutedPool
from foretell.routing.routers import Sweep, route_by_utility, router_inputs
from foretell.routing.tables import PoolTables
from learning_curve import TARGET, inputs_of

FAMILY, ROUTER = "linear", "utility"
BUDGETS = np.arange(0.2, 0.96, 0.025)
LAMBDAS, OTHER_LAMBDAS = 500, (50, 5000)
RESAMPLES, SEED, FOLDS = 500, 1, 5
PENALTIES = np.logspace(-2, 6, 17)
MEAN, TRUE = "mean", "true"
ACTIVATIONS, TEXT = "activations", "text"


def features_of(results: Path, problem_set: str, policy: str) -> Iterator[tuple[str, pd.DataFrame, TransformerMixin]]:
    """What costs are predicted from: [problems, features] by problem_id, and how train standardises them."""
    inputs, _ = inputs_of(results, problem_set, policy)
    probe = results / "probes" / problem_set / policy / TARGET / FAMILY / "probe.json"
    candidate = json.loads(probe.read_text(encoding="utf-8"))["candidate"]
    index = pd.Index(inputs.outcomes.problem_id)
    assert inputs.activations is not None
    read = inputs.activations.read(candidate["layer"], candidate["position"])
    yield ACTIVATIONS, pd.DataFrame(read, index), StandardScaler()
    text = pd.DataFrame({"question": inputs.questions, "length": np.log(inputs.prompt_lengths)}, index)
    words = TfidfVectorizer(token_pattern=WORD, min_df=2, sublinear_tf=True)
    yield TEXT, text, make_column_transformer((words, "question"), (StandardScaler(), ["length"]), sparse_threshold=0)


def expect(costs: pd.DataFrame, features: pd.DataFrame, standardise: TransformerMixin) -> pd.DataFrame:
    """One policy's output cost by ridge regression of its logarithm, on train out of fold.

    The exponential of a mean logarithm is not a mean; the smearing factor, the mean of the exponential residuals,
    makes it one (Duan, 1983).

    Args:
        costs: the policy's rows of the table of costs.
        features: [problems, features] by problem_id.
        standardise: what train is to fit to them.

    Returns:
        By problem_id: split, log_cost, log_predicted, expected (USD).
    """
    costs = costs.set_index("problem_id", drop=False)
    features, log_cost = features.loc[costs.index], np.log(costs.output_cost)
    train = (costs.split == TRAIN).to_numpy()
    folds = PredefinedSplit(assign_folds(fold_units(costs)[train], np.empty((train.sum(), 0)), FOLDS, SEED))
    model = make_pipeline(standardise, Ridge())
    search = GridSearchCV(model, {"ridge__alpha": PENALTIES}, scoring="neg_mean_squared_error", cv=folds)
    search.fit(features[train], log_cost[train])
    predicted = search.predict(features)
    predicted[train] = cross_val_predict(search.best_estimator_, features[train], log_cost[train], cv=folds)
    smearing = np.exp(log_cost[train] - predicted[train]).mean()
    found = {"split": costs.split, "log_cost": log_cost, "log_predicted": predicted}
    return pd.DataFrame(found | {"expected": smearing * np.exp(predicted)})


def known_costs(costs: pd.DataFrame, pool: Pool, expected: Mapping[str, pd.Series]) -> dict[str, np.ndarray]:
    """By what is known of costs: [problems, policies], scaled such that mean costs on train lie in [0, 1].

    Args:
        costs: the table of costs, maybe with arms, whose output cost is in proportion to their samples.
        pool: the same as arrays.
        expected: by what predicts it, output cost by of_policy and problem_id, USD.
    """
    share = (costs.samples / costs.groupby("of_policy").samples.transform("max")).to_numpy(float)
    found = {MEAN: np.broadcast_to(pool.cost[pool.split == TRAIN].mean(axis=0), pool.cost.shape)}
    for name, output in expected.items():
        rows = pd.MultiIndex.from_frame(costs[["of_policy", "problem_id"]])
        table = costs.assign(expected=costs.input_cost + share * output.loc[rows].to_numpy())
        by_policy = table.pivot(index="problem_id", columns="policy", values="expected")
        found[name] = by_policy.loc[pool.problem_id, pool.policies].to_numpy()
    least, span = found[MEAN].min(), np.ptp(found[MEAN])
    return {name: (values - least) / span for name, values in (found | {TRUE: pool.cost}).items()}


def points_of(tables: PoolTables, pool: Pool, costs: np.ndarray, lambdas: int) -> Points:
    """The utility router's points, spread by rank among the breakpoints on train and beyond, and single policies.

    Args:
        tables: with the probabilities of one source.
        pool: the same as arrays.
        costs: [problems, policies], scaled.
        lambdas: number of points.
    """
    ((source, success),) = align_probabilities(tables.probabilities, pool).items()
    train = np.flatnonzero(pool.split == TRAIN)
    breakpoints = np.concatenate([utility_breakpoints(success[[row]], costs[row]) for row in train])
    points = spread_among(np.array([0.0, *breakpoints, 2 * breakpoints.max()]), lambdas)
    # the costs of problems stand where the router has those of policies, and broadcast alike
    inputs = replace(router_inputs(pool, success, Sweep()), tier_costs=costs)
    decisions = Decisions(source.family, ROUTER, source.calibrated_on, points, route_by_utility(inputs, points))
    return RoutedPool(pool, tables.fewer_samples, [decisions]).points


def gains(points: Points, pool: Pool) -> np.ndarray:
    """[1 + resamples] mean gain over budgets, of the sample itself first; the same resamples whatever the points."""
    splits = [pool.split == split for split in (VALIDATION, TEST)]
    weights = [sample_and_resamples(pool.group[rows], RESAMPLES, SEED + place) for place, rows in enumerate(splits)]
    on_validation, on_test = (
        [resampled_means(values[:, rows], weight) for values in (points.accuracy, points.cost)]
        for rows, weight in zip(splits, weights, strict=True)
    )
    return np.array([_gain(points, *means) for means in zip(*on_validation, on_test[0], strict=True)])


def _gain(points: Points, accuracy: np.ndarray, cost: np.ndarray, on_test: np.ndarray) -> float:
    """Mean gain over budgets, from [points] means on validation and accuracies on test."""
    routed, singles = points.of(ROUTER), points.of(SINGLE)
    accuracy = accuracy.round(12)  # what is alike but for rounding is alike
    whole = np.flatnonzero(points.labels.all_samples)
    best = whole[np.lexsort((cost[whole], -accuracy[whole]))[0]]
    hull = singles[upper_hull(cost[singles], accuracy[singles])]
    found = []
    for budget in BUDGETS * cost[best]:
        within = routed[cost[routed] <= budget]
        within = within if len(within) else singles[[cost[singles].argmin()]]
        chosen = within[np.lexsort((cost[within], -accuracy[within]))[0]]
        mixture = mix_to_cost(hull, cost, cost[chosen])
        assert mixture is not None
        mixed = (1 - mixture.weight) * on_test[mixture.cheap] + mixture.weight * on_test[mixture.dear]
        found.append(on_test[chosen] - mixed)
    return float(np.mean(found))


def table(by_variant: Mapping[str, np.ndarray], heading: str) -> str:
    """Mean gains of every variant, each compared with the first, as Markdown."""
    reference, first = next(iter(by_variant.items()))
    rows = [
        {
            heading: variant,
            "gain, points": _in_points(own),
            f"less that of {reference}": "" if variant == reference else _in_points(own - first),
        }
        for variant, own in by_variant.items()
    ]
    return pd.DataFrame(rows).to_markdown(index=False)


def _in_points(values: np.ndarray) -> str:
    low, high = percentile_interval(values[1:])
    return f"{100 * values[0]:+.1f} [{100 * low:+.1f}, {100 * high:+.1f}]"


def quality(predicted: pd.DataFrame) -> dict[str, str]:
    """How well a policy's output cost is predicted on test."""
    test = predicted[predicted.split == TEST]
    return {
        "n": str(len(test)),
        "deviation of log cost": f"{test.log_cost.std():.3f}",
        "correlation": f"{np.corrcoef(test.log_cost, test.log_predicted)[0, 1]:.3f}",
        "mean expected / mean true": f"{test.expected.mean() / np.exp(test.log_cost).mean():.3f}",
    }


if __name__ == "__main__":
    results, name = Path(sys.argv[1]), sys.argv[2]
    problem_set = yaml.safe_load((results / "config.yaml").read_text(encoding="utf-8"))["pools"][name]["problem_set"]
    names = ("costs", "fewer_samples", "probabilities")
    read, fewer_samples, given = (read_parquet(results / "routing" / name / f"{each}.parquet") for each in names)
    whole = read[read.policy == read.of_policy]
    given = given[(given.family == FAMILY) & given.policy.isin(whole.policy.unique())]

    described: list[dict[str, str]] = []
    outputs: dict[str, list[pd.Series]] = {ACTIVATIONS: [], TEXT: []}
    for policy, rows in whole.groupby("policy", sort=False):
        for predictor, features, standardise in features_of(results, problem_set, policy):
            predicted = expect(rows, features, standardise)
            described.append({"policy": policy, "from": predictor} | quality(predicted))
            outputs[predictor].append(pd.concat({policy: predicted.expected}))
    expected = {predictor: pd.concat(by_policy) for predictor, by_policy in outputs.items()}
    print(f"Output cost on test\n\n{pd.DataFrame(described).to_markdown(index=False)}", flush=True)

    for fewer in (False, True):
        costs = add_arms(whole, fewer_samples) if fewer else whole
        tables, pool = PoolTables(costs, fewer_samples, add_probabilities_of_arms(given, costs)), assemble_pool(costs)
        known = known_costs(costs, pool, expected)
        by_costs = {each: gains(points_of(tables, pool, scaled, LAMBDAS), pool) for each, scaled in known.items()}
        others = {str(count): gains(points_of(tables, pool, known[MEAN], count), pool) for count in OTHER_LAMBDAS}
        print(f"\nFewer samples: {fewer}; {LAMBDAS} lambdas\n\n{table(by_costs, 'costs')}")
        by_count = {str(LAMBDAS): by_costs[MEAN]} | others
        print(f"\nFewer samples: {fewer}; mean costs\n\n{table(by_count, 'lambdas')}", flush=True)
