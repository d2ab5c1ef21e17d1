"""Every number of the tables, recomputed from the parquet files by other means; the library is not imported here."""

import itertools
from functools import cache

import numpy as np
import pandas as pd
import pytest
import yaml
from scipy.stats import norm, rankdata

from workflow_project import ROOT

CONFIG = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
POLICIES = list(CONFIG["policies"])
RESAMPLES, SEED, K = 200, 1, 4  # tests/configs/small.yaml
GRID = np.linspace(0, 1, 11)
SPLITS = ("train", "validation", "test")


@pytest.fixture(scope="module")
def results(study):
    return study.folder / "results" / "tiny"


@pytest.fixture(scope="module")
def outcomes(results):
    frames = {policy: pd.read_parquet(results / "outcomes" / "tiny_math" / f"{policy}.parquet") for policy in POLICIES}
    return {policy: frame.set_index("problem_id").sort_index() for policy, frame in frames.items()}


def predictions(results, policy, target="majority_correct", family="linear"):
    return pd.read_parquet(results / "probes" / "tiny_math" / policy / target / family / "predictions.parquet")


@cache
def draws(n, seed=SEED):
    """[resamples, n] rows that each resample draws; every problem is its own group, and rows are sorted by it."""
    return np.random.default_rng(seed).integers(n, size=(RESAMPLES, n))


def with_interval(name, value, resampled):
    resampled = np.asarray(resampled, dtype=float)
    resampled = resampled[~np.isnan(resampled)]
    low, high = np.percentile(resampled, [2.5, 97.5]) if len(resampled) else (np.nan, np.nan)
    return {name: value, f"{name}_low": low, f"{name}_high": high}


def mean_with_interval(name, values):
    values = np.asarray(values, dtype=float)
    return with_interval(name, values.mean(), values[draws(len(values))].mean(axis=1))


def assert_row(row, expected, where):
    for name, value in expected.items():
        assert row[name] == pytest.approx(value, rel=2e-5, abs=1e-9, nan_ok=True), (where, name)


# T2


def auroc(labels, scores):
    positives, ranks = labels.sum(), rankdata(scores)
    negatives = len(labels) - positives
    if not positives or not negatives:
        return np.nan
    return (ranks[labels == 1].sum() - positives * (positives + 1) / 2) / (positives * negatives)


def spearman(labels, scores):
    ranks = rankdata(labels), rankdata(scores)
    return np.nan if np.ptp(ranks[0]) == 0 or np.ptp(ranks[1]) == 0 else np.corrcoef(*ranks)[0, 1]


def score(metric, labels, fits):
    """A metric on the sample and on each resample; of several fits the mean, of which a resample draws one fewer."""
    values = np.array([metric(labels, fit) for fit in fits])
    resampled = np.array([[metric(labels[rows], fit[rows]) for fit in fits] for rows in draws(len(labels))])
    if len(fits) > 1:
        drawn = np.random.default_rng(SEED).integers(len(fits), size=(RESAMPLES, len(fits) - 1))
        resampled = np.take_along_axis(resampled, drawn, axis=1)
    with np.errstate(all="ignore"):
        return np.nanmean(values), pd.DataFrame(resampled).mean(axis=1).to_numpy()


def test_t2(results, outcomes):
    table = pd.read_csv(results / "tables" / "tiny_math" / "T2.csv").set_index(["policy", "target", "family"])
    families = CONFIG["probes"]["families"]
    assert len(table) == len(POLICIES) * 3 * len(families)
    tested = 0
    for policy, target in itertools.product(POLICIES, CONFIG["probes"]["targets"]):
        test = outcomes[policy][outcomes[policy].split == "test"]
        labels = test[target].to_numpy(dtype=float)
        metric = spearman if target == "success_rate" else auroc
        found = {}
        for family in families:
            frame = predictions(results, policy, target, family)
            fits = [fit for _, fit in frame.groupby("permutation")] if "permutation" in frame else [frame]
            fits = [fit.set_index("problem_id").score.loc[test.index].to_numpy() for fit in fits]
            row = table.loc[(policy, target, family)]
            assert row.n == len(test)
            if target != "success_rate":
                assert (row.positives, row.negatives) == (labels.sum(), (1 - labels).sum())
            rare = target != "success_rate" and min(labels.sum(), (1 - labels).sum()) < 50
            if rare or np.isnan(fits[0]).any():
                assert not row.testable and np.isnan(row.value)
                continue
            found[family] = score(metric, labels, fits)
            value, low, high = with_interval("v", *found[family]).values()
            assert_row(row, {"value": value, "low": low, "high": high}, (policy, target, family))
            tested += 1
        for family in found.keys() - {"linear"}:
            value, resampled = (a - b for a, b in zip(found["linear"], found[family], strict=True))
            assert_row(table.loc[(policy, target, family)], with_interval("difference", value, resampled), family)
    assert tested > len(families) * len(POLICIES)


# T6


def calibration_error(labels, probabilities):
    bins = np.minimum((10 * probabilities).astype(int), 9)
    gaps = [abs(labels[bins == b].sum() - probabilities[bins == b].sum()) for b in range(10)]
    return sum(gaps) / len(labels)


def test_t6(results, outcomes):
    table = pd.read_csv(results / "tables" / "tiny_math" / "T6.csv").set_index("policy")
    metrics = {
        "ece": calibration_error,
        "brier": lambda labels, probabilities: ((labels - probabilities) ** 2).mean(),
        "predicted_minus_observed": lambda labels, probabilities: (probabilities - labels).mean(),
    }
    for policy in POLICIES:
        by_split = {split: outcomes[policy][outcomes[policy].split == split] for split in SPLITS}
        labels = {split: frame.majority_correct.to_numpy(dtype=float) for split, frame in by_split.items()}
        expected = {f"base_rate_{split}": labels[split].mean() for split in SPLITS}
        expected |= {f"n_{split}": len(labels[split]) for split in SPLITS}
        test, train = labels["test"], labels["train"]
        shift = test[draws(len(test))].mean(axis=1) - train[draws(len(train), SEED + 1)].mean(axis=1)
        expected |= with_interval("base_rate_shift", test.mean() - train.mean(), shift)
        frame = predictions(results, policy).set_index("problem_id").loc[by_split["test"].index]
        if frame.score.notna().all():
            probabilities = {"uncalibrated": 1 / (1 + np.exp(-frame.score)), "platt": frame.probability}
            for (name, metric), (kind, values) in itertools.product(metrics.items(), probabilities.items()):
                values = values.to_numpy()
                resampled = [metric(test[rows], values[rows]) for rows in draws(len(test))]
                expected |= with_interval(f"{name}_{kind}", metric(test, values), resampled)
        assert_row(table.loc[policy], expected, policy)


# T4 and T5


class Routing:
    """Costs, labels and decisions on one split, from outcomes, rollouts, predictions and prices alone."""

    def __init__(self, results, outcomes, split):
        frames = {policy: outcomes[policy][outcomes[policy].split == split] for policy in POLICIES}
        prices = {policy: CONFIG["models"][CONFIG["policies"][policy]["model"]]["price"] for policy in POLICIES}
        train_cost = {}
        for policy, frame in outcomes.items():
            train = frame[frame.split == "train"]
            train_cost[policy] = (train.prompt_tokens + train.completion_tokens).mean() * prices[policy]["input"] / 1e6
        self.policies = sorted(POLICIES, key=train_cost.get)
        tiers = np.array([train_cost[policy] for policy in self.policies])
        self.tiers = (tiers - tiers.min()) / (tiers.max() - tiers.min())
        self.ids = frames[POLICIES[0]].index
        self.correct = np.array([frames[p].majority_correct.astype(float) for p in self.policies])
        self.prefill = np.array([frames[p].prompt_tokens * prices[p]["input"] / 1e6 for p in self.policies])
        self.output = np.array([frames[p].completion_tokens * prices[p]["output"] / 1e6 for p in self.policies])
        self.cost = self.prefill + self.output
        self.probability = np.array(
            [predictions(results, p).set_index("problem_id").probability.loc[self.ids] for p in self.policies]
        )
        self.votes = {policy: self._votes(results, policy) for policy in self.policies}

    def _votes(self, results, policy):
        """By number of samples: the expected correctness of a vote, over all subsets of the samples."""
        rollouts = pd.read_parquet(next((results / "rollouts" / "tiny_math" / policy).iterdir()))
        rollouts = rollouts[rollouts["sample"] >= 0].set_index(["problem_id", "sample"]).sort_index()
        means = {count: [] for count in range(1, K)}
        for problem in self.ids:
            samples = list(rollouts.loc[problem][["extracted_answer", "correct"]].itertuples(index=False))
            for count, values in means.items():
                values.append(np.mean([vote(chosen) for chosen in itertools.combinations(samples, count)]))
        return {count: np.array(values) for count, values in means.items()}

    def points(self):
        """(strategy, policy, samples, operating point) -> accuracy, cost and probing cost of every problem."""
        n, everyone, points = np.arange(len(self.ids)), self.prefill.sum(axis=0), {}
        zero = np.zeros(len(n))
        for column, policy in enumerate(self.policies):
            points["single", policy, K, None] = self.correct[column], self.cost[column], zero
            for count, accuracy in self.votes[policy].items():
                cost = self.prefill[column] + self.output[column] * count / K
                points["single", policy, count, None] = accuracy, cost, zero
        points["random", None, None, None] = self.correct.mean(axis=0), self.cost.mean(axis=0), zero
        kept = np.array([next((p for p in range(6) if self.correct[p, i]), 0) for i in n])
        points["oracle", None, None, None] = self.correct[kept, n], self.cost[kept, n], zero
        for point in GRID:
            for strategy, worth in (("utility", self.probability), ("oracle_utility", self.correct)):
                kept = (worth - point * self.tiers[:, None]).argmax(axis=0)
                charge = everyone - self.prefill[kept, n] if strategy == "utility" else zero
                points[strategy, None, None, point] = self.correct[kept, n], self.cost[kept, n], charge
            kept = np.array([next((p for p in range(5) if self.probability[p, i] >= point), 5) for i in n])
            charge = np.array([self.prefill[:last, i].sum() for i, last in enumerate(kept)])
            points["cascade", None, None, point] = self.correct[kept, n], self.cost[kept, n], charge
        return points


def vote(samples):
    """Whether the most frequent answer is right; the first seen of equals; no answer never wins."""
    given = [sample for sample in samples if pd.notna(sample.extracted_answer)]
    answers = [sample.extracted_answer for sample in given]
    winner = max(dict.fromkeys(answers), key=answers.count, default=None)
    return next((sample.correct for sample in given if sample.extracted_answer == winner), False)


@pytest.fixture(scope="module")
def routing(results, outcomes):
    return {split: Routing(results, outcomes, split).points() for split in ("validation", "test")}


def best_mixture(points, budget):
    """The two single policies and the weight of the second that are most accurate for a mean cost, by trying all.

    Of equally accurate ones the cheaper; of these the one whose two policies lie furthest apart.
    """
    singles = [(key, p[0].mean(), p[1].mean()) for key, p in points.items() if key[0] == "single"]
    found = []
    for (one, accuracy, cost), (two, other_accuracy, other_cost) in itertools.product(singles, repeat=2):
        if cost <= budget and (other_cost > budget or one == two):
            weight = (budget - cost) / (other_cost - cost) if one != two else 0.0
            reached, spent = (a + weight * (b - a) for a, b in ((accuracy, other_accuracy), (cost, other_cost)))
            order = round(reached, 10), -round(spent / budget, 10), other_cost - cost
            found.append((order, (one, two, weight)))
    if not found:
        cheapest = min(singles, key=lambda single: (single[2], -single[1]))[0]
        return cheapest, cheapest, 0.0
    return max(found, key=lambda each: each[0])[1]


def chosen(points, strategy, criterion):
    """The operating point by the criterion on validation, or the single policy in its place."""
    full = [key for key in points if key[0] == "single" and key[2] == K]
    accuracy, cost = ({key: p[i].mean() for key, p in points.items()} for i in (0, 1))
    best = min(full, key=lambda key: (-accuracy[key], cost[key]))
    keys = [key for key in points if key[0] == strategy]
    if criterion == "budget":
        within = [key for key in keys if cost[key] <= CONFIG["pools"]["tiny"]["budget"]]
        return min(within, key=lambda k: (-accuracy[k], cost[k]), default=min(full, key=cost.get)), best
    floor = accuracy[best] if criterion == "match" else CONFIG["pools"]["tiny"]["accuracy"]
    enough = [key for key in keys if accuracy[key] >= floor]
    return min(enough, key=lambda k: (cost[k], -accuracy[k]), default=best), best


def blend(points, mixture):
    one, two, weight = mixture
    return [(1 - weight) * points[one][i] + weight * points[two][i] for i in (0, 1)]


def test_t4(results, routing):
    table = pd.read_csv(results / "tables" / "tiny" / "T4.csv")
    validation, test = routing["validation"], routing["test"]
    seen = 0
    for row in table.to_dict("records"):
        strategy, samples = row["strategy"], row["samples"]
        router = row["at_cost_of"] if strategy == "hull" else strategy
        if router in ("utility", "cascade", "oracle_utility"):
            key, best = chosen(validation, router, row["criterion"])
            if strategy != "hull":
                assert row["operating_point"] == pytest.approx(key[3] if key[3] is not None else np.nan, nan_ok=True)
        else:
            best = chosen(validation, "utility", "match")[1]
            policy = row["policy"] if isinstance(row["policy"], str) else None
            key = (strategy, policy, None if np.isnan(samples) else int(samples), None)
        assert row["best_single"] == best[1]
        accuracy, cost, probing = test[key]
        mixture = best_mixture(validation, validation[key][1].mean())
        hull_accuracy, hull_cost = blend(test, mixture)
        charged_hull, _ = blend(test, best_mixture(validation, (validation[key][1] + validation[key][2]).mean()))
        if strategy == "hull":
            accuracy, cost, probing, charged_hull = hull_accuracy, hull_cost, 0 * cost, hull_accuracy
        best_accuracy, best_cost, _ = test[best]
        rows = draws(len(cost))
        expected = {"n": len(cost), "resamples": RESAMPLES}
        for name, values in {
            "accuracy": accuracy,
            "cost_usd_per_1000": 1000 * cost,
            "cost_with_probing_usd_per_1000": 1000 * (cost + probing),
            "accuracy_difference": accuracy - best_accuracy,
            "hull_accuracy": hull_accuracy,
            "hull_cost_usd_per_1000": 1000 * hull_cost,
            "gain_over_hull": accuracy - hull_accuracy,
            "gain_over_hull_with_probing": accuracy - charged_hull,
        }.items():
            expected |= mean_with_interval(name, values)
        for name, spent in {"saving": cost, "saving_with_probing": cost + probing}.items():
            resampled = 1 - spent[rows].mean(axis=1) / best_cost[rows].mean(axis=1)
            expected |= with_interval(name, 1 - spent.mean() / best_cost.mean(), resampled)
        differences = (accuracy - best_accuracy)[rows].mean(axis=1)
        expected["resolvable_margin"] = margin = (norm.ppf(0.975) + norm.ppf(0.8)) * differences.std(ddof=1)
        assert_row(row, expected, (strategy, row["policy"], samples, row["criterion"]))
        low, high = np.percentile(differences, [2.5, 97.5])
        verdict = "no" if high < -0.01 else "yes" if low > -0.01 and margin <= 0.01 else "inconclusive"
        assert row["matched"] == verdict
        seen += 1
    assert seen == 6 * K + 2 + 2 * 3 + 1 + 2 * 3


def test_t5(results, routing):
    table = pd.read_csv(results / "tables" / "tiny" / "T5.csv")
    assert len(table) == 3 * len(GRID) * 2
    for row in table.to_dict("records"):
        points = routing[row["split"]]
        key = next(k for k in points if k[0] == row["router"] and np.isclose(k[3], row["operating_point"], atol=1e-5))
        accuracy, cost, probing = points[key]
        expected = mean_with_interval("accuracy", accuracy) | mean_with_interval("cost_usd_per_1000", 1000 * cost)
        expected |= {"probing_cost_usd_per_1000": 1000 * probing.mean(), "n": len(cost)}
        assert_row(row, expected, (row["router"], row["split"], row["operating_point"]))
